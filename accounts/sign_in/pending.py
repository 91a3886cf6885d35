"""Data that a browser stores in signed cookies until a sign-in is complete."""

import time
from dataclasses import dataclass, field

from accounts.sign_in.login_request import Kind, LoginRequest

COOL_DOWN = 60  # seconds before the same browser can request a new e-mail


@dataclass(frozen=True)
class PendingLogin:
    """The browser's latest request for an e-mail.

    `phrase` is the security phrase shown on our page and in the e-mail.
    """

    kind: Kind
    token: str
    phrase: str = ""
    requested_at: float = field(default_factory=time.time)

    @property
    def login_request(self) -> LoginRequest:
        """Return the login request. Raise the same errors as `LoginRequest.from_token`."""
        return LoginRequest.from_token(self.token, "browser")

    @property
    def cool_down(self) -> int:
        """Return the seconds until this browser can request a new e-mail."""
        return max(0, int(self.requested_at + COOL_DOWN - time.time()))


@dataclass(frozen=True)
class OAuthState:
    """The Microsoft sign-in that this browser has started.

    Microsoft's redirect returns the login request itself. The cookie stores only the login request's nonce, which ties
    the request to this browser. A PendingLogin in the browser remains unchanged.
    """

    nonce: str


@dataclass(frozen=True)
class PendingCallback:
    """The parameters of an e-mailed link.

    A cookie stores these parameters until the person confirms the sign-in, so that the secret does not remain in the
    address bar, in the history or in the Referer header of requests for static files (ASVS 14.2.1).
    """

    user_id: str
    secret: str
    token: str
