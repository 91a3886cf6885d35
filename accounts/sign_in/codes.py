"""Mailed codes: whether one was mailed for this request to sign in, and how often it may be tried."""

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.sign_in.login_request import Intent
from core import errors, rate_limits

DIGEST_TTL = 60 * 60  # seconds


def remember_code(intent: Intent, code: str) -> None:
    """Store a digest of the code that was mailed for `intent`.

    If the cache loses it, the code still signs in, but it may not prove the address (`SignInRepository.exchange_code`).
    """
    cache.set(f"code:{intent.nonce}", _digest(intent, code), DIGEST_TTL)


def is_mailed_code(intent: Intent, code: str) -> bool:
    """Return whether `code` is the one that was mailed for `intent`."""
    digest = cache.get(f"code:{intent.nonce}")
    return isinstance(digest, str) and constant_time_compare(digest, _digest(intent, code))


def _digest(intent: Intent, code: str) -> str:
    return salted_hmac("accounts.code", f"{intent.nonce} {code}", algorithm="sha256").hexdigest()


def take_try(request: HttpRequest, intent: Intent) -> int:
    """Count a try before it is made; returns how many are left after it. Raises InvalidToken where the code has none
    left, and Limited where this client, or all of them for this address, try too often."""
    if rate_limits.TRIES_PER_CODE.take(intent.nonce):
        raise errors.InvalidToken
    rate_limits.TRIES_PER_CLIENT.require(rate_limits.client_address(request))
    rate_limits.TRIES_PER_ADDRESS.require(intent.email)
    return rate_limits.TRIES_PER_CODE.left(intent.nonce)


def give_try_back(request: HttpRequest, intent: Intent) -> None:
    """A try that Appwrite did not judge is none."""
    rate_limits.TRIES_PER_CODE.give_back(intent.nonce)
    rate_limits.TRIES_PER_CLIENT.give_back(rate_limits.client_address(request))
    rate_limits.TRIES_PER_ADDRESS.give_back(intent.email)
