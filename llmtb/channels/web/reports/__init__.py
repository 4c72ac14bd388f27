"""Closed shifts, drawn and printed."""
