"""The console: pages for the wall, the supervisor, the agent, the customer and other systems."""
