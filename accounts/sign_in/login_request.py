"""A request to sign in: for which address, in which browser, when, and which page to open afterwards.

A mailed link contains the login request as an encrypted token. With it the callback page can show whose link it is,
refuse it after ten minutes (ASVS 6.5.5; Appwrite itself accepts the secret for an hour) and lead back. The browser that
asked keeps another token of the same request in a cookie: there one click signs in. Any other browser first shows whose
link it is (ASVS 6.6.2).

A token is valid for one use only. Otherwise an attacker could ask for a link to a victim's address, take the token from
their own cookie, and put it into a link to the attacker's account: the page would show the victim's address above the
button. A token contains no user id, because an id reveals when the account was made.
"""

import json
import secrets
from dataclasses import asdict, dataclass
from typing import Literal

from core.encryption import decrypt, encrypt

MINUTES = 10  # for which a token is valid
PARAMETER = "ticket"  # of the token in a URL
PURPOSE = "accounts.intent"  # of the encryption; another word would invalidate the links in mails of earlier releases

Kind = Literal["link", "code"]
Use = Literal["browser", "link", "microsoft"]  # where a token is valid: in the cookie, in a link, back from Microsoft


class ExpiredTokenError(Exception):
    """The token is genuine, but older than MINUTES. Has its login request, so that asking again takes one click."""

    def __init__(self, login_request: "LoginRequest") -> None:
        super().__init__("The token has expired.")
        self.login_request = login_request


class ForgedTokenError(Exception):
    """The token was not made by this site, or not for this use."""


def masked(email: str) -> str:
    """Return `email` as `k…@biso.no`."""
    name, _, domain = email.rpartition("@")
    return f"{name[:1]}…@{domain}"


@dataclass(frozen=True)
class LoginRequest:
    """`email` is "" for a sign-in with Microsoft, which provides the address."""

    email: str
    next: str
    nonce: str

    @classmethod
    def of(cls, email: str, next: str) -> "LoginRequest":
        return cls(email, next, secrets.token_urlsafe(12))

    @property
    def email_masked(self) -> str:
        """Return `k…@biso.no`: enough to notice another person's link, too little to learn an address from one."""
        return masked(self.email)

    def to_token(self, use: Use) -> str:
        """Return this request encrypted and dated, valid for `use` only. A link must not reveal the address."""
        return encrypt(json.dumps(asdict(self), ensure_ascii=False), f"{PURPOSE}.{use}")

    @classmethod
    def from_token(cls, token: str, use: Use) -> "LoginRequest":
        """Return the login request in `token`. Raise ForgedTokenError, or ExpiredTokenError after MINUTES."""
        purpose = f"{PURPOSE}.{use}"
        if (text := decrypt(token, purpose, MINUTES * 60)) is not None:
            return cls(**json.loads(text))
        if (text := decrypt(token, purpose)) is not None:
            raise ExpiredTokenError(cls(**json.loads(text)))
        raise ForgedTokenError
