"""If Appwrite is unreachable, fails or is not set up, a page explains the problem and no text is lost."""

from unittest import mock

import pytest

from accounts.repositories.address_proof import BY_MAIL
from accounts.repositories.sign_in import SignInRepository
from core import errors, transport
from core.appwrite_client import AppwriteClient, create_admin_client, create_guest_client
from tests.count_calls import count_calls
from tests.site import NOTHING
from tests.users import Browser, words

TYPED = {"title": "Kaffe", "content": "Det er **kaffe** igjen.", "language": "nb", "post_id": "abcdefgh27"}


@pytest.fixture
def answers(monkeypatch):
    """Return a function that makes every call to Appwrite return the given value."""
    return lambda value: monkeypatch.setattr(AppwriteClient, "call", lambda *_, **__: value)


@pytest.mark.parametrize(
    "answer", [[], {"total": None}, {"total": 1, "rows": None}, {"rows": [{"$permissions": None}]}]
)
def test_unexpected_response_is_treated_as_an_outage(guest, answers, answer):
    answers(answer)
    assert guest.get("/posts/").status_code == 503


def test_unreadable_response_keeps_the_text(alice, answers):
    browser = alice.browser()
    browser.get("/posts/mine/")
    answers({"$id": None})
    page = browser.post("/posts/new/", TYPED)
    assert page.status_code == 503
    assert TYPED["content"] in words(page)


def test_request_stops_calling_when_its_time_is_used_up_and_keeps_the_text(alice, draft, stored, monkeypatch, settings):
    settings.APPWRITE_DEADLINE = 8
    now, send = [0.0], transport.POOL.send

    def slow(request, **options):
        now[0] += 5
        return send(request, **options)

    monkeypatch.setattr(transport, "clock", lambda: now[0])
    monkeypatch.setattr(transport.POOL, "send", slow)
    browser = alice.browser()
    with count_calls() as sent_calls:
        page = browser.post(f"/posts/{draft.id}/edit/", TYPED)
    assert sent_calls == ["GET /v1/account", f"GET /v1/tablesdb/app/tables/posts/rows/{draft.id}"]
    assert page.status_code == 503
    assert TYPED["content"] in words(page)
    assert stored(draft.id).data["content"] == draft.content


def test_error_message_does_not_quote_an_unreadable_response(answers, appwrite):
    answers({"userId": None, "secret": "c0ffee"})
    with pytest.raises(errors.UnavailableError) as raised:
        create_admin_client().account.create_session("ada", "123456")
    assert "c0ffee" not in str(raised.value)
    assert raised.value.__context__ is None  # pydantic's error would quote the response


def test_session_without_a_secret_is_reported_as_a_configuration_error(appwrite, answers):
    answers({"userId": "ada", "secret": ""})  # Appwrite's response to an API key without the `sessions.write` scope
    repository = SignInRepository(create_admin_client())
    with pytest.raises(errors.MisconfiguredError):
        repository._exchange(mock.Mock(id="ada"), "123456", BY_MAIL)


def test_missing_argument_raises_the_sdks_exception(appwrite):
    with pytest.raises(Exception, match="Missing required parameter"):
        create_guest_client().db.list_rows("app", "")


@pytest.mark.parametrize("fault", [{"APPWRITE_DATABASE": "other"}, {"APPWRITE_PROJECT": "other"}])
@pytest.mark.parametrize("path", ["/", "/posts/", "/posts/abcdefgh27/"])
def test_missing_table_does_not_return_404(guest, settings, fault, path):
    for name, value in fault.items():
        setattr(settings, name, value)
    assert guest.get(path).status_code == 503
    assert guest.get("/readyz").json()["reason"] == "Misconfigured"


@pytest.mark.parametrize("path", ["/nothing/", "/en/nothing/", "/posts/?page=0"])
def test_missing_page_returns_404_even_during_an_outage(alice, settings, path):
    settings.APPWRITE_ENDPOINT = NOTHING
    assert alice.browser().get(path).status_code == 404


def test_form_without_a_csrf_token_keeps_its_text_during_an_outage(alice, settings):
    settings.APPWRITE_ENDPOINT = NOTHING
    page = alice.browser(enforce_csrf_checks=True).post("/posts/new/", TYPED)
    assert page.status_code == 403
    assert TYPED["content"] in words(page)


def test_outage_between_two_calls_does_not_sign_the_user_out(alice, monkeypatch):
    browser = alice.browser()
    browser.get("/posts/mine/")

    def gone(secret):
        raise errors.UnavailableError

    monkeypatch.setattr("accounts.session.client_of_session", gone)  # the check of the session after a 404 fails
    page = browser.post("/posts/abcdefgh27/edit/", TYPED)
    assert page.status_code == 503
    assert TYPED["content"] in words(page)
    assert page.context["user"].is_authenticated


def test_status_endpoints_respond_with_json(alice, settings):
    settings.APPWRITE_ENDPOINT = NOTHING
    answer = alice.browser().get("/api/auth/check")
    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "reason": "Unavailable"}


def test_invalid_referrer_redirects_to_the_front_page(appwrite):
    answer = Browser().post("/posts/abcdefgh27/delete/", headers={"referer": "http://[x"})
    assert answer["Location"] == "/auth/login/?next=%2F"
