"""/auth/invite/: joining a team by invitation."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from core.appwrite_client import create_admin_client
from tests.users import Browser, words

INVITE = "/auth/invite/"
OLA = "ola@example.com"


@pytest.fixture
def invited(appwrite, alice):
    """Return a function that invites an address to Alice's team and returns the e-mailed link as a path."""

    def link(email: str = OLA) -> str:
        team = alice.appwrite.teams.create("unique()", "Redaksjonen")
        url = "http://localhost/auth/invite/"
        alice.appwrite.teams.create_membership(team.id, ["member"], email=email, url=url)
        mailed = urlsplit(appwrite.inbox.link(email))
        return f"{mailed.path}?{mailed.query}"

    return link


@pytest.fixture
def sign_in(appwrite):
    """Return a function that signs in by e-mail from the invitation page and returns the next page."""

    def by_link(browser: Browser, email: str = OLA):
        form = browser.get(browser.get(INVITE).context["login_url"]).context
        browser.post("/auth/login/", {"email": email, "next": form["next"]})
        mailed = urlsplit(appwrite.inbox.link(email))
        page = browser.get(f"{mailed.path}?{mailed.query}", follow=True)
        return browser.post("/auth/callback/", page.context["fields"], follow=True)

    return by_link


def accept(browser: Browser, page):
    return browser.post(INVITE, page.context["fields"])


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/api/auth/check").json()["isAuthenticated"]


def test_opening_an_invitation_does_not_accept_it_and_hides_the_secret(guest, invited, alice):
    link = invited()
    answer = guest.get(link)
    assert (answer["Location"], answer["Referrer-Policy"]) == (INVITE, "no-referrer")
    assert "Redaksjonen" in words(guest.get(INVITE))
    Browser().get(link, follow=True)  # as an e-mail scanner does
    assert not is_signed_in(guest)
    (team,) = alice.appwrite.teams.list().teams
    assert team.total == 1


def test_new_user_signs_in_by_email_and_joins_the_team(guest, invited, alice, sign_in):
    guest.get(invited(), follow=True)
    page = sign_in(guest)
    assert OLA in words(page)
    answer = guest.post(INVITE, page.context["fields"], follow=True)
    assert "Du er nå med i Redaksjonen." in words(answer)
    assert guest.get("/posts/mine/").wsgi_request.user.email == OLA
    (team,) = alice.appwrite.teams.list().teams
    assert team.total == 2


@pytest.mark.parametrize("press", [True, False])
def test_invitation_for_an_attackers_account_does_not_sign_a_visitor_in(guest, invited, press):
    """Login CSRF: the attacker sends the victim an invitation addressed to the attacker's account."""
    page = guest.get(invited("mallory@example.org"), follow=True)
    assert "m…@example.org" in words(page)
    assert "mallory@example.org" not in page.content.decode()
    if press:
        answer = guest.post(INVITE, page.context["fields"])
        assert answer["Location"] == page.context["login_url"]
    assert not is_signed_in(guest)


def test_visitor_signed_in_as_another_user_cannot_join(guest, invited, sign_in):
    guest.get(invited("mallory@example.org"), follow=True)
    answer = sign_in(guest, "victim@example.com")
    assert (answer.status_code, answer.context["reason"]) == (409, "other")
    assert guest.get("/posts/mine/").wsgi_request.user.email == "victim@example.com"


def test_team_name_is_not_read_from_the_link(guest, invited):
    link = invited().replace("teamName=Redaksjonen", "teamName=Styret")
    assert "teamName=Styret" in link
    page = words(guest.get(link, follow=True))
    assert "Redaksjonen" in page
    assert "Styret" not in page


def test_invitation_link_with_another_users_id_is_rejected(guest, invited, bob):
    query = parse_qs(urlsplit(invited()).query)
    page = guest.get(INVITE, {name: query[name][0] for name in query} | {"userId": bob.id}, follow=True)
    assert (page.status_code, page.context["reason"]) == (410, "unknown")


def test_link_works_once(guest, invited, sign_in):
    link = invited()
    guest.get(link, follow=True)
    accept(guest, sign_in(guest))
    for browser in (guest, Browser()):
        answer = browser.get(link, follow=True)
        assert (answer.status_code, answer.context["reason"]) == (410, "used")


def test_wrong_secret_does_not_join_the_team(bob, invited):
    browser = bob.browser()
    link = re.sub("secret=.", "secret=-", invited(bob.email))
    answer = accept(browser, browser.get(link, follow=True))
    assert (answer.status_code, answer.context["reason"]) == (410, "used")


def test_invitation_for_another_user_shows_an_error_page(bob, invited):
    browser = bob.browser()
    answer = browser.get(invited(), follow=True)
    assert (answer.status_code, answer.context["reason"]) == (409, "other")
    assert browser.get("/posts/mine/").wsgi_request.user.id == bob.id


def test_invited_user_who_is_signed_in_joins_in_the_same_session(bob, invited, alice):
    browser = bob.browser()
    page = browser.get(invited(bob.email), follow=True)
    assert bob.email in words(page)
    accept(browser, page)
    assert is_signed_in(browser)
    assert [each.id for each in create_admin_client().users.list_sessions(bob.id).sessions] == [bob.made.id]
    (team,) = alice.appwrite.teams.list().teams
    assert team.total == 2


def test_blocked_user_sees_the_reason_and_gets_no_session(guest, invited, mallory, sign_in):
    guest.get(invited(mallory.email), follow=True)
    answer = sign_in(guest, mallory.email)
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
def test_incomplete_link_shows_an_error_page(guest, query):
    answer = guest.get(INVITE + query, follow=True)
    assert (answer.status_code, answer.context["reason"]) == (400, "incomplete")


def test_unknown_invitation_shows_an_error_page(guest):
    page = guest.get(f"{INVITE}?userId=a&secret=b&membershipId=c&teamId=d", follow=True)
    assert (page.status_code, page.context["reason"]) == (410, "unknown")


def test_another_site_cannot_make_a_visitor_join_a_team(bob, invited, alice):
    victim = bob.browser(enforce_csrf_checks=True)
    page = victim.get(invited(bob.email), follow=True)
    assert victim.post(INVITE, page.context["fields"]).status_code == 403
    (team,) = alice.appwrite.teams.list().teams
    assert team.total == 1
