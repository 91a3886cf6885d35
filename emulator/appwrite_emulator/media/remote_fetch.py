"""Fetch URLs, but only from the emulator itself and the hosts in `--fetch-from`.

The real server fetches from any public host, but not from private hosts. The emulator fetches only from the hosts in
`--fetch-from`, private or public, so that tests make no unexpected connections.
"""

from urllib.parse import urlsplit

from django.conf import settings

from appwrite_emulator.common.hosts import LOOPBACK
from appwrite_emulator.common.http_client import PORTS, CallError, Calls, ServerResponse

TIMEOUT = 10.0
"""Maximum duration of a fetch, in seconds."""
MAX_SIZE = 10_000_000
"""Maximum size of a response, in bytes. A longer response is an error."""
USER_AGENT = "Appwrite-Emulator"


class FetchError(Exception):
    """The host is not allowed, does not respond in time, or sends too much data."""


def fetch(url: str, own_port: int) -> ServerResponse:
    """GET an HTTP or HTTPS URL without following redirects. Raise `FetchError` if that fails.

    `own_port` is the emulator's port. Loopback hosts are always allowed on this port.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        raise FetchError("The URL must be an HTTP or HTTPS URL with a host.") from None
    if not _is_allowed(host, port, own_port):
        raise FetchError(f"{host}:{port} is not allowed. Use --fetch-from {host} to allow it.")
    headers = {"User-Agent": USER_AGENT, "Accept": "*/*"}
    try:
        response = Calls().send("GET", parts, headers, seconds=TIMEOUT, max_size=MAX_SIZE + 1)
    except CallError as error:
        raise FetchError(f"{host}:{port} does not respond: {error}") from error
    if len(response.content) > MAX_SIZE:
        raise FetchError("The response is too large.")
    return response


def _is_allowed(host: str, port: int, own_port: int) -> bool:
    """Return whether the host is allowed. Its name is not resolved.

    A host listed without a port is allowed on all ports.
    """
    if host in LOOPBACK and port == own_port:
        return True
    return bool({host, f"{host}:{port}", f"[{host}]:{port}"} & set(settings.FETCH_FROM))
