"""Send links and codes within the rate limits."""

import secrets
from typing import TypeGuard
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from accounts.repositories.sign_in import SignInRepository
from accounts.sign_in import browsers, codes, cookies
from accounts.sign_in.login_request import PARAMETER, ExpiredTokenError, ForgedTokenError, Kind, LoginRequest
from accounts.sign_in.pending import PendingLogin
from core import errors, rate_limits
from core.appwrite_client import create_admin_client
from core.next_url import absolute

# Words for the security phrase that the page shows if no e-mail was sent. Like Appwrite's phrases, it consists of an
# adjective and a noun.
ADJECTIVES = ("Amber", "Calm", "Clear", "Early", "Gentle", "Kind", "Light", "Quiet", "Silver", "Still", "Warm")
NOUNS = ("Birch", "Dawn", "Fern", "Harbour", "Island", "Lake", "Maple", "Ocean", "Pine", "River", "Salt", "Willow")


def send(request: HttpRequest, login_request: LoginRequest, kind: Kind) -> PendingLogin | None:
    """Send the e-mail through Appwrite. Return the pending login to store in this browser.

    Return None if the browser has just requested the same e-mail. Raise RateLimitedError if this client requests
    e-mails too often. After too many e-mails to one address, send nothing, but return a result that looks the same.
    """
    before = cookies.read_cookie(request, PendingLogin)
    if _is_usable(before, login_request, kind) and before.cool_down:
        return None  # the visitor pressed the button twice
    browsers.require_send(request)
    email = login_request.email
    # Check the 15-minute limit first: an e-mail that it blocks must not count towards the daily limit.
    if rate_limits.SENDS_PER_ADDRESS.take(email) or rate_limits.SENDS_PER_ADDRESS_A_DAY.take(email):
        return _as_if_sent(before, login_request, kind)
    try:
        return _send_mail(request, login_request, kind)
    except errors.SiteError:
        rate_limits.SENDS_PER_ADDRESS.give_back(email)
        rate_limits.SENDS_PER_ADDRESS_A_DAY.give_back(email)
        raise


def invite(request: HttpRequest, email: str) -> bool:
    """Have Appwrite send an invited person a sign-in link. Return False after too many e-mails to the address.

    The e-mail has no security phrase, because no page shows the phrase to the person. Raise the same errors as `send`.
    """
    if rate_limits.SENDS_PER_ADDRESS.take(email) or rate_limits.SENDS_PER_ADDRESS_A_DAY.take(email):
        return False
    login_request = LoginRequest.of(email, reverse("posts:home"))
    url = callback_url(request, "accounts:callback", login_request.to_token("link"))
    SignInRepository(create_admin_client(request)).send_link(email, url, phrase=False)
    return True


def _send_mail(request: HttpRequest, login_request: LoginRequest, kind: Kind) -> PendingLogin:
    sender = SignInRepository(create_admin_client(request))
    if kind == "code":
        token = sender.send_code(login_request.email)
        codes.remember_code(login_request, token.secret)
    else:
        url = callback_url(request, "accounts:callback", login_request.to_token("link"))
        token = sender.send_link(login_request.email, url)
    return PendingLogin(kind, login_request.to_token("browser"), token.phrase)


def _is_usable(before: PendingLogin | None, login_request: LoginRequest, kind: Kind) -> TypeGuard[PendingLogin]:
    """Return whether `before` is a request for the same e-mail and its link or code is still valid."""
    try:
        return (
            before is not None
            and (before.kind, before.login_request.email, before.login_request.next)
            == (kind, login_request.email, login_request.next)
            and not _is_used_up(before)
        )
    except (ExpiredTokenError, ForgedTokenError):
        return False


def _is_used_up(before: PendingLogin) -> bool:
    return before.kind == "code" and rate_limits.TRIES_PER_CODE.left(before.login_request.nonce) == 0


def _as_if_sent(before: PendingLogin | None, login_request: LoginRequest, kind: Kind) -> PendingLogin:
    """Return a pending login as if an e-mail had been sent. The code that was sent last remains valid."""
    if _is_usable(before, login_request, kind):
        return PendingLogin(kind, before.token, before.phrase)
    phrase = f"{secrets.choice(ADJECTIVES)} {secrets.choice(NOUNS)}"
    return PendingLogin(kind, login_request.to_token("browser"), phrase)


def callback_url(request: HttpRequest, page: str, token: str) -> str:
    """Return the URL of `page` with `token`. The host comes from SITE_URL, because request headers may be forged."""
    return absolute(request, f"{reverse(page)}?{urlencode({PARAMETER: token})}")
