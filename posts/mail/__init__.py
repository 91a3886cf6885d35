"""E-mails about posts: to people who subscribe to new posts, and to authors whose posts an admin changes."""
