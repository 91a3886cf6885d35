"""Sign-in, sessions, accounts and the people pages for admins."""
