"""Drawings of what happened."""
