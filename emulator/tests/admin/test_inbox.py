"""The inbox: e-mails as pages, JSON and files."""

from pathlib import Path

import requests
from appwrite.services.account import Account
from appwrite.services.messaging import Messaging

from tests.conftest import CALLBACK, KEY, client


def test_emails_are_written_to_files(emulator, guest):
    Account(guest).create_email_token("ada", "ada@example.com")
    newest = max(Path(emulator.mails).glob("*.eml"))
    assert "To: ada@example.com" in newest.read_text()


def test_inbox_shows_an_email_as_html_text_and_source(emulator, guest):
    Account(guest).create_magic_url_token("ada", "ada@example.com", CALLBACK)
    [mail] = emulator.inbox.mails()
    page = f"{emulator.inbox.url}{mail['id']}/"
    assert "Open link" in requests.get(emulator.inbox.url, timeout=20).text
    assert "<iframe" in requests.get(page, timeout=20).text
    assert "Hello ," in requests.get(page, params={"view": "text"}, timeout=20).text
    assert "multipart/alternative" in requests.get(page, params={"view": "source"}, timeout=20).text
    assert CALLBACK in requests.get(f"{page}html", timeout=20).text


def test_inbox_can_be_emptied(emulator, guest):
    Account(guest).create_email_token("ada", "ada@example.com")
    requests.post(emulator.inbox.url, timeout=20).raise_for_status()
    assert emulator.inbox.mails() == []


def test_emails_are_filtered_and_deleted_by_address(emulator, guest):
    for name in ("ada", "bob"):
        Account(guest).create_email_token(name, f"{name}@example.com")
    assert [mail["to"] for mail in emulator.inbox.mails("Ada@Example.com")] == ["ada@example.com"]
    emulator.control("DELETE", "inbox.json", {"to": "ada@example.com"})
    assert [mail["to"] for mail in emulator.inbox.mails()] == ["bob@example.com"]


MANY = 205  # more than the 200 that the page shows


def user(n: int) -> dict[str, str]:
    return {"$id": f"user{n}", "email": f"user{n}@example.com"}


def test_json_contains_all_emails_and_the_page_shows_the_newest_200(emulator, guest):
    emulator.control("POST", "import", body={"format": "appwrite-emulator/1", "users": [user(n) for n in range(MANY)]})
    messaging = Messaging(client(emulator, key=KEY))
    messaging.create_smtp_provider("smtp", "SMTP", "localhost", from_email="us@example.com", enabled=True)
    messaging.create_email("news", "News", "Hello", users=[user(n)["$id"] for n in range(MANY)])
    assert len(emulator.inbox.mails()) == MANY
    assert f"Showing the newest 200 of {MANY}" in requests.get(emulator.inbox.url, timeout=20).text
