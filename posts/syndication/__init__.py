"""Posts for other programs: feeds, search engines, messengers."""
