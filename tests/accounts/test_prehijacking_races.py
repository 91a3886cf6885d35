"""Account pre-hijacking: a clean-up that fails half-way, and changes to the account during the sign-in."""

import threading
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import pytest

from accounts import session
from core.transport import POOL
from tests.accounts.attackers import (
    OWNER,
    PASSWORD,
    SESSION,
    as_member,
    assert_locked_out,
    by_password,
    is_signed_in,
    sign_in_by_code,
    sign_in_by_link,
    with_everything,
    with_identity,
)
from tests.users import Browser, words

CALLS = ["get", "updatePassword", "deleteSessions", "listIdentities", "listMFAFactors"]
CALLS += ["deleteIdentity", "deleteMFAAuthenticator", "updateMFA", "updateMFARecoveryCodes", "updatePhone"]
CALLS += ["updateName", "updatePrefs", "updateLabels", "createSession"]


@pytest.mark.parametrize("operation", CALLS)
def test_failed_cleanup_stops_the_sign_in_and_the_next_sign_in_repeats_it(attacker_after, guest, appwrite, operation):
    attacker = attacker_after(with_everything)
    after, owner = CALLS.index(operation) % 2 == 0, (sign_in_by_link, sign_in_by_code)[CALLS.index(operation) // 2 % 2]
    appwrite.faults.add(f"users.{operation}", status=500, after=after)
    answer = owner(guest, appwrite, OWNER)
    assert answer.status_code == 503
    assert not is_signed_in(guest)
    assert appwrite.faults.all()[0]["hits"]
    appwrite.faults.clear()
    owner(guest, appwrite, OWNER)
    assert is_signed_in(guest)
    assert_locked_out(attacker)


def test_failed_sign_in_says_that_the_link_is_used_and_offers_a_new_one(attacker, guest, appwrite):
    appwrite.faults.add("users.deleteSessions", status=500, first=1)
    answer = sign_in_by_link(guest, appwrite, OWNER)
    assert answer.context["reason"] == "unfinished"
    assert "ny lenke" in words(answer)
    sign_in_by_link(guest, appwrite, answer.context["email"])  # no cool-down, because the last link was used
    assert is_signed_in(guest)


def test_identity_attached_during_the_cleanup_is_also_removed(attacker, guest, appwrite):
    with_identity(attacker)
    send, done = POOL.send, []

    def come_back(request, **options):
        if "/users/identities" in request.url and request.method == "GET" and not done:
            done.append(True)
            attacker.sessions.clear()
            attacker.attach_provider()  # the attacker signs in through the identity after all sessions were deleted
        return send(request, **options)

    with mock.patch.object(POOL, "send", come_back):
        sign_in_by_link(guest, appwrite, OWNER)
    assert done
    assert is_signed_in(guest)
    assert_locked_out(attacker)


def test_changing_the_address_during_the_sign_in_stops_it(attacker, guest, appwrite):
    by_password(attacker)
    send = POOL.send

    def change(request, **options):
        if request.method == "PATCH" and request.url.endswith("/password"):
            attacker.call(
                "PATCH", "/account/email", {SESSION: attacker.sessions[0]}, email="m@example.net", password=PASSWORD
            )
        return send(request, **options)

    with mock.patch.object(POOL, "send", change):
        answer = sign_in_by_link(guest, appwrite, OWNER)
    assert answer.status_code == 503
    assert not is_signed_in(guest)


def test_changing_the_address_back_during_the_sign_in_stops_it(attacker, guest, appwrite):
    """If the sign-in succeeded, the owner would use an account whose address the attacker has verified."""
    as_member(attacker)
    send, done = POOL.send, []

    def change_back(request, **options):
        response = send(request, **options)
        if request.url.endswith("/account/sessions/token") and not done:
            done.append(True)
            attacker.take_address("mallory@example.net")
        return response

    with mock.patch.object(POOL, "send", change_back):
        answer = sign_in_by_link(guest, appwrite, OWNER)
    assert done
    assert answer.status_code == 503
    assert not is_signed_in(guest)


def test_simultaneous_first_sign_ins_both_succeed(attacker, appwrite):
    by_password(attacker)
    browsers, pages = [Browser(), Browser()], []
    for browser in browsers:
        browser.post("/auth/login/", {"email": OWNER})
        link = urlsplit(appwrite.inbox.link(OWNER))
        pages.append(browser.get(f"{link.path}?{link.query}", follow=True))
    appwrite.faults.add("users.deleteSessions", delay=0.2)  # long enough to exchange both links before either cleanup

    def press(browser: Browser, page: Any) -> None:
        browser.post("/auth/callback/", page.context["fields"])

    threads = [threading.Thread(target=press, args=pair) for pair in zip(browsers, pages, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    appwrite.faults.clear()
    for browser in browsers:
        session.forget_user(session.read_cookie(browser.get("/healthz").wsgi_request).secret)
        assert is_signed_in(browser)
    assert_locked_out(attacker)
