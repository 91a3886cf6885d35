"""/account: users managing their own account. One module per resource, with functions named like the SDK's methods."""
