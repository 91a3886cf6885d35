"""From subscribing to unsubscribing. With scripts, the page that sends a post continues by itself."""

import re

import pytest
from playwright.sync_api import expect

from core.appwrite_client import create_admin_client
from tests.browser.acts import press, usually_with_scripts
from tests.pages import PUBLISHED

pytestmark = pytest.mark.browser

STARTED = {"startedAt": "2026-12-01T00:00:00Z", "recipients": 21, "sent": 20, "skipped": 0, "topic": "posts"}


@usually_with_scripts
def test_member_subscribes_gets_a_post_and_unsubscribes(browse, emulator, people, scripts):
    mikkel = browse(as_=people["Mikkel"], java_script_enabled=scripts)
    mikkel.goto("/auth/account/")
    mikkel.get_by_label("Send meg nye innlegg på e-post").select_option("Fra alle campus")
    press(mikkel, "Lagre valget")
    expect(mikkel.get_by_role("status")).to_contain_text("Du får nye innlegg på e-post.")

    # Ingrid looks at the preview. Another admin has started the mailing, and its first batch is sent.
    ingrid = browse(as_=people["Ingrid"], java_script_enabled=scripts)
    ingrid.goto(PUBLISHED)
    ingrid.get_by_role("link", name="Send til abonnenter").click()
    expect(ingrid.get_by_role("button", name="Send til 1 person")).to_be_visible()
    create_admin_client().db.create_row("app", "mailings", PUBLISHED.split("/")[2], STARTED)
    press(ingrid, "Send til 1 person")
    expect(ingrid.get_by_role("status")).to_contain_text("Sendt til 21 abonnenter")

    # Mikkel follows the link in the e-mail, in a browser where he is not signed in.
    [mail] = emulator.inbox.mails("mikkel@example.com")
    link = re.search(r'href="([^"]+/auth/unsubscribe/[^"]+)"', mail["html"])
    assert link is not None
    elsewhere = browse(java_script_enabled=scripts)
    elsewhere.goto(link[1])
    press(elsewhere, "Stopp e-postene")
    expect(elsewhere.get_by_role("status")).to_contain_text("Du får ikke flere e-poster om nye innlegg.")
    mikkel.reload()
    expect(mikkel.get_by_label("Send meg nye innlegg på e-post")).to_have_value("")


def test_mailing_continues_by_itself(browse, emulator, people):
    create_admin_client().db.create_row("app", "mailings", PUBLISHED.split("/")[2], STARTED)
    ingrid = browse(as_=people["Ingrid"])
    ingrid.goto(f"{PUBLISHED}send/")
    expect(ingrid.get_by_role("status")).to_contain_text("Sendt til 20 abonnenter")
