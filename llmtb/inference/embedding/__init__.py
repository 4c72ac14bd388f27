"""Sentences as vectors: its own encoder, which never waits behind generation."""
