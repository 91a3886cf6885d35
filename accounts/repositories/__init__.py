"""Appwrite calls for sign-in, accounts and people."""
