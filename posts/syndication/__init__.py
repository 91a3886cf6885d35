"""Posts for feed readers, search engines and messengers."""
