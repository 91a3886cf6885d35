"""Covers: pictures as they arrive, what is stored of them, and how they are fetched from Appwrite Storage."""
