"""/users: user management with an API key, one module per resource."""
