"""Sending a post to subscribers: with scripts, the page sends batch after batch by itself."""

import pytest
from playwright.sync_api import expect

from accounts.repositories.subscriptions import SubscriptionRepository
from core.appwrite_client import create_admin_client
from tests.browser.acts import press, usually_with_scripts
from tests.pages import PUBLISHED

pytestmark = pytest.mark.browser

SENT = {"startedAt": "2026-12-01T00:00:00Z", "recipients": 21, "sent": 20, "skipped": 0, "topic": "posts"}


@usually_with_scripts
def test_mailing_continues_and_reaches_its_end(browse, emulator, people, scripts):
    client = create_admin_client()
    SubscriptionRepository(client).subscribe(people["Mikkel"].id, "posts")
    client.db.create_row("app", "mailings", PUBLISHED.split("/")[2], SENT)  # as after the first batch
    ingrid = browse(as_=people["Ingrid"], java_script_enabled=scripts)
    ingrid.goto(f"{PUBLISHED}send/")
    if not scripts:
        expect(ingrid.get_by_role("progressbar")).to_be_visible()
        press(ingrid, "Fortsett")
    expect(ingrid.get_by_role("status")).to_contain_text("Sendt til 21 abonnenter")
    assert [mail["to"] for mail in emulator.inbox.mails()] == ["mikkel@example.com"]
