"""An Appwrite emulator for development and tests: the REST API of Appwrite 1.9.6 with state, permissions and expiry.

Run it with `appwrite-emulator` or `python -m appwrite_emulator`. Clients use it over HTTP, like the real server.
"""

__version__ = "0.1.0"

VERSION = "1.9.6"
"""The Appwrite version whose responses are emulated."""
