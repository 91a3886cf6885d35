"""Saving posts, detecting conflicts, and the caches for pending covers and deleted posts."""
