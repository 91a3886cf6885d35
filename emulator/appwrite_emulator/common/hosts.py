"""Host names."""

from collections.abc import Iterable
from ipaddress import ip_address

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""Host names of this computer."""


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
