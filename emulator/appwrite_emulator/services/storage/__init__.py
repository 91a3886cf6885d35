"""/storage and /tokens: buckets, files, their content and previews, and file tokens."""
