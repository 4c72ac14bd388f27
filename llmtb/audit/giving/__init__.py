"""What leaves the program, and comes back: exports."""
