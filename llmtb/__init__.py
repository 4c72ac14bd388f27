"""LLM-T-B: runs a call centre's floor, and answers its questions, in Telegram."""

__version__ = "0.1.0"
