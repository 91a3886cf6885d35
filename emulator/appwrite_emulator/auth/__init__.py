"""Identify the caller: sessions, JWT, second factors, passwords, OAuth2 providers."""
