"""Where the caller is, and in which language."""

from typing import Any

from appwrite_emulator import languages, responses
from appwrite_emulator.callers import Request


def get(request: Request) -> dict[str, Any]:
    """GET /locale: nobody's whereabouts are known here, as for a loopback address on the real server."""
    return responses.locale(request.ip, languages.resolve(request.locale))
