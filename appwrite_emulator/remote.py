"""What other hosts have: fetched from the emulator itself and from hosts that were allowed, and from nobody else.

The real server goes to every public host and to no private one. Here nothing leaves the machine unasked: `--fetch-from`
names the hosts that may be asked, private or not.
"""

import http.client
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
PORTS = {"http": 80, "https": 443}
TIME = 10.0
"""Seconds that a host may take for all of its answer."""
LARGEST = 10_000_000
"""Bytes of an answer; of a longer one nothing is used."""
AGENT = "Appwrite-Emulator"


class Unreachable(Exception):
    """The host may not be asked, does not answer in time, or answers too much."""


@dataclass(frozen=True)
class Fetched:
    status: int
    content: bytes
    location: str
    """Where a redirect leads to, as it was written."""


def fetch(url: str, own_port: int) -> Fetched:
    """What a GET of this http or https URL answers; redirects are not followed. Raises `Unreachable`.

    `own_port` is the emulator's: on that, this machine may always be asked.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        raise Unreachable("This is no http or https URL of a host.") from None
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
        raise Unreachable(f"{host}:{port} does not answer: {error}") from error
    finally:
        connection.close()


def _allowed(host: str, port: int, own_port: int) -> bool:
    """By name, never by what a name leads to. An allowed host is so on all ports, unless one is named with it."""
    if host in LOOPBACK and port == own_port:
        return True
    return bool({host, f"{host}:{port}", f"[{host}]:{port}"} & set(settings.FETCH_FROM))


def _read(answer: http.client.HTTPResponse, until: float) -> bytes:
    content = b""
    while part := answer.read1(65536):
        content += part
        if len(content) > LARGEST:
            raise Unreachable("The answer is too long.")
        if time.monotonic() > until:
            raise Unreachable("The answer takes too long.")
    return content
