"""The calls to Appwrite for signing in, accounts and people."""
