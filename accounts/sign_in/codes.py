"""E-mailed codes: check whether a code was sent for a login request, and limit the attempts."""

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.sign_in import browsers
from accounts.sign_in.login_request import LoginRequest
from core import errors, rate_limits

DIGEST_TTL = 60 * 60  # seconds


def remember_code(login_request: LoginRequest, code: str) -> None:
    """Store a digest of the code that was sent for `login_request`.

    If the cache loses the digest, the person can still sign in with the code, but it may no longer prove that they own
    the address (see `SignInRepository.exchange_code`).
    """
    cache.set(f"code:{login_request.nonce}", _digest(login_request, code), DIGEST_TTL)


def is_mailed_code(login_request: LoginRequest, code: str) -> bool:
    """Return whether `code` was sent for `login_request`. If the cache has lost the digest, return False."""
    digest = cache.get(f"code:{login_request.nonce}")
    return isinstance(digest, str) and constant_time_compare(digest, _digest(login_request, code))


def _digest(login_request: LoginRequest, code: str) -> str:
    return salted_hmac("accounts.code", f"{login_request.nonce} {code}", algorithm="sha256").hexdigest()


def take_try(request: HttpRequest, login_request: LoginRequest) -> int:
    """Consume one attempt. Return how many attempts are left for this code.

    Raise InvalidTokenError if this code had no attempts left. Raise RateLimitedError after too many attempts from this
    browser or IP address, or for this e-mail address.
    """
    if rate_limits.TRIES_PER_CODE.take(login_request.nonce):
        raise errors.InvalidTokenError
    browsers.require_try(request)
    rate_limits.TRIES_PER_ADDRESS.require(login_request.email)
    return rate_limits.TRIES_PER_CODE.left(login_request.nonce)


def give_try_back(request: HttpRequest, login_request: LoginRequest) -> None:
    """Give back the last attempt. Call this if Appwrite did not check the code."""
    rate_limits.TRIES_PER_CODE.give_back(login_request.nonce)
    browsers.give_try_back(request)
    rate_limits.TRIES_PER_ADDRESS.give_back(login_request.email)
