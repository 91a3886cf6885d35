"""What both apps build on: calls to Appwrite and their errors, ids, URLs, pagination, text fields, the cache."""
