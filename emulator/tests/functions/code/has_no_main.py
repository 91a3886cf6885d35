"""Defines no function `main`."""

x = 1
