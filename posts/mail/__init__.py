"""E-mails about posts: to subscribers, to authors whose posts an admin changes, and to admins about reviews."""
