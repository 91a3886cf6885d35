"""/users: user management with an API key. One module per resource."""
