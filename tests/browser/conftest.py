"""Chromium, and the site as deployed (gunicorn, WhiteNoise, DEBUG off) with the emulator.

The fixtures have package scope, because Playwright's event loop would disturb the tests outside this folder.
"""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
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
from tests.conftest import PATIENT
from tests.demo_data import demo_users
from tests.site import PATIENT_SITE, RUNNING, Site
from tests.users import Person

ARGUMENTS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
ARGUMENTS += " --disable-component-update --disable-sync"
# The first three features only cost time: the address bar's two internal pages take a third of a browser's start-up
# time, and no test needs a spare renderer. The list replaces Playwright's own list, so it also contains those features.
ARGUMENTS += " --disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,SpareRendererForSitePerProcess"
ARGUMENTS += ",AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,PaintHolding"
PATIENCE = 60_000  # milliseconds; longer than the site waits for Appwrite (patient_site.py), even on a busy machine
SLOW = os.environ.get("SLOW", "")  # see CONTRIBUTING.md


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    # With the headless shell, which is the same engine without a user interface, the tests take a third less time.
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
    """Start the emulator with the demo content and the site in front of it, and sign in the demo users."""
    people = demo_users(appwrite_process)
    with Site(appwrite_process.endpoint, application=PATIENT_SITE, SLOW=SLOW) as site:
        yield appwrite_process, site, people


@pytest.fixture(scope="package")
def cut_off(deployed: tuple[Emulator, Site, dict[str, Person]]) -> Iterator[Site]:
    """Start a second site that cannot reach Appwrite."""
    with Site() as site:
        yield site


@pytest.fixture(scope="package")
def editors_publish(deployed: tuple[Emulator, Site, dict[str, Person]]) -> Iterator[Site]:
    """Start a second site, on which only editors can publish."""
    emulator, _, _ = deployed
    with Site(emulator.endpoint, application=PATIENT_SITE, SLOW=SLOW, POSTS_WRITERS="label:editor") as site:
        yield site


@pytest.fixture
def emulator(deployed, settings) -> Emulator:
    """Reset Appwrite to the demo content."""
    emulator, site, _ = deployed
    if emulator.process.pid in _HAD_AN_OUTAGE:
        # The site's circuit breaker remembers the failures of the outage.
        site.restart()
        _HAD_AN_OUTAGE.clear()
    emulator.reset("demo")
    for each in RUNNING:
        each.forget()
    cache.clear()  # the test process has its own rate limits for the e-mails that it requests
    settings.APPWRITE_ENDPOINT = emulator.endpoint
    settings.APPWRITE_TIMEOUT = PATIENT
    return emulator


@pytest.fixture
def site(deployed, emulator) -> str:
    """Return the site's URL."""
    return str(deployed[1].url)


@pytest.fixture
def people(deployed, emulator) -> dict[str, Person]:
    """Return the demo users by first name: Ada and Mikkel write, Ingrid is an admin."""
    return dict(deployed[2])


class ConsoleWatcher:
    """Collect the problems that a browser reports.

    These are console errors (including violations of the content security policy), exceptions in scripts, and
    requests to other sites.
    """

    def __init__(self, context: BrowserContext, emulator: Emulator) -> None:
        self._complaints: list[tuple[str, str]] = []  # (problem, the URL that caused it)
        self._documents: set[str] = set()
        self._emulator = emulator
        context.on("console", self._console)
        context.on("weberror", lambda error: self._complaints.append((f"exception: {error.error}", "")))
        context.on("request", self._request)
        context.on("response", self._response)

    def complaints(self) -> list[str]:
        """Return the problems reported since the previous call."""
        # The console also reports intentional 404 pages and error responses that a script handles. This method ignores
        # them.
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
        if f"{parts.scheme}://{parts.netloc}" not in {self._emulator.origin, *(site.url for site in RUNNING)}:
            self._complaints.append(("a request to", request.url))

    def _response(self, response: Response) -> None:
        if response.request.is_navigation_request() or response.request.resource_type == "fetch":
            self._documents.add(response.url)


# Without reduced motion, pages fade into each other, and each click has to wait for the end of the transition.
HABITS = {"locale": "nb-NO", "reduced_motion": "reduce"}


@pytest.fixture
def browse(chromium, deployed, site) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a browser without cookies and returns its first page.

    Pass `as_` to sign a person in, and `base_url` to use a site other than `deployed`. The test fails at its end if any
    browser has reported a problem.
    """
    emulator, _, _ = deployed
    opened: list[tuple[BrowserContext, ConsoleWatcher]] = []

    def browser(*, as_: Person | None = None, **options: Any) -> Page:
        context = chromium.new_context(**{**HABITS, "base_url": site, **options})
        context.set_default_timeout(PATIENCE)
        if SLOW == "cpu":
            context.on("page", slow_down)
        opened.append((context, ConsoleWatcher(context, emulator)))
        if as_ is not None:
            hand_over(context, as_, site)
        return context.new_page()

    yield browser
    complaints = []
    for context, watcher in opened:
        complaints += watcher.complaints()
        context.close()
    assert complaints == []


def slow_down(page: Page) -> None:
    """Slow down the page's scripts and layout by a factor of six."""
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 6})


def hand_over(context: BrowserContext, person: Person, site: str) -> None:
    """Set the person's session cookie in the browser, as the site does at sign-in."""
    response = HttpResponse()
    session.sign_in(response, person.made)
    name = session.cookie_name()
    context.add_cookies([{"name": name, "value": response.cookies[name].value, "url": site, "httpOnly": True}])


@pytest.fixture
def page(browse) -> Page:
    """Return a page in a guest's browser."""
    return browse()


@contextmanager
def outage(emulator: Emulator) -> Iterator[None]:
    """Make Appwrite stop responding until the block ends.

    During the block, the site waits for Appwrite only as long as a deployed site does.
    """
    with ExitStack() as sites:
        for site in RUNNING:
            sites.enter_context(site.impatient())
        sites.enter_context(hanging(emulator))
        yield


_HAD_AN_OUTAGE: set[int] = set()  # process ids of emulators


@contextmanager
def hanging(emulator: Emulator) -> Iterator[None]:
    """Make Appwrite accept connections but not respond until the block ends. The next test restarts the site."""
    _HAD_AN_OUTAGE.add(emulator.process.pid)
    os.kill(emulator.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(emulator.process.pid, signal.SIGCONT)
