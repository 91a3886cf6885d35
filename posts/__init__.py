"""Reading, writing and publishing posts, which are stored in Appwrite."""
