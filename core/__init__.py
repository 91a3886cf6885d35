"""Code that both apps use: Appwrite calls and their errors, ids, URLs, pagination, text fields and the cache."""
