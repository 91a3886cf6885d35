"""What a browser keeps, in signed cookies, until a sign-in is complete."""

import time
from dataclasses import dataclass, field

from accounts.sign_in.login_request import Kind, LoginRequest

COOL_DOWN = 60  # seconds before one browser may request another mail


@dataclass(frozen=True)
class PendingLogin:
    """The mail that a browser last requested. `phrase`: the words that both our page and the mail show."""

    kind: Kind
    token: str
    phrase: str = ""
    requested_at: float = field(default_factory=time.time)

    @property
    def login_request(self) -> LoginRequest:
        """Raise ExpiredTokenError after MINUTES."""
        return LoginRequest.from_token(self.token, "browser")

    @property
    def cool_down(self) -> int:
        """Return the seconds until this browser may request another mail."""
        return max(0, int(self.requested_at + COOL_DOWN - time.time()))


@dataclass(frozen=True)
class OAuthState:
    """The sign-in at Microsoft that this browser has started.

    The login request comes back with Microsoft's response. The cookie only has its nonce, which ties it to this
    browser, and leaves a PendingLogin as it is.
    """

    nonce: str


@dataclass(frozen=True)
class PendingCallback:
    """What a mailed link contains.

    It waits in a cookie until the person confirms, so that the address bar, the history and the Referer of the page's
    own style sheet do not have the secret (ASVS 14.2.1).
    """

    user_id: str
    secret: str
    token: str
