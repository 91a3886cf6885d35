"""An Appwrite emulator for development and tests: Appwrite 1.9.6's REST API, with stored data, permissions and expiry.

Run it with `appwrite-emulator` or `python -m appwrite_emulator`. Clients connect to it over HTTP, as to the real
server.
"""

__version__ = "0.1.0"

VERSION = "1.9.6"
"""The Appwrite version whose responses are emulated."""
