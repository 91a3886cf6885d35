"""Errors, permissions, IDs, the clock, and PHP's conversions of values."""
