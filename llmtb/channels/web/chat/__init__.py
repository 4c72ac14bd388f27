"""Chats in pages: everybody's own, and the phones of the demo."""
