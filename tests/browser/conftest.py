"""Real Chromium in front of the site as it is deployed: gunicorn, whitenoise, DEBUG off, over the emulator.

Everything here is kept for this folder and ended after it: Playwright's event loop would be in the way of other tests.
"""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.http import HttpResponse
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from accounts import session
from appwrite_emulator.testing import Emulator
from tests.demo_data import demo_users
from tests.site import Site
from tests.users import Person

ARGUMENTS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
ARGUMENTS += " --disable-component-update --disable-sync"
# Nobody sees the address bar, whose two pages of their own are a third of what a new browser costs; the next renderer
# is started when it is needed. The list takes the place of Playwright's: what matters here of that comes after.
ARGUMENTS += " --disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,SpareRendererForSitePerProcess"
ARGUMENTS += ",AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,PaintHolding"
PATIENCE = 20_000  # milliseconds: more than the site's own patience with Appwrite, on a busy machine


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    # The headless shell is the same engine without the browser around it, and needs a third less time.
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is not installed. Run `apt-get install chromium-headless-shell`; .ci/run does so.")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS.split())
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def deployed(chromium: Browser, appwrite_process: Emulator) -> Iterator[tuple[Emulator, Site, dict[str, Person]]]:
    """Start an Appwrite with the demo content and the site in front of it, and sign in the people of the demo."""
    people = demo_users(appwrite_process)
    with Site(appwrite_process.endpoint) as site:
        yield appwrite_process, site, people


@pytest.fixture(scope="package")
def cut_off(deployed: tuple[Emulator, Site, dict[str, Person]]) -> Iterator[Site]:
    """Start the same site with an unreachable Appwrite."""
    with Site() as site:
        yield site


@pytest.fixture
def emulator(deployed, settings) -> Emulator:
    """Reset Appwrite to the demo content."""
    emulator, site, _ = deployed
    emulator.reset("demo")
    site.forget()
    settings.APPWRITE_ENDPOINT = emulator.endpoint
    return emulator


@pytest.fixture
def site(deployed, emulator) -> str:
    """The site's address."""
    return str(deployed[1].url)


@pytest.fixture
def people(deployed, emulator) -> dict[str, Person]:
    """Return the people of the demo by their first names: Ada and Mikkel write, Ingrid is an admin."""
    return dict(deployed[2])


class ConsoleWatcher:
    """Collects the problems that a browser reports.

    These are console errors (violations of the security policy among them), exceptions in scripts, and requests to
    other sites.
    """

    def __init__(self, context: BrowserContext, ours: set[str]) -> None:
        self._complaints: list[tuple[str, str]] = []  # what, and about which address
        self._documents: set[str] = set()
        self._ours = ours
        context.on("console", self._console)
        context.on("weberror", lambda error: self._complaints.append((f"exception: {error.error}", "")))
        context.on("request", self._request)
        context.on("response", self._response)

    def complaints(self) -> list[str]:
        """Return the problems since the last call."""
        # The console also reports pages that are meant to be a 404, and error responses that a script handles. Those
        # are not problems.
        problems = [
            f"{text} {url}".strip()
            for text, url in self._complaints
            if not (text.startswith("Failed to load resource") and url in self._documents)
        ]
        self._complaints.clear()
        return problems

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._complaints.append((message.text, message.location["url"]))

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if f"{parts.scheme}://{parts.netloc}" not in self._ours:
            self._complaints.append(("a request to", request.url))

    def _response(self, response: Response) -> None:
        if response.request.is_navigation_request() or response.request.resource_type == "fetch":
            self._documents.add(response.url)


# Pages fade into each other, and a click would wait for the end of that.
HABITS = {"locale": "nb-NO", "reduced_motion": "reduce"}


@pytest.fixture
def browse(chromium, deployed, site) -> Iterator[Callable[..., Page]]:
    """browse() opens a browser of its own, with no cookie in it, and gives its first page; `as_` signs somebody in.

    At the end no browser may have complained of anything.
    """
    emulator, served, _ = deployed
    opened: list[tuple[BrowserContext, ConsoleWatcher]] = []

    def browser(*, as_: Person | None = None, **options: Any) -> Page:
        context = chromium.new_context(**{**HABITS, "base_url": site, **options})
        context.set_default_timeout(PATIENCE)
        opened.append((context, ConsoleWatcher(context, {served.url, emulator.origin})))
        if as_ is not None:
            hand_over(context, as_, site)
        return context.new_page()

    yield browser
    complaints = []
    for context, watcher in opened:
        complaints += watcher.complaints()
        context.close()
    assert complaints == []


def hand_over(context: BrowserContext, person: Person, site: str) -> None:
    """Put the person's session into the browser, as the site would at sign-in."""
    response = HttpResponse()
    session.sign_in(response, person.made)
    name = session.cookie_name()
    context.add_cookies([{"name": name, "value": response.cookies[name].value, "url": site, "httpOnly": True}])


@pytest.fixture
def page(browse) -> Page:
    """A guest's browser."""
    return browse()


@contextmanager
def hanging(emulator: Emulator) -> Iterator[None]:
    """Make Appwrite accept connections without answering during the block."""
    os.kill(emulator.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(emulator.process.pid, signal.SIGCONT)
