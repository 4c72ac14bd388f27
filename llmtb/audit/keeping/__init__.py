"""Copies of the data, going back to them, and what is left of damaged ones."""
