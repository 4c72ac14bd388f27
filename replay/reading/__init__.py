"""What is read: an export, its lines alone, or a journal."""
