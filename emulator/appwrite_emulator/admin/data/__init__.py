"""The data browser: read-only pages under /_emulator/data/, one module per kind of data; each page also as JSON."""
