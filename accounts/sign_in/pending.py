"""What waits in a browser, in signed cookies, until a sign-in is complete."""

import time
from dataclasses import dataclass, field

from accounts.sign_in.login_request import Intent, Kind

COOL_DOWN = 60  # seconds before one browser may ask for another mail


@dataclass(frozen=True)
class Asked:
    """The mail a browser last asked for. `phrase`: the words that stand both on our page and in the mail."""

    kind: Kind
    ticket: str
    phrase: str = ""
    at: float = field(default_factory=time.time)

    @property
    def intent(self) -> Intent:
        """Raises Expired after MINUTES."""
        return Intent.read(self.ticket, "browser")

    @property
    def cool_down(self) -> int:
        """Seconds until another mail may be asked for."""
        return max(0, int(self.at + COOL_DOWN - time.time()))


@dataclass(frozen=True)
class Started:
    """That a browser went off to Microsoft. Its intent comes back with the answer; only that it is this one is kept,
    and beside what was asked for by mail, which goes on working."""

    nonce: str


@dataclass(frozen=True)
class Landing:
    """What a mailed link brings. It waits in a cookie while the person is asked, so that the address bar, the history
    and the Referer of the page's own style sheet are free of the secret (ASVS 14.2.1)."""

    user_id: str
    secret: str
    ticket: str
