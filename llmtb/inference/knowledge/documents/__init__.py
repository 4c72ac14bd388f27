"""From a file of any kind to its sections and entries."""
