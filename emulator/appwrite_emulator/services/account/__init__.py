"""/account: users managing their own account. One module per topic, with functions named like the SDK's methods."""
