"""/auth/logout/: the session ends here and in Appwrite."""

import pytest

from accounts.session import cookie_name
from biso_site import errors
from tests.people import Browser, words


def test_signing_out_ends_the_session_in_appwrite_too(alice):
    browser = alice.browser()
    answer = browser.post("/auth/logout/", follow=True)
    assert "Du er logget ut." in words(answer)
    assert not browser.cookies[cookie_name()].value
    with pytest.raises(errors.SignInRequired):
        alice.appwrite.account.get()
    assert alice.browser().get("/posts/mine/")["Location"].startswith("/auth/login/")


def test_only_a_form_of_ours_signs_out(alice):
    strict = alice.browser(enforce_csrf_checks=True)
    assert strict.post("/auth/logout/").status_code == 403
    assert strict.get("/auth/logout/").status_code == 405
    assert strict.get("/posts/mine/").status_code == 200


def test_while_appwrite_is_away_this_browser_forgets_at_least(alice, settings):
    browser = alice.browser()
    settings.APPWRITE_ENDPOINT = "http://127.0.0.1:9/v1"
    assert browser.post("/auth/logout/").status_code == 302
    assert not browser.cookies[cookie_name()].value


def test_a_guest_may_press_it_and_nothing_breaks(guest: Browser):
    assert guest.post("/auth/logout/")["Location"] == "/"


def test_every_page_offers_it(alice, published):
    browser = alice.browser()
    for url in ("/", "/posts/", f"/posts/{published.id}/", "/posts/mine/", "/auth/account/", "/posts/nosuchpost/"):
        assert 'action="/auth/logout/"' in browser.get(url).content.decode(), url
