"""Saving posts, detecting edit conflicts, and caching pending covers and deleted posts."""
