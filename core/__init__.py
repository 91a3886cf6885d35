"""What both apps use: calls to Appwrite and their errors, ids, URLs, pagination, text fields, the cache."""
