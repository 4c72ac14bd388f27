"""The company's documents: read, split, indexed, found."""
