"""Signing in, the session cookie, and who is asking."""
