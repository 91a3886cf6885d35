"""/storage and /tokens: buckets, files, their bytes and previews, and links that open one file."""
