"""What is held about people: told to them, forgotten, let go."""
