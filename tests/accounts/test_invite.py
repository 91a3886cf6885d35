"""/auth/invite/: joining a team one was invited to."""

from urllib.parse import urlsplit

import pytest

from biso_site.appwrite_client import create_admin_client
from tests.people import Browser, words

INVITE = "/auth/invite/"


@pytest.fixture
def invited(appwrite, alice):
    """invited(address) has Alice invite somebody to her team; gives the mailed link, as a path of this site."""

    def link(email: str = "ola@example.com") -> str:
        team = alice.appwrite.teams.create("unique()", "Redaksjonen")
        url = "http://localhost/auth/invite/"
        alice.appwrite.teams.create_membership(team.id, ["member"], email=email, url=url)
        mailed = urlsplit(appwrite.inbox.link(email))
        return f"{mailed.path}?{mailed.query}"

    return link


def accept(browser: Browser, page):
    return browser.post(INVITE, page.context["fields"])


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/api/auth/check").json()["isAuthenticated"]


def test_looking_joins_nothing_and_the_secret_leaves_the_address_bar(guest, invited, alice):
    link = invited()
    answer = guest.get(link)
    assert (answer["Location"], answer["Referrer-Policy"]) == (INVITE, "no-referrer")
    assert "Redaksjonen" in words(guest.get(INVITE))
    Browser().get(link, follow=True)  # a mail scanner
    assert not is_signed_in(guest)
    (team,) = alice.appwrite.teams.list().teams
    assert team.total == 1


def test_the_button_joins_and_signs_in(guest, invited, alice):
    answer = accept(guest, guest.get(invited(), follow=True))
    assert answer["Location"] == "/"
    assert is_signed_in(guest)
    assert guest.get("/posts/mine/").wsgi_request.user.email == "ola@example.com"
    (team,) = alice.appwrite.teams.list().teams
    assert team.total == 2


def test_the_link_works_once(guest, invited):
    link = invited()
    accept(guest, guest.get(link, follow=True))
    elsewhere = Browser()
    answer = accept(elsewhere, elsewhere.get(link, follow=True))
    assert (answer.status_code, answer.context["reason"]) == (410, "used")
    assert not is_signed_in(elsewhere)


def test_whoever_is_signed_in_as_somebody_else_is_told(bob, invited):
    browser = bob.browser()
    answer = browser.get(invited(), follow=True)
    assert (answer.status_code, answer.context["reason"]) == (409, "other")
    assert browser.get("/posts/mine/").wsgi_request.user.id == bob.id


def test_whoever_is_signed_in_as_the_invited_joins(bob, invited):
    browser = bob.browser()
    accept(browser, browser.get(invited(bob.email), follow=True))
    assert is_signed_in(browser)
    assert bob.made.id not in {each.id for each in create_admin_client().users.list_sessions(bob.id).sessions}


def test_whoever_is_blocked_is_told_and_not_called_signed_in(guest, invited, mallory):
    answer = guest.post(INVITE, guest.get(invited(mallory.email), follow=True).context["fields"], follow=True)
    assert answer.status_code == 200
    assert "Kontoen din er sperret" in words(answer)
    assert not is_signed_in(guest)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?secret=a",
        "?userId=../users&secret=a&membershipId=b&teamId=c",
        "?userId=a&secret=b&membershipId=c&teamId=d/e",
    ],
)
def test_a_link_that_is_not_whole_says_so(guest, query):
    answer = guest.get(INVITE + query, follow=True)
    assert (answer.status_code, answer.context["reason"]) == (400, "incomplete")


def test_an_invitation_nobody_knows_says_so(guest):
    page = guest.get(f"{INVITE}?userId=a&secret=b&membershipId=c&teamId=d", follow=True)
    answer = accept(guest, page)
    assert answer.status_code == 410
    assert answer.context["reason"] in ("unknown", "used")


def test_a_foreign_site_cannot_make_a_visitor_join(invited):
    victim = Browser(enforce_csrf_checks=True)
    page = victim.get(invited(), follow=True)
    assert victim.post(INVITE, page.context["fields"]).status_code == 403
    assert not is_signed_in(victim)
