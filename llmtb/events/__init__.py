"""What happened: the published event language, and the journal that keeps it."""
