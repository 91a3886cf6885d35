"""Host names."""

from collections.abc import Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:  # the command line uses this module, and `--help` does not need Django
    from django.http import HttpRequest

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""Host names of this computer."""


FUNCTIONS_DOMAIN, SITES_DOMAIN = "functions.localhost", "sites.localhost"
"""Appwrite's default parent domains for functions and sites."""


def is_own_domain(domain: str) -> bool:
    """Return whether the domain is below one of Appwrite's own domains, so that it needs no verification."""
    return domain.lower().endswith((f".{FUNCTIONS_DOMAIN}", f".{SITES_DOMAIN}"))


def address_of(http: "HttpRequest") -> str:
    """Return host and port as in the `Host` header. Unlike Django, accept container names such as `my_emulator`."""
    address: str = http.META.get("HTTP_HOST") or f"{http.META['SERVER_NAME']}:{http.META['SERVER_PORT']}"
    return address


def public_address_of(http: "HttpRequest") -> str:
    """Return the host and port that the client connected to.

    Behind a proxy, return the proxy's host and port. Otherwise, return those in the `Host` header. Clients can forge
    the proxy's header, so access rules must not depend on it.
    """
    return http.headers.get("X-Forwarded-Host", "").split(",")[0].strip() or address_of(http)


def hostname_of(address: str) -> str:
    """Return the host without its port, in lower case; "" if the address is malformed."""
    try:
        return urlsplit(f"//{address}").hostname or ""
    except ValueError:
        return ""


def is_ip_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def matches(host: str, allowed: Iterable[str]) -> bool:
    """Return whether `host` is one of the allowed host names.

    `*` allows every host; `*.example.org` allows every host below `example.org`, but not `example.org` itself.
    """
    return bool(host) and any(
        host == name or name == "*" or (name.startswith("*") and host.endswith(name[1:])) for name in allowed
    )
