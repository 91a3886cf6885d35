"""Fixtures: headless Chromium for the emulator's pages and the Web SDK."""

import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ARGUMENTS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
ARGUMENTS += " --disable-component-update --disable-sync"
PACKAGES = Path(__file__).parent.parent / "node" / "node_modules"
NEEDS_SDKS = [
    pytest.mark.browser,
    pytest.mark.node,
    pytest.mark.skipif(not PACKAGES.is_dir(), reason="“make node” fetches the Web SDKs."),
]
"""Pytest marks for tests that use Appwrite's Web SDK."""
TIMEOUT = 20_000  # milliseconds, long enough for a busy machine


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    # The headless shell is Chromium without its user interface. With it, the tests take a third less time.
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is not installed. Run `apt-get install chromium-headless-shell`; .ci/run does so.")
    expect.set_options(timeout=TIMEOUT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS.split())
        yield browser
        browser.close()


@pytest.fixture
def browse(chromium: Browser, emulator: Any) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page in a new browser context.

    The test fails if a page logs an error or a warning, or sends a request to another server.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(**options: Any) -> Page:
        context = chromium.new_context(reduced_motion="reduce", **options)
        context.set_default_timeout(TIMEOUT)
        context.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text))
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("request", lambda sent: sent.url.startswith(emulator.origin) or complaints.append(sent.url))
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def sdk_page(chromium: Browser, tmp_path: Path) -> Iterator[Callable[[str], Page]]:
    """Return a function that opens a page at http://localhost with the Web SDK from the named npm package.

    The page can call the API because the project's platforms allow this origin.
    """
    (tmp_path / "index.html").write_text("<!doctype html><script src=sdk.js></script>", encoding="utf-8")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with chromium.new_context() as context:
            context.set_default_timeout(TIMEOUT)

            def open_page(package: str) -> Page:
                shutil.copy(PACKAGES / package / "dist" / "iife" / "sdk.js", tmp_path)
                page = context.new_page()
                page.goto(f"http://localhost:{server.server_port}/index.html")
                return page

            yield open_page
        server.shutdown()
