"""/auth/account/: name, language, sign-in methods and sessions."""

import time

import pytest
import requests
from django.contrib.messages import get_messages

from accounts import session
from accounts.repositories.account import AccountRepository
from core.appwrite_client import client_of_session, create_admin_client
from tests import users
from tests.conftest import KEY
from tests.users import words

ACCOUNT = "/auth/account/"


def other_session_id(person) -> str:
    """Create a second session for `person` and return its id."""
    return create_admin_client().users.create_session(person.id).id


def sessions_of(person) -> set[str]:
    return {each.id for each in create_admin_client().users.list_sessions(person.id).sessions}


def test_account_page_shows_the_name_and_sessions(alice):
    other = other_session_id(alice)
    answer = alice.browser().get(ACCOUNT)
    assert "Alice" in answer.content.decode()
    assert alice.email in words(answer)
    shown = answer.context["sessions"]
    assert [(each.id, each.is_current) for each in shown] == [(alice.made.id, True), (other, False)]
    assert "Denne" in words(answer)


# -- name -------------------------------------------------------------------------------------------------------------
def test_new_name_takes_effect_immediately(alice):
    browser = alice.browser()
    browser.get("/posts/mine/")
    answer = browser.post("/auth/account/name/", {"name": "  Alice   Ås ", "next": ACCOUNT})
    assert answer["Location"] == ACCOUNT
    assert browser.get(ACCOUNT).wsgi_request.user.name == "Alice Ås"


@pytest.mark.parametrize("name", ["", "   ", "x" * 129, "\u200b", "\u2800\u00ad"])
def test_invalid_name_shows_an_error_and_stays_in_the_form(alice, name):
    answer = alice.browser().post("/auth/account/name/", {"name": name})
    assert answer.status_code == 200
    assert answer.context["form"].errors["name"]
    assert answer.context["form"]["name"].value() == name


@pytest.mark.parametrize("name", ["", "\u2060"])
def test_site_asks_for_a_name_once_before_the_first_post(appwrite, name):
    nameless = users.create("Nora")
    create_admin_client().users.update_name(nameless.id, name)
    browser = nameless.browser()
    answer = browser.get("/posts/new/")
    assert answer["Location"] == "/auth/account/name/?next=%2Fposts%2Fnew%2F"
    assert "nora@example.com" not in browser.get(answer["Location"]).context["form"].as_p()
    answer = browser.post("/auth/account/name/", {"name": "Nora", "next": "/posts/new/"}, follow=True)
    assert answer.status_code == 200
    assert answer.request["PATH_INFO"] == "/posts/new/"


# -- language ---------------------------------------------------------------------------------------------------------
def test_language_is_stored_in_the_account_and_applies_on_another_device(alice):
    alice.appwrite.account.update_prefs({"theirs": "stays"})
    answer = alice.browser().post("/auth/account/language/", {"language": "en"})
    assert answer["Location"] == "/en/auth/account/"
    assert answer.cookies["language"].value == "en"
    assert [str(message) for message in get_messages(answer.wsgi_request)] == ["Your language is saved."]
    assert alice.appwrite.account.get_prefs().data == {"theirs": "stays", "language": "en"}
    session.forget_user(alice.secret)
    assert alice.browser().get("/", headers={"accept-language": "nb"})["Location"] == "/en/"


@pytest.mark.parametrize(("prefix", "sentence"), [("", "De sendes til"), ("/en", "We’ll send them to")])
def test_account_page_is_in_the_language_of_its_url(prefix, sentence, alice):
    assert f"{sentence} alice@example.com." in words(alice.browser().get(f"{prefix}/auth/account/"))


def test_unknown_language_returns_404(alice):
    assert alice.browser().post("/auth/account/language/", {"language": "tlh"}).status_code == 404


# -- sign-in methods --------------------------------------------------------------------------------------------------
@pytest.fixture
def by_microsoft(guest, microsoft):
    """Return a browser signed in with Microsoft."""
    guest.get(microsoft(guest))
    return guest


def test_connected_account_is_listed_and_can_be_removed(by_microsoft):
    answer = by_microsoft.get(ACCOUNT)
    (identity,) = answer.context["identities"]
    assert (identity.provider, identity.email) == ("microsoft", "ingrid.berg@example.com")
    assert answer.context["can_remove_identity"]
    by_microsoft.post(f"/auth/account/identities/{identity.id}/remove/")
    assert by_microsoft.get(ACCOUNT).context["identities"] == []


def test_removing_another_users_identity_returns_404(by_microsoft, alice):
    (identity,) = by_microsoft.get(ACCOUNT).context["identities"]
    assert alice.browser().post(f"/auth/account/identities/{identity.id}/remove/").status_code == 404
    assert by_microsoft.get(ACCOUNT).context["identities"] != []


def test_last_sign_in_method_cannot_be_removed(by_microsoft, monkeypatch):
    (identity,) = by_microsoft.get(ACCOUNT).context["identities"]
    real = session.user_of
    monkeypatch.setattr(session, "user_of", lambda secret: type(real(secret))(id=real(secret).id, name="x"))
    assert by_microsoft.post(f"/auth/account/identities/{identity.id}/remove/").status_code == 403
    monkeypatch.undo()
    assert by_microsoft.get(ACCOUNT).context["identities"] != []


# -- sessions ---------------------------------------------------------------------------------------------------------
def test_session_on_another_device_can_be_ended(alice):
    other = other_session_id(alice)
    browser = alice.browser()
    browser.post(f"/auth/account/sessions/{other}/end/")
    assert sessions_of(alice) == {alice.made.id}
    assert browser.get(ACCOUNT).status_code == 200


def test_ending_the_other_sessions_keeps_the_current_one(alice):
    for _ in range(3):
        other_session_id(alice)
    browser = alice.browser()
    answer = browser.post("/auth/account/sessions/end-others/", follow=True)
    assert answer.status_code == 200
    assert sessions_of(alice) == {alice.made.id}


def test_ending_another_users_session_returns_404(alice, bob):
    assert alice.browser().post(f"/auth/account/sessions/{bob.made.id}/end/").status_code == 404
    assert sessions_of(bob) == {bob.made.id}


def test_typed_text_is_kept_when_the_session_has_ended(alice):
    from tests.posts.test_new import typed

    there = create_admin_client().users.create_session(alice.id)
    browser = alice.browser()
    browser.get("/posts/mine/")
    client_of_session(there.secret).account.delete_session(alice.made.id)
    answer = browser.post("/posts/new/", typed(content="Lang tekst"))
    assert answer.status_code == 403
    assert "Du ble logget ut. Teksten din er fortsatt her." in words(answer)
    assert "Lang tekst" in answer.content.decode()


def test_session_cookie_expires_after_thirty_days_without_a_visit(alice, monkeypatch):
    browser = alice.browser()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 31 * 24 * 3600)
    assert browser.get(ACCOUNT)["Location"].startswith("/auth/login/")


def test_weekly_visitor_stays_signed_in_until_the_session_ends(alice, monkeypatch):
    browser = alice.browser()
    now = time.time()
    for week in range(1, 9):
        monkeypatch.setattr(time, "time", lambda week=week: now + week * 7 * 24 * 3600)
        assert browser.get("/posts/mine/").status_code == 200
        # Appwrite sets the session's expiry time, which visits do not extend.
        assert alice.made.expire in browser.cookies[session.cookie_name()].value


def test_cookie_is_renewed_once_a_day(alice):
    browser = alice.browser()
    assert session.cookie_name() not in browser.get("/posts/mine/").cookies


def test_session_that_has_already_ended_does_not_prevent_ending_other_sessions(alice, monkeypatch):
    gone, _there = other_session_id(alice), other_session_id(alice)
    mine = AccountRepository(alice.appwrite)
    listed = sorted(mine.sessions(), key=lambda session: session.id != gone)
    mine.end_session(gone)
    monkeypatch.setattr(mine, "sessions", lambda: listed)
    mine.end_other_sessions()
    assert sessions_of(alice) == {alice.made.id}


def test_user_signed_out_by_the_session_limit_sees_a_note(alice, appwrite, guest):
    limit = {"X-Appwrite-Project": "biso", "X-Appwrite-Key": KEY}
    url = f"{appwrite.endpoint}/project/policies/session-limit"
    requests.patch(url, json={"total": 1}, headers=limit, timeout=20).raise_for_status()
    oldest = alice.browser()
    oldest.get("/posts/mine/")
    guest.post("/auth/login/", {"email": alice.email})
    guest.post("/auth/callback/", guest.get(appwrite.inbox.link(alice.email), follow=True).context["fields"])
    assert len(sessions_of(alice)) == 1
    session.forget_user(alice.secret)  # as if a minute had passed
    answer = oldest.get("/posts/mine/", follow=True)
    assert "Du ble logget ut." in words(answer)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("A\u030age Berg", "Åge Berg"),
        ("\ufeffKari\u00a0Nordmann\u200b", "Kari Nordmann"),
        ("Fa\u200dmily ❤\ufe0f", "Fa\u200dmily ❤\ufe0f"),
    ],
)
def test_name_is_stored_in_nfc_without_surrounding_invisible_characters(alice, typed, name):
    alice.browser().post("/auth/account/name/", {"name": typed})
    assert create_admin_client().users.get(alice.id).name == name
