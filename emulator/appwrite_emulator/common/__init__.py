"""Shared modules: errors, permissions, IDs, the clock, PHP's value conversions, HTTP requests."""
