"""/account: users manage their own account. One module per resource, with functions named after the SDK's methods."""
