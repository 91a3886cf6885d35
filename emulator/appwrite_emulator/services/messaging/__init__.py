"""/messaging, with one module each for providers, topics, subscribers and messages."""
