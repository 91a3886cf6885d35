"""Posts: reading, writing and publishing them. They are stored in Appwrite."""
