"""The CSRF secret changes at each sign-in, but forms opened before the sign-in still work."""

import re

import pytest
from django.conf import settings

from accounts.session import cookie_name
from tests.pages import TYPED
from tests.users import Browser

ORIGIN = {"Origin": "http://localhost"}


def token(page) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())
    assert found is not None
    return found[1]


def sign_in(browser: Browser, appwrite, email: str) -> None:
    form = {"email": email, "csrfmiddlewaretoken": token(browser.get("/auth/login/"))}
    browser.post("/auth/login/", form)
    page = browser.get(appwrite.inbox.link(email), follow=True)
    answer = browser.post("/auth/callback/", {**page.context["fields"], "csrfmiddlewaretoken": token(page)})
    assert answer.cookies[cookie_name()].value


@pytest.fixture
def strict(appwrite) -> Browser:
    return Browser(enforce_csrf_checks=True)


@pytest.fixture
def old_token(strict, appwrite, alice) -> str:
    """Return the CSRF token of a form that this browser opened before signing in."""
    found = token(strict.get("/auth/login/"))
    sign_in(strict, appwrite, alice.email)
    return found


def secret(browser: Browser) -> str:
    return browser.cookies[settings.CSRF_COOKIE_NAME].value


def test_sign_in_changes_the_csrf_secret(strict, appwrite, alice):
    strict.get("/auth/login/")
    before = secret(strict)
    sign_in(strict, appwrite, alice.email)
    assert secret(strict) != before
    assert before not in strict.cookies["csrf_before"].value


def test_sign_in_with_a_code_changes_the_csrf_secret(strict, appwrite, alice):
    form = {"email": alice.email, "act": "code", "csrfmiddlewaretoken": token(strict.get("/auth/login/"))}
    page = strict.post("/auth/login/", form, follow=True)
    before = secret(strict)
    strict.post("/auth/code/", {"code": appwrite.inbox.code(alice.email), "csrfmiddlewaretoken": token(page)})
    assert secret(strict) != before


def test_form_opened_before_sign_in_still_saves_the_text(strict, old_token):
    form = {**TYPED, "csrfmiddlewaretoken": old_token}
    assert strict.post("/posts/new/", form, headers=ORIGIN)["Location"] == "/posts/abcdefgh27/edit/"
    new = {**TYPED, "post_id": "abcdefgh28", "csrfmiddlewaretoken": token(strict.get("/posts/mine/"))}
    assert strict.post("/posts/new/", new).status_code == 302


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_old_csrf_token_alone_is_rejected_and_the_text_is_kept(strict, old_token, headers):
    answer = strict.post("/posts/new/", {**TYPED, "csrfmiddlewaretoken": old_token}, headers=headers)
    assert answer.status_code == 403
    assert TYPED["title"] in answer.content.decode()


def test_old_csrf_token_without_the_browsers_cookie_is_rejected(strict, old_token):
    del strict.cookies["csrf_before"]
    assert strict.post("/posts/new/", {**TYPED, "csrfmiddlewaretoken": old_token}, headers=ORIGIN).status_code == 403


@pytest.mark.parametrize("value", ["", "x", "gAAAAA", "\u00e5"])
def test_forged_csrf_cookie_is_ignored(strict, old_token, value):
    strict.cookies["csrf_before"] = value
    assert strict.post("/posts/new/", {**TYPED, "csrfmiddlewaretoken": old_token}, headers=ORIGIN).status_code == 403
