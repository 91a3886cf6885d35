"""What the accounts pages ask of Appwrite."""
