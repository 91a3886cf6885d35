"""The emulator's pages: one navigation, valid HTML, nothing that needs a script; a start that says what is where."""

import re

import pytest
import requests

from appwrite_emulator import SITE_KEY
from appwrite_emulator.testing import Refused
from tests.conftest import KEY
from tests.html_check import check

PAGES = ["inbox", "requests", "data", "clock", "faults", "coverage", "transfer", "reset"]


@pytest.fixture
def page(emulator, users, alice):
    """A page, where something has happened: page("faults")."""
    fault = {"operation": "users.get", "status": 503, "first": 2}
    requests.post(f"{emulator.origin}/_emulator/faults.json", json=fault, timeout=20).raise_for_status()
    alice.account.update_name("<b>Alice</b>")

    def read(name, **query):
        answer = requests.get(f"{emulator.origin}/_emulator/{name}", params=query, timeout=20)
        answer.raise_for_status()
        return answer.text

    return read


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_valid_and_says_where_one_is(page, name):
    text = page(f"{name}/")
    check(text, "en")
    assert re.findall(r'href="/_emulator/(\w+)/"(?= aria-current="page")', text) == [name]
    assert not re.search(r"""<style|\sstyle\s*=|\son\w+\s*=|<script(?![^>]*\ssrc=)|javascript:""", text)


@pytest.mark.parametrize("name", ["coverage/?service=client", "requests/?operation=users.*", "requests/?status=599"])
def test_so_it_is_in_its_other_states(page, name):
    check(page(name), "en")


@pytest.mark.parametrize("name", ["clock", "faults"])
def test_so_it_is_when_something_is_wrong(emulator, name):
    answer = requests.post(f"{emulator.origin}/_emulator/{name}/", data={"operation": "x"}, timeout=20)
    assert answer.status_code == 400
    check(answer.text, "en")


def test_the_start_says_how_to_reach_it_and_what_is_where(emulator, page):
    text = page("")
    check(text, "en")
    for word in (emulator.endpoint, "biso", SITE_KEY, KEY, "127.0.0.1"):
        assert word in text
    assert re.findall(r'<li><a href="/_emulator/(\w+)/"', text) == PAGES


def test_the_navigation_leads_everywhere(emulator, page):
    for name in re.findall(r'<a href="(/_emulator/\w+/)"', page("").partition("</header>")[0]):
        assert requests.get(emulator.origin + name, timeout=20).status_code == 200


@pytest.mark.parametrize("path", ["/", "/_emulator", "/_emulator/inbox", "/_emulator/data/users/alice"])
def test_who_leaves_out_a_slash_or_all_of_it_comes_to_a_page(emulator, page, path):
    check(page(""), "en")
    answer = requests.get(emulator.origin + path, timeout=20)
    assert (answer.status_code, answer.url) == (200, f"{emulator.origin}{'/_emulator' if path == '/' else path}/")


@pytest.mark.parametrize("path", ["nothing/", "inbox/gone/", "data/users/nobody/", "data/nothing/"])
def test_where_nothing_is_a_page_leads_on(emulator, path):
    answer = requests.get(f"{emulator.origin}/_emulator/{path}", timeout=20)
    assert answer.status_code == 404
    check(answer.text, "en")
    assert "Page not found" in answer.text
    assert 'href="/_emulator/data/"' in answer.text


def test_a_program_is_told_in_a_sentence_that_nothing_is_there(emulator):
    for method, page in (("GET", "nothing.json"), ("POST", "inbox"), ("GET", "reset")):
        with pytest.raises(Refused, match=r"Nothing found at /_emulator/|HTTP Error 405: Method Not Allowed"):
            emulator.control(method, page)
