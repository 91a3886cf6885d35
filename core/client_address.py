"""The client's IP address, also behind trusted proxies."""

import re
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return the client's IPv4 address or its IPv6 /64 network, or "unknown" if the address is invalid.

    Each trusted proxy appends the address of its own client to `X-Forwarded-For`. With N trusted proxies, the visitor's
    address is therefore the N-th entry from the end. Earlier entries may be forged.
    """
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES and len(hops) >= settings.TRUSTED_PROXIES:
        address = hops[-settings.TRUSTED_PROXIES]
    with_port = re.fullmatch(r"\[(.+)\](?::\d+)?|([\d.]+):\d+", address)  # some proxies append the port
    try:
        parsed = ip_address((with_port[1] or with_port[2]) if with_port else address)
    except ValueError:
        return "unknown"
    if parsed.version == 6:
        if parsed.ipv4_mapped:  # on a dual-stack socket, an IPv4 client is ::ffff:192.0.2.1
            return str(parsed.ipv4_mapped)
        return str(ip_address(int(parsed) >> 64 << 64))  # a household or campus typically uses one /64
    return str(parsed)
