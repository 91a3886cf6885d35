"""The README's browser example works on a page at http://localhost."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from tests.test_examples import emulator_of_the_readme, readme_example

pytestmark = pytest.mark.browser


def test_example_creates_the_first_row_in_the_browser(chromium, tmp_path):
    """A local web server serves the page, because Chromium allows only local pages to connect to 127.0.0.1."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with emulator_of_the_readme() as emulator, ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        (tmp_path / "index.html").write_text(
            f"<!doctype html><body>{readme_example('html', emulator)}", encoding="utf-8"
        )
        with chromium.new_context() as context:
            page = context.new_page()
            page.goto(f"http://localhost:{server.server_port}/")
            expect(page.locator("body")).to_have_text("Hello from the browser")
        server.shutdown()
