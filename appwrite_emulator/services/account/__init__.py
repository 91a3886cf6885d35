"""/account: what a person does with their own account. One module per topic, named as the SDK groups its methods."""
