"""E-mail addresses: validation, canonical form, and whether an address is free, disposable or corporate.

Appwrite checks domains against lists with thousands of entries. This module contains the well-known domains, and the
reserved example domains, which Appwrite lists as disposable.
"""

import ipaddress
import re

# Addresses that PHP's FILTER_VALIDATE_EMAIL accepts, except those with line breaks: dot-separated words, quoted or
# unquoted, then domain labels. The last label starts with a letter.
_WORD = r"[!#-'*+\-/-9=?A-Z^-~]+"
_QUOTED = r'"(?:[\x01-\x08\x0B\x0C\x0E-\x1F!#-\[\]-\x7F]|\\[\x00-\x09\x0B\x0C\x0E-\x7F])*"'
_LABEL = r"[A-Z0-9]+(?:-+[A-Z0-9]+)*"
_LAST_LABEL = r"(?:[A-Z][A-Z0-9]*|XN--[A-Z0-9]+)(?:-+[A-Z0-9]+)*"
_LOCAL = re.compile(rf"(?:{_WORD}|{_QUOTED})(?:\.(?:{_WORD}|{_QUOTED}))*", re.ASCII | re.IGNORECASE)
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+{_LAST_LABEL}", re.ASCII | re.IGNORECASE)
_MAX_LENGTH, _MAX_LOCAL_LENGTH, _MAX_LABEL_LENGTH = 254, 64, 63

_FREE = """
aol.com fastmail.com gmail.com gmx.com gmx.de gmx.net googlemail.com hotmail.com hotmail.no icloud.com live.com
live.no mac.com mail.com me.com msn.com online.no outlook.com proton.me protonmail.com web.de yahoo.com yahoo.no
yandex.com yandex.ru zoho.com
"""
FREE = frozenset(_FREE.split())
_DISPOSABLE = """
10minutemail.com discard.email dispostable.com example.com example.net example.org fakeinbox.com getnada.com
guerrillamail.com maildrop.cc mailinator.com mailnesia.com sharklasers.com temp-mail.org tempmail.com
throwawaymail.com trashmail.com yopmail.com
"""
DISPOSABLE = frozenset(_DISPOSABLE.split())
# Canonical domain -> other domains whose addresses reach the same mailbox (utopia-php/emails).
_ALIASES = {
    "gmail.com": ("googlemail.com",),
    "outlook.com": ("hotmail.com", "live.com", "outlook.co.uk", "hotmail.co.uk", "live.co.uk"),
    "yahoo.com": ("yahoo.co.uk", "yahoo.ca", "ymail.com", "rocketmail.com"),
    "icloud.com": ("me.com", "mac.com"),
    "protonmail.com": ("proton.me", "pm.me"),
    "fastmail.com": ("fastmail.fm",),
}
_CANONICAL_DOMAINS = {alias: domain for domain, aliases in _ALIASES.items() for alias in aliases}


def is_address(text: str) -> bool:
    """Return whether PHP accepts `text` as an e-mail address, and the header of an e-mail can contain it."""
    local, at, domain = text.rpartition("@")
    if not at or len(text) > _MAX_LENGTH or len(local) > _MAX_LOCAL_LENGTH or not _LOCAL.fullmatch(local):
        return False
    if domain.startswith("["):
        return domain.endswith("]") and _is_ip(domain[1:-1])
    return bool(_DOMAIN.fullmatch(domain)) and all(len(label) <= _MAX_LABEL_LENGTH for label in domain.split("."))


def _is_ip(text: str) -> bool:
    """Return whether `text` is an IP address as written inside the brackets of an address literal.

    For example: `127.0.0.1`, `IPv6:::1`.
    """
    try:
        if text[:5].lower() == "ipv6:":
            return bool(ipaddress.IPv6Address(text[5:]))
        return bool(ipaddress.IPv4Address(text))
    except ValueError:
        return False


def canonical(address: str) -> str:
    """Return the canonical address. For Gmail only, remove dots and everything from the plus sign on."""
    local, _, domain = address.lower().rpartition("@")
    domain = _CANONICAL_DOMAINS.get(domain, domain)
    if domain == "gmail.com":
        local = re.sub(r"(?<=.)\+.*", "", local.replace(".", ""))
    return f"{local}@{domain}"


def email_fields(address: str | None) -> dict[str, str | bool | None]:
    """Return the five `email…` fields of a user. Without an address, all are None."""
    if not address:
        names = ("emailCanonical", "emailIsFree", "emailIsDisposable", "emailIsCorporate", "emailIsCanonical")
        return dict.fromkeys(names)
    domain = address.rpartition("@")[2]
    free, disposable = domain in FREE, domain in DISPOSABLE
    return {
        "emailCanonical": canonical(address),
        "emailIsFree": free,
        "emailIsDisposable": disposable,
        "emailIsCorporate": not (free or disposable),
        "emailIsCanonical": canonical(address) == address,
    }
