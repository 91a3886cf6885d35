"""Exceptions for failed Appwrite calls, and the mapping from Appwrite's error types to these exceptions.

`biso_site.middleware.ErrorPages` returns an error page for each exception that a view does not handle.
"""

import re
import time
from collections.abc import Mapping
from typing import Any, TypeVar

from django.http.response import HttpResponseBase
from django.utils.http import parse_http_date_safe

Response = TypeVar("Response", bound=HttpResponseBase)


class WouldWriteError(Exception):
    """A dry run has reached a write. The class is not a SiteError, so that it is not mistaken for a failed call."""


class SiteError(Exception):
    """The base class, with Appwrite's `message`, `type` and `code` for the log. Visitors see only `sentence`.

    `may_have_happened` is true if the write may have succeeded despite the error, for instance if its response was
    lost.
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


class SignInRequiredError(SiteError):
    """The visitor is not signed in, or the session has ended."""


class NotAllowedError(SiteError):
    """The visitor is not authorized to do this."""


class BlockedError(SiteError):
    """An admin has blocked this person. Appwrite rejects all of the person's calls, even for public rows."""


class NotFoundError(SiteError):
    """The object does not exist, or the visitor is not allowed to know that it exists."""


class ConflictError(SiteError):
    """The id is already in use, or the row has changed since it was read."""


class InvalidInputError(SiteError):
    """Appwrite rejected the submitted values."""


class RateLimitedError(SiteError):
    """A rate limit of this site has been exceeded, so nothing was done. `sentence` says when to try again."""


class InvalidTokenError(SiteError):
    """The secret in a link or code is wrong, already used or expired. Appwrite does not say which."""


class UnavailableError(SiteError):
    """Appwrite is unreachable, too slow or failing."""


class NotCalledError(UnavailableError):
    """The site did not call Appwrite, because recent calls failed too often or took too long."""


class AppwriteRateLimitedError(UnavailableError):
    """Appwrite rejected a call because of its own rate limit, or because another call has locked the resource."""


class MisconfiguredError(UnavailableError):
    """The site is misconfigured.

    The API key is wrong or lacks a scope; the project, database or table is missing; or the site's host name is not a
    platform of the project.
    """


def seconds_to_wait(headers: Mapping[str, str]) -> int:
    """Return how many seconds Appwrite, or a proxy in front of it, asks us to wait.

    The result is at most one day, and 0 if the headers do not specify a wait. With a 429 response, Appwrite 1.9.6 sends
    no Retry-After header. Instead, it sends X-RateLimit-Reset: the Unix time at which the limit resets.
    """
    value = headers.get("Retry-After") or headers.get("X-RateLimit-Reset") or ""
    if re.fullmatch(r"[0-9]{1,10}", value):
        wait = int(value) if "Retry-After" in headers else int(value) - int(time.time())
    else:
        wait = (parse_http_date_safe(value) or 0) - int(time.time())
    return min(max(wait, 0), 24 * 3600)


def with_retry_after(response: Response, error: SiteError | None) -> Response:
    """Return `response`, with a Retry-After header if `error` says how long to wait.

    Middleware adds the header, with a default value, to any other 429 or 503 response.
    """
    if error and error.retry_after:
        response["Retry-After"] = str(error.retry_after)
    return response


def status_of_outage(error: SiteError) -> int:
    """Return the HTTP status of a page that shows its form again: 429 for Appwrite's own rate limit, otherwise 503."""
    return 429 if isinstance(error, AppwriteRateLimitedError) else 503


# The type takes precedence over the code, because Appwrite returns 401 for a wrong secret, a missing session and a
# forbidden row.
BY_TYPE: dict[str, type[SiteError]] = {
    "general_unauthorized_scope": SignInRequiredError,
    "user_jwt_invalid": SignInRequiredError,
    "user_unauthorized": NotAllowedError,
    "user_blocked": BlockedError,
    "user_invalid_token": InvalidTokenError,
    "team_invalid_secret": InvalidTokenError,
    "team_invite_mismatch": NotAllowedError,
    "general_rate_limit_exceeded": AppwriteRateLimitedError,
    "general_resource_locked": AppwriteRateLimitedError,  # 409 since Appwrite 2.0; repeating the call helps
    "project_not_found": MisconfiguredError,
}
BY_CODE: dict[int, type[SiteError]] = {
    0: UnavailableError,
    400: InvalidInputError,
    401: SignInRequiredError,
    403: NotAllowedError,
    404: NotFoundError,
    409: ConflictError,
    413: InvalidInputError,
    429: AppwriteRateLimitedError,
}
# Messages about the URLs to which e-mailed links and Microsoft's sign-in page lead back. The site builds these URLs, so
# an invalid URL is not the visitor's fault.
OWN_ADDRESSES = tuple(f"Invalid `{parameter}`" for parameter in ("url", "success", "failure"))


def from_appwrite(type: str | None, code: int, message: Any = "", *, by_key: bool = False) -> SiteError:
    """Return the exception for Appwrite's error `type` and HTTP status `code`, which is 0 without a response.

    Return an `UnavailableError` if both are unknown. `by_key`: True if the call used the API key. With the key, a
    missing permission is the site's fault, not the visitor's, and a missing table is expected, because `setup_appwrite`
    creates the tables. Without the key, a missing table is the site's fault.
    """
    kind = BY_TYPE.get(type or "") or BY_CODE.get(code, UnavailableError)
    if by_key and kind in (SignInRequiredError, NotAllowedError):
        kind = MisconfiguredError
    if not by_key and type in ("database_not_found", "table_not_found"):
        kind = MisconfiguredError
    if kind is InvalidInputError and str(message).startswith(OWN_ADDRESSES):
        kind = MisconfiguredError
    return kind(str(message), type=type or "", code=code)
