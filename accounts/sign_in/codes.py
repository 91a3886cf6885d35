"""Mailed codes: whether a code was mailed for this login request, and how often a person may try."""

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.sign_in.login_request import LoginRequest
from core import errors, rate_limits

DIGEST_TTL = 60 * 60  # seconds


def remember_code(login_request: LoginRequest, code: str) -> None:
    """Store a digest of the code that was mailed for `intent`.

    If the cache loses it, the code still signs in, but might not prove the address (`SignInRepository.exchange_code`).
    """
    cache.set(f"code:{login_request.nonce}", _digest(login_request, code), DIGEST_TTL)


def is_mailed_code(login_request: LoginRequest, code: str) -> bool:
    """Return whether `code` is the one that was mailed for `intent`."""
    digest = cache.get(f"code:{login_request.nonce}")
    return isinstance(digest, str) and constant_time_compare(digest, _digest(login_request, code))


def _digest(login_request: LoginRequest, code: str) -> str:
    return salted_hmac("accounts.code", f"{login_request.nonce} {code}", algorithm="sha256").hexdigest()


def take_try(request: HttpRequest, login_request: LoginRequest) -> int:
    """Count an attempt, and return how many are left.

    Raise InvalidTokenError if this code has none left, and RateLimitedError after too many attempts by this client, or
    by all clients for this address.
    """
    if rate_limits.TRIES_PER_CODE.take(login_request.nonce):
        raise errors.InvalidTokenError
    rate_limits.TRIES_PER_CLIENT.require(rate_limits.client_address(request))
    rate_limits.TRIES_PER_ADDRESS.require(login_request.email)
    return rate_limits.TRIES_PER_CODE.left(login_request.nonce)


def give_try_back(request: HttpRequest, login_request: LoginRequest) -> None:
    """Do not count the last attempt, because Appwrite did not check the code."""
    rate_limits.TRIES_PER_CODE.give_back(login_request.nonce)
    rate_limits.TRIES_PER_CLIENT.give_back(rate_limits.client_address(request))
    rate_limits.TRIES_PER_ADDRESS.give_back(login_request.email)
