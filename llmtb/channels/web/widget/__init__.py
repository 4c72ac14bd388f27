"""The chat window that a company puts on its site."""
