"""Covers: uploading pictures, converting them, and storing and fetching them in Appwrite Storage."""
