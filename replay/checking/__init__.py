"""Whether everything holds: line by line, hash by hash, signature by signature."""
