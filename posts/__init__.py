"""Posts: read, write, publish. They live in Appwrite; this app knows how."""
