"""Fetching from other hosts: only from the emulator itself and hosts given with `--fetch-from`.

The real server fetches from any public host, but not from private ones. The emulator makes no unexpected connections:
`--fetch-from` names the allowed hosts, private or public.
"""

import http.client
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
PORTS = {"http": 80, "https": 443}
TIME = 10.0
"""Maximum duration of a whole response, in seconds."""
LARGEST = 10_000_000
"""Maximum size of a response in bytes; longer ones are an error."""
AGENT = "Appwrite-Emulator"


class Unreachable(Exception):
    """The host is not allowed, does not respond in time, or sends too much."""


@dataclass(frozen=True)
class Fetched:
    status: int
    content: bytes
    location: str
    """Target of a redirect, as sent."""


def fetch(url: str, own_port: int) -> Fetched:
    """GET an HTTP or HTTPS URL without following redirects; raise `Unreachable` if that fails.

    `own_port` is the emulator's port, on which loopback hosts are always allowed.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        raise Unreachable("The URL must be an HTTP or HTTPS URL with a host.") from None
    if not _allowed(host, port, own_port):
        raise Unreachable(f"{host}:{port} is not allowed; --fetch-from {host} allows it.")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(host, port, timeout=TIME)
    until = time.monotonic() + TIME
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", target, headers={"User-Agent": AGENT, "Accept": "*/*"})
        answer = connection.getresponse()
        return Fetched(answer.status, _read(answer, until), answer.headers.get("Location", ""))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(f"{host}:{port} does not respond: {error}") from error
    finally:
        connection.close()


def _allowed(host: str, port: int, own_port: int) -> bool:
    """Return whether the host name is allowed, without resolving it. Without a port, it is allowed on all ports."""
    if host in LOOPBACK and port == own_port:
        return True
    return bool({host, f"{host}:{port}", f"[{host}]:{port}"} & set(settings.FETCH_FROM))


def _read(answer: http.client.HTTPResponse, until: float) -> bytes:
    content = b""
    while part := answer.read1(65536):
        content += part
        if len(content) > LARGEST:
            raise Unreachable("The response is too large.")
        if time.monotonic() > until:
            raise Unreachable("The response took too long.")
    return content
