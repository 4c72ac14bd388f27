"""Sees to it that every question that was asked gets an answer, or a person."""
