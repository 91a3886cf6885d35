"""Another site cannot sign a visitor in as the attacker. To Chromium, 127.0.0.1 and localhost are different sites.

Mallory has an unused link, code or redirect from Microsoft, and lures a visitor to her page. The page cannot sign the
visitor in, and the link, code or redirect still works in Mallory's browser.
"""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from playwright.sync_api import Browser, Page, expect

from tests.browser.acts import (
    ask_for_a_code,
    ask_for_a_link,
    be_at_microsoft,
    expect_a_guest,
    expect_signed_in,
    go_to_microsoft,
    read_the_code,
)
from tests.browser.conftest import hand_over

pytestmark = pytest.mark.browser

MALLORY = "mallory@example.org"
FETCH = "fetch(document.currentScript.dataset.url, {mode: 'no-cors', credentials: 'include'}).catch(() => 0)"


class ForeignSite:
    """An attacker's site with a single page."""

    def __init__(self) -> None:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(site.page.encode())

            def log_message(self, *_: object) -> None:
                pass

        self.page = ""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> "ForeignSite":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def sends(self, url: str, **form: str) -> None:
        """Make the page submit the fields in `form` to `url` as soon as it loads."""
        fields = format_html_join("", '<input type="hidden" name="{}" value="{}">', form.items())
        self.page = format_html('<form method="post" action="{}">{}</form>', url, fields)
        self.page += "<script>document.forms[0].submit()</script>"

    def embeds(self, url: str) -> None:
        """Make the page request `url` in every way that needs no permission, and wait for all responses."""
        self.page = format_html('<img src="{0}"><iframe src="{0}"></iframe><link rel="stylesheet" href="{0}">', url)
        self.page += format_html('<script data-url="{}">{}</script>', url, mark_safe(FETCH))


@pytest.fixture
def foreign() -> Iterator[ForeignSite]:
    with ForeignSite() as site:
        yield site


@pytest.fixture
def victim(chromium: Browser, site: str) -> Iterator[Page]:
    """Return a page in a guest's browser.

    No test checks its console, which reports the requests that these tests expect to fail.
    """
    context = chromium.new_context(locale="nb-NO", base_url=site)
    yield context.new_page()
    context.close()


@pytest.fixture
def mallory(browse) -> Page:
    page: Page = browse()
    page.goto("/")
    return page


def open_attackers_page(victim: Page, foreign: ForeignSite) -> list[str]:
    """Open the attacker's page, wait until it is idle, and return the URLs that the browser requested."""
    requested_urls: list[str] = []
    victim.on("request", lambda request: requested_urls.append(request.url))
    victim.goto(foreign.url)
    victim.wait_for_load_state("networkidle")
    return requested_urls


def test_another_site_cannot_sign_a_visitor_in_with_a_link(emulator, site, mallory, victim, foreign):
    ask_for_a_link(mallory, MALLORY)
    (link,) = emulator.inbox.newest(MALLORY)["links"]
    foreign.embeds(link)
    assert open_attackers_page(victim, foreign).count(link) == 4
    expect_a_guest(victim)

    # If the visitor follows the link, our page asks first, and only its own button signs the visitor in.
    victim.goto(link)
    expect(victim.get_by_role("heading", level=1)).to_have_text("Er dette deg?")
    nonce = victim.locator("[name=nonce]").input_value()
    foreign.sends(f"{site}/auth/callback/", nonce=nonce)
    open_attackers_page(victim, foreign)
    expect(victim.get_by_role("heading", level=1)).to_have_text("Vi kunne ikke ta imot skjemaet")
    expect_a_guest(victim)

    mallory.goto(link)
    expect_signed_in(mallory)


def test_another_site_cannot_sign_a_visitor_in_with_a_code(emulator, site, mallory, victim, foreign):
    ask_for_a_code(mallory, MALLORY)
    code = read_the_code(mallory, emulator, MALLORY)
    requested_urls = [cookie for cookie in mallory.context.cookies() if cookie["name"] == "pending_login"]
    victim.context.add_cookies(requested_urls)  # the attack must fail even if the other site could set this cookie
    foreign.sends(f"{site}/auth/code/", code=code)
    open_attackers_page(victim, foreign)
    expect(victim.get_by_role("heading", level=1)).to_have_text("Vi kunne ikke ta imot skjemaet")
    expect_a_guest(victim)

    mallory.get_by_label("Kode, seks sifre").fill(code)  # the sixth digit submits the form
    expect_signed_in(mallory)


def test_another_site_cannot_sign_a_visitor_in_with_microsoft(site, mallory, victim, foreign):
    way_back = unused_way_back(mallory)
    foreign.embeds(way_back)
    assert open_attackers_page(victim, foreign).count(way_back) == 4
    expect_a_guest(victim)

    victim.goto(way_back)
    expect(victim.get_by_role("heading", level=1)).to_have_text("Innloggingen begynte et annet sted")
    expect_a_guest(victim)

    go_to_microsoft(victim)  # the attack must fail even if the visitor has just started to sign in
    victim.goto(way_back)
    expect(victim.get_by_role("heading", level=1)).to_have_text("Innloggingen begynte et annet sted")
    expect_a_guest(victim)

    foreign.sends(f"{site}/auth/oauth/", next="/posts/")  # the other site cannot start the sign-in either
    open_attackers_page(victim, foreign)
    expect(victim.get_by_role("heading", level=1)).to_have_text("Vi kunne ikke ta imot skjemaet")

    mallory.goto(way_back)
    expect_signed_in(mallory)


def unused_way_back(page: Page) -> str:
    """Return the callback URL to which Microsoft redirects this browser. Its secret has not been used."""
    go_to_microsoft(page)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    with page.expect_request(re.compile(r"/auth/oauth/callback/\?.*secret=")) as request:
        be_at_microsoft(page, "Noor Rahman")
    expect(page.get_by_role("heading", level=1)).to_have_text("Innloggingen begynte et annet sted")
    page.context.add_cookies(cookies)
    return str(request.value.url)


def test_another_site_cannot_submit_forms_for_a_signed_in_user(emulator, people, site, victim, foreign):
    ada = people["Ada"]
    hand_over(victim.context, ada, site)
    for path in ("/auth/login/", "/auth/logout/", "/auth/account/name/", "/auth/account/delete/"):
        foreign.sends(site + path, email=ada.email, name="Mallory")
        open_attackers_page(victim, foreign)
        expect(victim.get_by_role("heading", level=1)).to_have_text("Vi kunne ikke ta imot skjemaet")
    assert emulator.inbox.mails() == []
    victim.goto("/auth/account/")
    expect(victim.get_by_label("Navn")).to_have_value(ada.name)
