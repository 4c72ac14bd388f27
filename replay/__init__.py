"""The auditors' tool: it reads a journal, also while the bot runs, and never writes to it."""
