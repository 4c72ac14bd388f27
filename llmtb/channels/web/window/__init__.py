"""What of any chat a page shows, and the port of the chats that people have in pages."""
