"""Authentication: sessions, JWTs, second factors, passwords, OAuth2 providers."""
