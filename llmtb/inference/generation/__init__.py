"""Texts written by a model: one queue for all chats, batches, streams, cancels."""
