"""From one language to another, where the reader and the passage differ."""
