"""The company's documents on the disk, and what a process answers from."""
