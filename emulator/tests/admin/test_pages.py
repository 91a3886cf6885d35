"""The emulator's pages: the start page, navigation, and valid HTML that works without scripts."""

import html
import re
import subprocess
import sys

import pytest
import requests

from appwrite_emulator.testing import EmulatorError
from tests.conftest import KEY
from tests.html_check import check

PAGES = ["inbox", "requests", "data", "clock", "faults", "coverage", "transfer", "reset"]


@pytest.fixture
def page(emulator, users, alice):
    """Add some data to the emulator. Return a function that reads one of its pages: `page("faults/")`."""
    fault = {"operation": "users.get", "status": 503, "first": 2}
    requests.post(f"{emulator.origin}/_emulator/faults.json", json=fault, timeout=20).raise_for_status()
    alice.account.update_name("<b>Alice</b>")

    def read(name, **query):
        response = requests.get(f"{emulator.origin}/_emulator/{name}", params=query, timeout=20)
        response.raise_for_status()
        return response.text

    return read


@pytest.mark.parametrize("name", PAGES)
def test_page_is_valid_html_and_marked_in_the_navigation(page, name):
    text = page(f"{name}/")
    check(text, "en")
    assert re.findall(r'href="/_emulator/(\w+)/"(?= aria-current="page")', text) == [name]
    assert not re.search(r"""<style|\sstyle\s*=|\son\w+\s*=|<script(?![^>]*\ssrc=)|javascript:""", text)


@pytest.mark.parametrize("name", ["coverage/?service=client", "requests/?operation=users.*", "requests/?status=599"])
def test_filtered_pages_are_valid_html(page, name):
    check(page(name), "en")


@pytest.mark.parametrize("name", ["clock", "faults"])
def test_pages_that_show_errors_are_valid_html(emulator, name):
    response = requests.post(f"{emulator.origin}/_emulator/{name}/", data={"operation": "x"}, timeout=20)
    assert response.status_code == 400
    check(response.text, "en")


def test_style_sheets_load_no_fonts_or_images(page):
    """The emulator does not serve them, and the pages' content security policy forbids such requests."""
    styles = [page(path.removeprefix("/_emulator/")) for path in re.findall(r'href="([^"]+\.css)"', page("inbox/"))]
    assert len(styles) == 2
    assert not any("@font-face" in style or "url(" in style for style in styles)


def test_start_page_shows_endpoint_project_keys_and_pages(emulator, page):
    text = page("")
    check(text, "en")
    for word in (emulator.endpoint, "default", KEY, "127.0.0.1"):
        assert word in text
    assert re.findall(r'<li><a href="/_emulator/(\w+)/"', text) == PAGES


SDK_NAMES = ["python", "node", "web", "flutter", "react-native", "dart", "php", "ruby", "dotnet", "cli", "curl"]
CLIENT_SDKS = {"web", "flutter", "react-native"}


def snippets(text: str) -> list[str]:
    """Return what the start page's buttons copy: an install command (not for curl), code and `.env` lines."""
    return [html.unescape(text) for text in re.findall(r'data-copy="([^"]*)"', text)]


@pytest.mark.parametrize("sdk", SDK_NAMES)
def test_start_page_shows_how_to_connect_each_sdk(emulator, page, sdk):
    text = page("", sdk=sdk)
    check(text, "en")
    assert re.findall(r'href="\?sdk=([\w-]+)#sdk"', text) == SDK_NAMES
    code = snippets(text)[-2]
    assert emulator.endpoint in code
    assert (KEY in code) == (sdk not in CLIENT_SDKS)
    assert code in html.unescape(text.replace(f'data-copy="{html.escape(code)}"', ""))


def test_python_snippet_runs(emulator, page):
    done = subprocess.run([sys.executable, "-c", snippets(page(""))[1]], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "['<b>Alice</b>']\n"), done.stderr


def test_start_page_shows_the_lines_of_an_env_file(emulator, page):
    lines = dict(line.split("=", 1) for line in snippets(page(""))[-1].splitlines())
    assert lines["APPWRITE_ENDPOINT"] == lines["VITE_APPWRITE_ENDPOINT"] == emulator.endpoint
    assert lines["APPWRITE_PROJECT_ID"] == lines["NEXT_PUBLIC_APPWRITE_PROJECT_ID"] == "default"
    assert [name for name, value in lines.items() if value == KEY] == ["APPWRITE_API_KEY"]


def test_snippets_quote_keys_in_the_syntax_of_their_language(run_in_emulator):
    written = run_in_emulator(
        r"""
from appwrite_emulator.admin import snippets
key = 'a"b$c#d\\'
names = ("python", "php", "ruby", "curl")
print(json.dumps([snippets.code(snippets.find(name), "http://localhost/v1", "p", key) for name in names]))
"""
    )
    quoted = ['"a\\"b$c#d\\\\"', '"a\\"b\\$c#d\\\\"', '"a\\"b$c\\#d\\\\"', "'a\"b$c#d\\'"]
    assert [key for key, code in zip(quoted, written, strict=True) if key not in code] == []


def test_navigation_links_work(emulator, page):
    for name in re.findall(r'<a href="(/_emulator/\w+/)"', page("").partition("</header>")[0]):
        assert requests.get(emulator.origin + name, timeout=20).status_code == 200


@pytest.mark.parametrize("path", ["/", "/_emulator", "/_emulator/inbox", "/_emulator/data/users/alice"])
def test_missing_slash_or_path_redirects_to_a_page(emulator, page, path):
    check(page(""), "en")
    response = requests.get(emulator.origin + path, timeout=20)
    assert (response.status_code, response.url) == (200, f"{emulator.origin}{'/_emulator' if path == '/' else path}/")


@pytest.mark.parametrize("path", ["nothing/", "inbox/gone/", "data/users/nobody/", "data/nothing/"])
def test_not_found_page_has_the_navigation(emulator, path):
    response = requests.get(f"{emulator.origin}/_emulator/{path}", timeout=20)
    assert response.status_code == 404
    check(response.text, "en")
    assert "Page not found" in response.text
    assert 'href="/_emulator/data/"' in response.text


def test_control_client_reports_unknown_pages(emulator):
    for method, page in (("GET", "nothing.json"), ("POST", "inbox"), ("GET", "reset")):
        with pytest.raises(EmulatorError, match=r"There is no page at /_emulator/|HTTP Error 405: Method Not Allowed"):
            emulator.control(method, page)
