"""What people say to the bot and what it says to them, whatever carries the words."""
