"""/messaging: what messages are sent with, who gets them, and the messages. One module for each."""
