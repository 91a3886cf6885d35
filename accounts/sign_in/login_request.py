"""A request to sign in (an *intent*): for which address, in which browser, when, and which page to open afterwards.

A mailed link contains the intent encrypted (its *ticket*). With it the landing page can show whose link it is, refuse
it after ten minutes (ASVS 6.5.5; Appwrite itself accepts the secret for an hour) and lead back. The browser that asked
keeps another ticket of the same intent in a cookie: there one click signs in; any other browser first shows whose link
it is (ASVS 6.6.2).

A ticket is valid only for its own use. Otherwise an attacker could ask for a link to a victim's address, take the
ticket from their own cookie, and put it into a link to the attacker's account: the page would show the victim's
address above the button. A ticket contains no user id, because an id reveals when the account was made.
"""

import json
import secrets
from dataclasses import asdict, dataclass
from typing import Literal

from core.encryption import decrypt, encrypt

MINUTES = 10
SALT = "accounts.intent"

Kind = Literal["link", "code"]
Use = Literal["browser", "link", "microsoft"]  # where a ticket counts: in the cookie, behind a link, on the way back


class Expired(Exception):
    """The ticket is ours, but older than MINUTES. Keeps its intent, so that asking again takes one click."""

    def __init__(self, intent: "Intent") -> None:
        super().__init__("The ticket has expired.")
        self.intent = intent


class Forged(Exception):
    """The ticket was not made by this site, or not for this use."""


def masked(email: str) -> str:
    """Return `email` as `k…@biso.no`."""
    name, _, domain = email.rpartition("@")
    return f"{name[:1]}…@{domain}"


@dataclass(frozen=True)
class Intent:
    """`email` is "" on the way to Microsoft, which will say who it is."""

    email: str
    next: str
    nonce: str

    @classmethod
    def of(cls, email: str, next: str) -> "Intent":
        return cls(email, next, secrets.token_urlsafe(12))

    @property
    def email_masked(self) -> str:
        """`k…@biso.no`: enough to notice somebody else's link, too little to learn an address from one."""
        return masked(self.email)

    def ticket(self, use: Use) -> str:
        """Return this intent encrypted and dated, valid for `use` only: a link must not reveal the address."""
        return encrypt(json.dumps(asdict(self), ensure_ascii=False), f"{SALT}.{use}")

    @classmethod
    def read(cls, ticket: str, use: Use) -> "Intent":
        """Return the intent in `ticket`. Raises Forged, or Expired after MINUTES."""
        purpose = f"{SALT}.{use}"
        if (text := decrypt(ticket, purpose, MINUTES * 60)) is not None:
            return cls(**json.loads(text))
        if (text := decrypt(ticket, purpose)) is not None:
            raise Expired(cls(**json.loads(text)))
        raise Forged
