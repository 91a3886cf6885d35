"""Fetching from other hosts: only from the emulator itself and hosts given with `--fetch-from`.

The real server fetches from any public host, but not from private ones. The emulator makes no unexpected connections:
`--fetch-from` names the allowed hosts, private or public.
"""

import http.client
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from appwrite_emulator.common.hosts import LOOPBACK

PORTS = {"http": 80, "https": 443}
TIMEOUT = 10.0
"""Maximum duration of a whole response, in seconds."""
MAX_SIZE = 10_000_000
"""Maximum size of a response in bytes; longer ones are an error."""
USER_AGENT = "Appwrite-Emulator"


class FetchError(Exception):
    """The host is not allowed, does not respond in time, or sends too much."""


@dataclass(frozen=True)
class FetchedResponse:
    status: int
    content: bytes
    location: str
    """Target of a redirect, as sent."""


def fetch(url: str, own_port: int) -> FetchedResponse:
    """GET an HTTP or HTTPS URL without following redirects; raise `FetchError` if that fails.

    `own_port` is the emulator's port, on which loopback hosts are always allowed.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        raise FetchError("The URL must be an HTTP or HTTPS URL with a host.") from None
    if not _is_allowed(host, port, own_port):
        raise FetchError(f"{host}:{port} is not allowed; --fetch-from {host} allows it.")
    connection_class = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = connection_class(host, port, timeout=TIMEOUT)
    deadline = time.monotonic() + TIMEOUT
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", target, headers={"User-Agent": USER_AGENT, "Accept": "*/*"})
        response = connection.getresponse()
        return FetchedResponse(response.status, _read(response, deadline), response.headers.get("Location", ""))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise FetchError(f"{host}:{port} does not respond: {error}") from error
    finally:
        connection.close()


def _is_allowed(host: str, port: int, own_port: int) -> bool:
    """Return whether the host name is allowed, without resolving it. Without a port, it is allowed on all ports."""
    if host in LOOPBACK and port == own_port:
        return True
    return bool({host, f"{host}:{port}", f"[{host}]:{port}"} & set(settings.FETCH_FROM))


def _read(response: http.client.HTTPResponse, deadline: float) -> bytes:
    content = b""
    while part := response.read1(65536):
        content += part
        if len(content) > MAX_SIZE:
            raise FetchError("The response is too large.")
        if time.monotonic() > deadline:
            raise FetchError("The response took too long.")
    return content
