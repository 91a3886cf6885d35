"""/users: what a server does with people. One module per topic; every endpoint wants an API key."""
