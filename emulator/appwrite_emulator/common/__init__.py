"""Errors, permissions, IDs, the clock, and what PHP makes of values."""
