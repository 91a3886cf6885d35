"""/privacy/, /accessibility/ and /contact/: they describe this site, with values from its settings."""

import re

import pytest
from django.http import HttpResponse

from biso_site.info_pages import cookies
from core.public_pages import REVALIDATED
from tests.site import ROOT
from tests.test_deployed import DEPLOYED, settings_of
from tests.users import words

PAGES = ("privacy", "accessibility", "contact")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["", "/en"])
def test_page_names_the_owner_and_the_contact_address(guest, settings, page, language):
    settings.SITE_OWNER, settings.SITE_CONTACT = "BISO <Oslo>", "nett@biso.no"
    answer = guest.get(f"{language}/{page}/")
    assert "BISO <Oslo>" in words(answer)
    assert 'href="mailto:nett@biso.no"' in answer.content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_page_says_if_no_contact_address_is_set_up(guest, page):
    assert "Det er ikke satt opp noen kontaktadresse ennå." in words(guest.get(f"/{page}/"))


def test_privacy_page_states_data_location_and_retention_period_from_settings(guest, settings):
    settings.DATA_LOCATION, settings.LOG_DAYS = "hos BI i Nydalen", 30
    page = words(guest.get("/privacy/"))
    assert "Alt lagres her: hos BI i Nydalen." in page
    assert "Den slettes etter 30 dager." in page


def test_privacy_page_names_every_cookie_that_the_site_sets(guest):
    """This test fails for a new cookie until the page explains the cookie."""
    names = {name for names, *_ in cookies() for name in names}
    source = "".join(
        path.read_text() for app in ("accounts", "biso_site", "core", "posts") for path in (ROOT / app).rglob("*.py")
    )
    constants = set(re.findall(r'^COOKIE = "(\w+)"', source, re.MULTILINE))
    assert {"csrf_before", "signed_out"} <= constants <= names
    assert {"language", "csrftoken", "messages", "a_session_biso", "pending_login"} <= names
    page = guest.get("/privacy/").content.decode()
    assert all(f"<code>{name}</code>" in page for name in names)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_links_to_the_pages_about_the_site(guest, page):
    assert f'href="/{page}/"' in guest.get("/").content.decode()
    assert f'href="/en/{page}/"' in guest.get("/en/posts/").content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_page_is_the_same_for_all_guests_and_sets_no_cookie(guest, page):
    answer: HttpResponse = guest.get(f"/{page}/")
    assert answer["Cache-Control"] == REVALIDATED
    assert not answer.cookies


@pytest.mark.parametrize("address", ["nett", "nett@biso", "to <nett@biso.no>"])
def test_invalid_contact_address_stops_the_site(address):
    from django.core.exceptions import ImproperlyConfigured

    with pytest.raises(ImproperlyConfigured, match="SITE_CONTACT"):
        settings_of({**DEPLOYED, "SITE_CONTACT": address})
