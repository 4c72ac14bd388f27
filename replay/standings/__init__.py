"""What held at an instant, each fact beside the event that it came from."""
