"""A login request: the e-mail address, the browser, the time, and the page to open after the sign-in.

An e-mailed link contains the login request as an encrypted token. With the token, the callback page can show which
account the link is for, and redirect to the right page. It can also reject the link after ten minutes (ASVS 6.5.5),
whereas Appwrite itself accepts the secret for an hour. The browser that requested the link stores a second token for
the same login request in a cookie. In this browser, one click completes the sign-in. Any other browser first shows the
account (ASVS 6.6.2).

Each token is valid for only one purpose. Otherwise an attacker could request a link for a victim's address, copy
the token from their own cookie, and put it into a link to their own account. The page would then show the victim's
address above the button. A token contains no user id, because an id reveals when the account was created.
"""

import json
import secrets
from dataclasses import asdict, dataclass
from typing import Literal

from core.encryption import decrypt, encrypt

MINUTES = 10  # how long a token is valid
PARAMETER = "ticket"  # the token's query parameter
PURPOSE = "accounts.intent"  # for encryption; a different value would invalidate links that have already been sent

Kind = Literal["link", "code"]
Use = Literal["browser", "link", "microsoft"]  # where a token is valid: cookie, link or Microsoft's redirect


class ExpiredTokenError(Exception):
    """The token is genuine, but older than MINUTES.

    The page can use `login_request` to offer a new link in one click.
    """

    def __init__(self, login_request: "LoginRequest") -> None:
        super().__init__("The token has expired.")
        self.login_request = login_request


class ForgedTokenError(Exception):
    """The token was not created by this site, or was created for another purpose."""


def masked(email: str) -> str:
    """Return `email` in the form `k…@biso.no`."""
    name, _, domain = email.rpartition("@")
    return f"{name[:1]}…@{domain}"


@dataclass(frozen=True)
class LoginRequest:
    """A request to sign in.

    For a sign-in with Microsoft, `email` is "", because Microsoft provides the address later.
    """

    email: str
    next: str
    nonce: str

    @classmethod
    def of(cls, email: str, next: str) -> "LoginRequest":
        return cls(email, next, secrets.token_urlsafe(16))

    @property
    def email_masked(self) -> str:
        """Return the address in the form `k…@biso.no`.

        A visitor can see in the masked address that a link is for someone else, but not for whom.
        """
        return masked(self.email)

    def to_token(self, use: Use) -> str:
        """Return this request as a timestamped token for this `use`, encrypted so that a link hides the address."""
        return encrypt(json.dumps(asdict(self), ensure_ascii=False), f"{PURPOSE}.{use}")

    @classmethod
    def from_token(cls, token: str, use: Use) -> "LoginRequest":
        """Return the login request in `token`.

        Raise ForgedTokenError if the token is invalid, and ExpiredTokenError if it is older than MINUTES.
        """
        purpose = f"{PURPOSE}.{use}"
        if (text := decrypt(token, purpose, MINUTES * 60)) is not None:
            return cls(**json.loads(text))
        if (text := decrypt(token, purpose)) is not None:
            raise ExpiredTokenError(cls(**json.loads(text)))
        raise ForgedTokenError
