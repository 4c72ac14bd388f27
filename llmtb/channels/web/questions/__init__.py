"""What people ask, and what answers them."""
