"""Export the posts with their pictures and authors, and import them again, or from another blog's export."""
