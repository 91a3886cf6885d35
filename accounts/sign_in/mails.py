"""Send the link or the code, within the limits."""

import secrets
from typing import TypeGuard
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from accounts.repositories.sign_in import SignInRepository
from accounts.sign_in import codes, cookies
from accounts.sign_in.login_request import Expired, Forged, Intent, Kind
from accounts.sign_in.pending import Asked
from core import errors, rate_limits
from core.appwrite_client import create_admin_client
from core.next_url import absolute

# For the page that looks exactly as if a mail had been sent: Appwrite's phrases are an adjective and a noun, too.
ADJECTIVES = ("Amber", "Calm", "Clear", "Early", "Gentle", "Kind", "Light", "Quiet", "Silver", "Still", "Warm")
NOUNS = ("Birch", "Dawn", "Fern", "Harbour", "Island", "Lake", "Maple", "Ocean", "Pine", "River", "Salt", "Willow")


def send(request: HttpRequest, intent: Intent, kind: Kind) -> Asked | None:
    """Have the mail sent. Return what this browser has to remember; None if the same mail is still on its way.

    Raises Limited if this client asks too often. An address that is asked for too often gets no mail, and the result
    is the same.
    """
    before = cookies.kept(request, Asked)
    if _still_good(before, intent, kind) and before.cool_down:
        return None  # pressed twice
    rate_limits.SENDS_PER_CLIENT.require(rate_limits.client_address(request))
    # The short limit first: what it refuses is not sent, so it must not use up the day.
    if rate_limits.SENDS_PER_ADDRESS.take(intent.email) or rate_limits.SENDS_PER_ADDRESS_A_DAY.take(intent.email):
        return _as_if_sent(before, intent, kind)
    try:
        return _send_mail(request, intent, kind)
    except errors.SiteError:
        rate_limits.SENDS_PER_ADDRESS.give_back(intent.email)
        rate_limits.SENDS_PER_ADDRESS_A_DAY.give_back(intent.email)
        raise


def _send_mail(request: HttpRequest, intent: Intent, kind: Kind) -> Asked:
    sender = SignInRepository(create_admin_client(request))
    if kind == "code":
        token = sender.send_code(intent.email)
        codes.remember_code(intent, token.secret)
    else:
        token = sender.send_link(intent.email, callback_url(request, "accounts:callback", intent.ticket("link")))
    return Asked(kind, intent.ticket("browser"), token.phrase)


def _still_good(before: Asked | None, intent: Intent, kind: Kind) -> TypeGuard[Asked]:
    """Whether this browser has asked for just this before, and what it was sent can still be used."""
    try:
        return (
            before is not None
            and (before.kind, before.intent.email, before.intent.next) == (kind, intent.email, intent.next)
            and not _is_used_up(before)
        )
    except (Expired, Forged):
        return False


def _is_used_up(before: Asked) -> bool:
    return before.kind == "code" and rate_limits.TRIES_PER_CODE.left(before.intent.nonce) == 0


def _as_if_sent(before: Asked | None, intent: Intent, kind: Kind) -> Asked:
    """What the browser would remember if a mail had gone out. The last code really sent to it goes on working."""
    if _still_good(before, intent, kind):
        return Asked(kind, before.ticket, before.phrase)
    phrase = f"{secrets.choice(ADJECTIVES)} {secrets.choice(NOUNS)}"
    return Asked(kind, intent.ticket("browser"), phrase)


def callback_url(request: HttpRequest, page: str, ticket: str) -> str:
    """The address of `page` with this ticket. Its host is a setting: a request's own headers may be forged."""
    return absolute(request, f"{reverse(page)}?{urlencode({'ticket': ticket})}")
