"""The Retry-After header of every 429 and 503 response."""

import time
from email.utils import formatdate

import pytest

from core import errors, rate_limits
from core.appwrite_client import AppwriteClient
from tests.count_calls import count_calls
from tests.pages import TYPED
from tests.site import NOTHING
from tests.users import Browser


@pytest.mark.parametrize(
    "path", ["/", "/en/posts/", "/posts/nosuch/", "/posts/feed/", "/posts/feed/rss/", "/sitemap.xml", "/readyz"]
)
def test_page_during_an_outage_says_when_to_retry(path, guest, settings):
    settings.APPWRITE_ENDPOINT = NOTHING
    answer = guest.get(path)
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/auth/login/", {"email": "olga@example.com"}),
        ("/auth/oauth/", {}),
        ("/posts/new/", TYPED),
        ("/posts/new/", {**TYPED, "act": "autosave"}),
        ("/auth/account/name/", {"name": "Alice"}),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"X-Requested-With": "fetch"}])
def test_form_during_an_outage_says_when_to_retry(path, form, headers, alice, settings):
    browser = alice.browser() if path not in ("/auth/login/", "/auth/oauth/") else Browser()
    browser.get("/auth/account/")
    settings.APPWRITE_ENDPOINT = NOTHING
    answer = browser.post(path, form, headers=headers)
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")


def test_auth_check_during_an_outage_says_when_to_retry(alice, settings):
    settings.APPWRITE_ENDPOINT = NOTHING
    answer = alice.browser().get("/api/auth/check")
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")


def test_rate_limit_says_how_long_to_wait(guest, monkeypatch):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    for _ in range(rate_limits.SENDS_PER_CLIENT.attempts):
        rate_limits.SENDS_PER_CLIENT.take("127.0.0.1")
    answer = guest.post("/auth/login/", {"email": "olga@example.com"})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) == rate_limits.SENDS_PER_CLIENT.seconds + 1


def test_rate_limit_on_codes_says_how_long_to_wait(guest, appwrite):
    guest.post("/auth/login/", {"email": "olga@example.com", "act": "code"})
    for _ in range(rate_limits.TRIES_PER_ADDRESS.attempts):
        rate_limits.TRIES_PER_ADDRESS.take("olga@example.com")
    answer = guest.post("/auth/code/", {"code": "123456"})
    assert answer.status_code == 429
    assert 3500 < int(answer["Retry-After"]) <= 3601


@pytest.mark.parametrize("headers", [{}, {"X-Requested-With": "fetch"}])
def test_rate_limit_on_autosaves_says_how_long_to_wait(headers, alice):
    for _ in range(rate_limits.AUTOSAVES.attempts):
        rate_limits.AUTOSAVES.take(alice.id)
    with count_calls() as calls:
        answer = alice.browser().post("/posts/new/", {**TYPED, "act": "autosave"}, headers=headers)
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 61
    assert "tablesdb" not in " ".join(calls)


def test_used_up_code_says_when_to_try_again(guest, appwrite):
    guest.post("/auth/login/", {"email": "olga@example.com", "act": "code"})
    wrong = "000000" if appwrite.inbox.code("olga@example.com") != "000000" else "000001"
    answers = [guest.post("/auth/code/", {"code": wrong}) for _ in range(rate_limits.TRIES_PER_CODE.attempts)]
    assert answers[-1].status_code == 429
    assert int(answers[-1]["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": formatdate(1_800_000_090, usegmt=True)}, 90),
        ({"Retry-After": formatdate(1_700_000_000, usegmt=True)}, 0),
        ({"X-RateLimit-Reset": "1800000030"}, 30),
        ({"Retry-After": "99999999999"}, 0),
        ({"Retry-After": "999999999"}, 24 * 3600),
        ({"Retry-After": "soon"}, 0),
        ({"Retry-After": "-5"}, 0),
        ({"Retry-After": "٣"}, 0),
        ({}, 0),
    ],
)
def test_appwrites_retry_after_is_read(headers, wait, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000)
    assert errors.seconds_to_wait(headers) == wait


def test_appwrites_retry_after_is_sent_with_the_page(guest, monkeypatch):
    from posts.views import reading

    def refusing():
        raise errors.AppwriteRateLimitedError(retry_after=17)

    monkeypatch.setattr(reading, "PublicPosts", refusing)
    assert guest.get("/posts/")["Retry-After"] == "17"


@pytest.mark.parametrize(
    ("path", "form"),
    [("/auth/login/", {"email": "olga@example.com"}), ("/posts/new/", TYPED), ("/auth/account/name/", {"name": "Al"})],
)
def test_appwrites_retry_after_is_sent_in_response_to_a_form(path, form, alice, monkeypatch):
    browser = Browser() if path == "/auth/login/" else alice.browser()
    browser.get("/auth/account/")

    def refuse(*_args: object, **_options: object) -> None:
        raise errors.AppwriteRateLimitedError(retry_after=17)

    monkeypatch.setattr(AppwriteClient, "call", refuse)
    answer = browser.post(path, form)
    assert answer.status_code in (429, 503)
    assert answer["Retry-After"] == "17"


@pytest.mark.parametrize("path", ["/healthz", "/auth/login/", "/nothing/"])
def test_other_responses_have_no_retry_after(path, guest):
    assert "Retry-After" not in guest.get(path)
