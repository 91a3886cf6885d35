"""The emulator's own side: reset, checkpoint, clock, inbox, the stand-in sign-in page, start and end."""

import datetime
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from appwrite.enums.o_auth_provider import OAuthProvider
from appwrite.services.account import Account
from appwrite.services.messaging import Messaging
from appwrite.services.users import Users

from appwrite_emulator.testing import Emulator
from tests.conftest import CALLBACK, KEY, ROOT, client


def test_reset_returns_to_the_first_day_and_sets_the_clock_right(emulator, users, alice):
    emulator.clock.advance(86400)
    emulator.reset()
    assert users.list().total == 0
    shown = requests.get(f"{emulator.origin}/_emulator/clock", timeout=20).json()["now"]
    assert abs(datetime.datetime.fromisoformat(shown).timestamp() - time.time()) < 60


def test_the_clock_moves_to_a_moment(emulator, users):
    clock = f"{emulator.origin}/_emulator/clock"
    requests.post(clock, json={"now": "2030-01-01T00:00:00Z"}, timeout=20).raise_for_status()
    assert users.create("ada").createdat.startswith("2030-01-01T00:00:0")
    assert requests.post(clock, json={"later": 1}, timeout=20).status_code == 400


def test_reset_returns_to_the_checkpoint():
    with Emulator(key=KEY) as own:
        users = Users(client(own, key=KEY))
        users.create("ada")
        own.checkpoint()
        users.create("bert")
        users.delete("ada")
        own.reset()
        assert [user.id for user in users.list().users] == ["ada"]


def test_checkpoints_have_names():
    with Emulator(key=KEY) as own:
        users = Users(client(own, key=KEY))
        users.create("ada")
        own.checkpoint("one")
        users.create("bert")
        own.checkpoint("two")
        for name, there in (("one", {"ada"}), ("two", {"ada", "bert"}), ("", set())):
            own.reset(name)
            assert {user.id for user in users.list().users} == there
        assert requests.post(f"{own.origin}/_emulator/reset?name=three", timeout=20).status_code == 404


def test_what_is_stored_is_there_after_a_restart(tmp_path):
    data = tmp_path / "emulator.sqlite3"
    with Emulator(key=KEY, data=data) as first:
        Users(client(first, key=KEY)).create("ada", name="Ada")
    with Emulator(key=KEY, data=data) as second:
        assert Users(client(second, key=KEY)).get("ada").name == "Ada"


def test_it_ends_when_its_standard_input_closes():
    emulator = Emulator()
    emulator.start()
    emulator.stop()
    assert emulator.process.returncode == 0


def test_it_does_not_listen_to_others_without_being_told():
    command = [sys.executable, "-m", "appwrite_emulator", "--host", "0.0.0.0", "--port", "0", "--ephemeral"]
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    assert refused.returncode == 2
    assert "--expose" in refused.stdout


def test_mails_are_files_too(emulator, guest):
    Account(guest).create_email_token("ada", "ada@example.com")
    newest = max(Path(emulator.mails).glob("*.eml"))
    assert "To: ada@example.com" in newest.read_text()


def test_the_inbox_shows_a_mail_as_html_text_and_source(emulator, guest):
    Account(guest).create_magic_url_token("ada", "ada@example.com", CALLBACK)
    [mail] = emulator.inbox.mails()
    page = f"{emulator.inbox.url}{mail['id']}/"
    assert "Open the link" in requests.get(emulator.inbox.url, timeout=20).text
    assert "<iframe" in requests.get(page, timeout=20).text
    assert "Hello ," in requests.get(page, params={"view": "text"}, timeout=20).text
    assert "multipart/alternative" in requests.get(page, params={"view": "source"}, timeout=20).text
    assert CALLBACK in requests.get(f"{page}html", timeout=20).text


def test_the_inbox_can_be_emptied(emulator, guest):
    Account(guest).create_email_token("ada", "ada@example.com")
    requests.post(emulator.inbox.url, timeout=20).raise_for_status()
    assert emulator.inbox.mails() == []


def test_what_went_to_one_address_is_found_and_taken_away_alone(emulator, guest):
    for name in ("ada", "bob"):
        Account(guest).create_email_token(name, f"{name}@example.com")
    assert [mail["to"] for mail in emulator.inbox.mails("Ada@Example.com")] == ["ada@example.com"]
    emulator.control("DELETE", "inbox.json", {"to": "ada@example.com"})
    assert [mail["to"] for mail in emulator.inbox.mails()] == ["bob@example.com"]


def test_the_inbox_as_json_has_every_mail_and_the_page_says_of_how_many_it_shows_the_newest(emulator, guest):
    emulator.control("POST", "import", body={"format": "appwrite-emulator/1", "users": [user(n) for n in range(MANY)]})
    messaging = Messaging(client(emulator, key=KEY))
    messaging.create_smtp_provider("smtp", "SMTP", "localhost", from_email="us@example.com", enabled=True)
    messaging.create_email("news", "News", "Hello", users=[user(n)["$id"] for n in range(MANY)])
    assert len(emulator.inbox.mails()) == MANY
    assert f"The newest 200 of {MANY}" in requests.get(emulator.inbox.url, timeout=20).text


MANY = 205  # more than the page shows


def user(n: int) -> dict[str, str]:
    return {"$id": f"user{n}", "email": f"user{n}@example.com"}


def test_another_website_cannot_reset_it(emulator):
    answer = requests.post(f"{emulator.origin}/_emulator/reset", headers={"Origin": "https://evil.example"}, timeout=20)
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["export", "inbox.json", "data/"])
def test_nor_does_it_read_here_by_a_name_of_its_own_that_leads_to_this_machine(emulator, path):
    """DNS rebinding: to the browser it is that website's own page."""
    there = f"{emulator.origin}/_emulator/{path}"
    assert requests.get(there, headers={"Host": "rebound.example:9100"}, timeout=20).status_code == 403
    assert requests.get(there, headers={"Host": "localhost:9100"}, timeout=20).status_code == 200


@pytest.fixture
def microsoft(guest):
    """Where Microsoft's sign-in would be, as the site sends people there, and the fields of its form."""
    url = Account(guest).create_o_auth2_token(OAuthProvider.MICROSOFT, CALLBACK, "http://localhost/failed")
    page, _, query = url.partition("?")
    return page, dict(pair.split("=", 1) for pair in requests.compat.unquote(query).split("&") if "=" in pair)


def press(microsoft, **fields):
    """Press a button there and follow the browser's way back as far as the emulator itself leads."""
    page, hidden = microsoft
    answer = requests.post(page, data={**hidden, **fields}, allow_redirects=False, timeout=20)
    while (location := answer.headers.get("location", "")).startswith("http://127.0.0.1"):
        answer = requests.get(location, allow_redirects=False, timeout=20)
    return answer


def query_of(answer):
    parts = requests.compat.urlparse(answer.headers["location"])
    return {name: requests.compat.unquote_plus(v) for name, v in (p.split("=", 1) for p in parts.query.split("&"))}


def test_microsofts_stand_in_offers_people_and_asks_for_consent(microsoft):
    page, hidden = microsoft
    assert "Ingrid Berg" in requests.get(page, params=hidden, timeout=20).text
    consent = press(microsoft, act="choose", name="Ada", email="ada@example.com")
    assert "Accept" in consent.text


def test_who_accepts_arrives_with_a_secret_that_signs_in_within_a_minute(emulator, server, microsoft, refused):
    got = query_of(press(microsoft, act="accept", name="Ada", email="ada@example.com"))
    session = Account(server).create_session(got["userId"], got["secret"])
    ada = Account(client(emulator, session=session.secret))
    assert (session.provider, ada.get().name, ada.get().emailverification) == ("microsoft", "Ada", True)
    assert ada.list_identities().identities[0].provideremail == "ada@example.com"
    again = query_of(press(microsoft, act="accept", name="Ada", email="ada@example.com"))
    assert again["userId"] == got["userId"]
    emulator.clock.advance(61)
    with refused("user_invalid_token", 401):
        Account(server).create_session(again["userId"], again["secret"])


@pytest.mark.parametrize("act", ["cancel", "fail"])
def test_who_cancels_or_fails_arrives_at_the_failure_page(microsoft, act):
    answer = press(microsoft, act=act)
    assert answer.headers["location"].startswith("http://localhost/failed")
    assert "user_oauth2_provider_error" in query_of(answer)["error"]


def test_an_address_that_has_an_account_is_refused_as_microsoft_verifies_none(users, microsoft):
    users.create("ada", email="ada@example.com")
    answer = press(microsoft, act="accept", name="Ada", email="ada@example.com")
    assert "general_bad_request" in query_of(answer)["error"]


def test_the_stand_in_sends_codes_nowhere_else(emulator):
    page = f"{emulator.origin}/_emulator/microsoft/authorize"
    answer = requests.get(page, params={"redirect_uri": "https://evil.example/", "state": "x"}, timeout=20)
    assert answer.status_code == 400
