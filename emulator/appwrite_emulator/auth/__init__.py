"""Authentication: sessions, JWTs, second factors, passwords, OAuth2 providers; and the request with its caller."""
