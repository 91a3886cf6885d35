"""What can go wrong between a page and Appwrite, in the site's own words, and the table from Appwrite's words to them.

Every refusal rises as one of these; `biso_site.middleware.ErrorPages` turns each into its page.
"""

import re
import time
from collections.abc import Mapping
from typing import Any, TypeVar

from django.http.response import HttpResponseBase
from django.utils.http import parse_http_date_safe

Response = TypeVar("Response", bound=HttpResponseBase)


class SiteError(Exception):
    """The root. Keeps what Appwrite said (`message`, `type`, `code`) for the log; a visitor sees only `sentence`.

    `may_have_happened`: the write may have been carried out although it failed, for instance if its response was lost.
    """

    may_have_happened = False

    def __init__(
        self, message: str = "", *, type: str = "", code: int = 0, sentence: str = "", retry_after: int = 0
    ) -> None:
        super().__init__(message or sentence or self.__doc__)
        self.type = type
        self.code = code
        self.sentence = sentence
        self.retry_after = retry_after  # seconds to wait before another attempt; 0 if unknown


class SignInRequired(SiteError):
    """Nobody is signed in, or the session has ended."""


class NotAllowed(SiteError):
    """This person may not do this."""


class Blocked(SiteError):
    """An admin has blocked this person: Appwrite refuses every call of theirs, even for public rows."""


class NotFound(SiteError):
    """There is no such thing, or not for this person."""


class Conflict(SiteError):
    """The id is taken, or the row has changed since it was read."""


class Invalid(SiteError):
    """Appwrite refuses the values."""


class InvalidToken(SiteError):
    """A link's or code's secret is wrong, used or too old; Appwrite does not say which."""


class Unavailable(SiteError):
    """Appwrite cannot be reached, is too slow, or fails."""


class Limited(Unavailable):
    """Appwrite has had too many calls in too short a time."""


class Misconfigured(Unavailable):
    """Our own mistake: the API key is wrong or lacks a scope, project, database or table are not there, or the site's
    own address is no platform of the project."""


def seconds_to_wait(headers: Mapping[str, str]) -> int:
    """Return the seconds that Appwrite, or a proxy before it, asks us to wait: at most a day, and 0 if it does not say.

    With a 429, Appwrite 1.9.6 sends no Retry-After, but the time at which its limit is reset.
    """
    value = headers.get("Retry-After") or headers.get("X-RateLimit-Reset") or ""
    if re.fullmatch(r"[0-9]{1,10}", value):
        wait = int(value) if "Retry-After" in headers else int(value) - int(time.time())
    else:
        wait = (parse_http_date_safe(value) or 0) - int(time.time())
    return min(max(wait, 0), 24 * 3600)


def with_retry_after(response: Response, error: SiteError) -> Response:
    """Return `response`, with a Retry-After if `error` knows how long to wait. Middleware adds a default."""
    if error.retry_after:
        response["Retry-After"] = str(error.retry_after)
    return response


# By type first: Appwrite says 401 for a wrong secret, for no session and for somebody else's row alike.
BY_TYPE: dict[str, type[SiteError]] = {
    "general_unauthorized_scope": SignInRequired,
    "user_jwt_invalid": SignInRequired,
    "user_unauthorized": NotAllowed,
    "user_blocked": Blocked,
    "user_invalid_token": InvalidToken,
    "team_invalid_secret": InvalidToken,
    "team_invite_mismatch": NotAllowed,
    "general_rate_limit_exceeded": Limited,
    "project_not_found": Misconfigured,
}
BY_CODE: dict[int, type[SiteError]] = {
    0: Unavailable,
    400: Invalid,
    401: SignInRequired,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    413: Invalid,
    429: Limited,
}
# Where a mail or Microsoft leads back to: the site's own addresses, which no visitor types.
OWN_ADDRESSES = tuple(f"Invalid `{parameter}`" for parameter in ("url", "success", "failure"))


def from_appwrite(type: str | None, code: int, message: Any = "", *, by_key: bool = False) -> SiteError:
    """The site's error for Appwrite's `type` and HTTP status `code` (0: no answer came); Unavailable where in doubt.

    `by_key`: the call was made with the API key. A missing right is then ours to mend, not the visitor's. A missing
    table is ours for a visitor, and news for `setup_appwrite`, which asks with the key.
    """
    kind = BY_TYPE.get(type or "") or BY_CODE.get(code, Unavailable)
    if by_key and kind in (SignInRequired, NotAllowed):
        kind = Misconfigured
    if not by_key and type in ("database_not_found", "table_not_found"):
        kind = Misconfigured
    if kind is Invalid and str(message).startswith(OWN_ADDRESSES):
        kind = Misconfigured
    return kind(str(message), type=type or "", code=code)
