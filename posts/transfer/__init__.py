"""Export posts with their pictures and authors, and import them, or the posts in another blog's export."""
