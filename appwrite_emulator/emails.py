"""What Appwrite says about an address: its canonical form, and whether it is free, disposable or corporate.

Appwrite looks domains up in lists of thousands. These are the well-known ones, and the reserved example domains, which
Appwrite's list calls disposable.
"""

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
# Providers that deliver every spelling with dots and everything after a plus to one mailbox.
_DOTS_IGNORED = frozenset({"gmail.com", "googlemail.com"})
_PLUS_IGNORED = _DOTS_IGNORED | {
    "outlook.com", "hotmail.com", "live.com", "icloud.com", "me.com", "mac.com", "proton.me", "protonmail.com",
    "fastmail.com",
}  # fmt: skip


def canonical(address: str) -> str:
    """The address under which the provider files it."""
    local, _, domain = address.lower().rpartition("@")
    if domain in _PLUS_IGNORED:
        local = local.partition("+")[0]
    if domain in _DOTS_IGNORED:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def facts(address: str | None) -> dict[str, str | bool | None]:
    """The five `email…` fields of a user; all null without an address."""
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
