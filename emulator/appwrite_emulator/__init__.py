"""An Appwrite emulator for development and tests: the REST API of Appwrite 1.9.6 with state, permissions and expiry.

Run it with `python -m appwrite_emulator`. Clients use it over HTTP, like the real server.
"""

VERSION = "1.9.6"
"""The Appwrite version whose responses are emulated."""
