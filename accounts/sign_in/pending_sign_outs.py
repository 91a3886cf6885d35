"""Delayed sign-outs: if Appwrite is unreachable, end the session at the person's next visit or sign-in.

The shared cache stores each session, encrypted, under the person's id for at most a day. On a later request, the id
comes from a new session of the same person, or from a cookie that was set at the sign-out.
"""

import hashlib
import logging
from concurrent.futures import TimeoutError
from contextvars import copy_context

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from accounts.repositories.account import end_session
from accounts.session import SessionCookie
from core import errors
from core.appwrite_client import client_of_session
from core.calls import EXECUTOR
from core.encryption import decrypt, encrypt, read_encrypted_cookie, set_encrypted_cookie
from core.locks import CACHE_ONLY, one_at_a_time

log = logging.getLogger(__name__)

TTL = 24 * 3600  # seconds
MAX_WAIT = 1  # maximum seconds for which a page waits until the sessions have ended
BACK_OFF = 60  # seconds to pause after an attempt that took longer than MAX_WAIT
PURPOSE = "accounts.sign_in.pending_sign_outs"
COOKIE = "signed_out"


def end(cookie: SessionCookie) -> bool:
    """End the session in Appwrite. Return False if Appwrite fails: the session may then still be active."""
    try:
        user_id, session_id = cookie.user_id, cookie.id
        if not session_id:  # a cookie from an earlier release, which did not store the ids
            current = client_of_session(cookie.secret).account.get_session("current")
            user_id, session_id = current.userid, current.id
        end_session(user_id, session_id)
    except errors.SignInRequiredError:
        return True  # the session had already ended
    except errors.SiteError as error:
        log.warning("A session could not be ended: %s", error)
        return False
    return True


def postpone(response: HttpResponse, cookie: SessionCookie) -> None:
    """Store the session, so that it can be ended later, and set a cookie with the person's id."""
    owner = cookie.user_id or hashlib.sha256(cookie.secret.encode()).hexdigest()
    with one_at_a_time("sign-outs", seconds=CACHE_ONLY):
        tokens = [*cache.get(_key(owner), []), encrypt(cookie.serialise(), PURPOSE)]
        cache.set(_key(owner), tokens, TTL)
    set_encrypted_cookie(response, COOKIE, owner, PURPOSE, TTL)


def finish(user_id: str) -> bool:
    """End this person's stored sessions. Return whether all of them have ended.

    Wait at most MAX_WAIT seconds, and only log a failure. If no session is stored, the only cost is one cache read.
    """
    if not cache.get(_key(user_id)):
        return True
    if cache.get(_pause_key(user_id)):
        return False
    try:
        return EXECUTOR.submit(copy_context().run, _end_all, user_id).result(timeout=MAX_WAIT)
    except TimeoutError:
        cache.set(_pause_key(user_id), True, BACK_OFF)
        return False


def forget(user_id: str) -> None:
    """Discard the stored sessions of a person whose account was deleted, because Appwrite has ended them."""
    cache.delete_many([_key(user_id), _pause_key(user_id)])


def finish_on_visit(request: HttpRequest, response: HttpResponse, user_id: str) -> None:
    """Call `finish` for the person `user_id`, if it is not "", and for the person who signed out in this browser.

    Delete the sign-out cookie once that person's sessions have ended.
    """
    name = settings.COOKIE_PREFIX + COOKIE
    if response.status_code == 503 or name in response.cookies:
        return  # this request could not reach Appwrite, or has just postponed a sign-out
    if user_id:
        finish(user_id)
    if name in request.COOKIES:
        owner = read_encrypted_cookie(request, COOKIE, PURPOSE, TTL)
        if owner is None or finish(owner):
            response.delete_cookie(name, samesite="Lax")


def _end_all(user_id: str) -> bool:
    for token in cache.get(_key(user_id), []):
        text = decrypt(token, PURPOSE, max_age=TTL)
        if text is not None and not end(SessionCookie.parse(text)):
            return False
        with one_at_a_time("sign-outs", seconds=CACHE_ONLY):
            cache.set(_key(user_id), [each for each in cache.get(_key(user_id), []) if each != token], TTL)
    return True


def _key(user_id: str) -> str:
    return f"sign-outs:{user_id}"


def _pause_key(user_id: str) -> str:
    return f"sign-outs:{user_id}:paused"
