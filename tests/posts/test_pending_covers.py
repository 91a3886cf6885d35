"""Pending covers: a picture is kept until its form is saved."""

import re

import pytest

from posts.covers import images
from posts.covers.storage import CoverRepository
from posts.editing import pending_covers
from posts.repository import PostRepository
from tests.conftest import fields
from tests.posts.covers import BLUE, colour_of, files, filled, photo
from tests.posts.test_new import NEW, typed
from tests.site import NOTHING
from tests.users import words


def resubmit(browser, answer, **changes):
    """Submit the returned form again, as a browser does: without the file."""
    form = answer.context["form"]
    sent = {name: form[name].value() or "" for name in form.fields if name not in ("cover", "remove_cover")}
    return browser.post(answer.context["action"], {**sent, "act": "save", **changes})


def pending_cover_url(page) -> str:
    """Return the URL of the form's pending cover."""
    found = re.search(r'src="(/posts/cover/pending/[^"]+)"', page.content.decode())
    assert found is not None
    return found[1]


def test_preview_shows_the_cover_and_keeps_it(alice, stored):
    browser = alice.browser()
    page = browser.post("/posts/preview/", filled())
    # The URL occurs once in the form and once in the preview.
    assert page.content.decode().count(f'src="{pending_cover_url(page)}"') == 2
    shown = browser.get(pending_cover_url(page))
    assert (shown["Content-Type"], shown["Cache-Control"]) == ("image/webp", "private, no-store")
    assert colour_of(shown.content) == "red"
    assert files() == {}
    assert resubmit(browser, page)["Location"] == "/posts/abcdefgh27/edit/"
    assert list(files()) == [stored("abcdefgh27").data["coverId"]]


def test_cover_is_kept_when_another_field_is_invalid(alice, stored):
    browser = alice.browser()
    page = browser.post(NEW, filled(title=""))
    resubmit(browser, page, title="Nå med tittel")
    assert stored("abcdefgh27").data["coverId"] in files()


def test_cover_is_kept_during_an_outage(alice, settings, appwrite, stored):
    browser = alice.browser()
    browser.get("/posts/mine/")
    settings.APPWRITE_ENDPOINT = NOTHING
    page = browser.post(NEW, filled())
    assert page.status_code == 503
    settings.APPWRITE_ENDPOINT = appwrite.endpoint
    resubmit(browser, page)
    assert stored("abcdefgh27").data["coverId"] in files()


def test_cover_is_kept_when_the_session_has_ended(alice, stored):
    browser = alice.browser()
    browser.get("/posts/mine/")
    alice.end_session()
    page = browser.post(NEW, filled())
    assert page.status_code == 403
    assert browser.get(pending_cover_url(page)).status_code == 200


def test_cover_is_kept_in_a_conflict(alice, covered, stored):
    post = covered(publish=False)
    browser = alice.browser()
    old = browser.get(f"/posts/{post.id}/edit/").context["form"].initial
    PostRepository(alice.appwrite).update(post, fields(title="Fra et annet vindu", cover_alt="En rød flate"))
    page = browser.post(f"/posts/{post.id}/edit/", {**old, "title": "Min", "cover": photo(BLUE), "act": "save"})
    assert page.status_code == 409
    assert "et nytt bilde" in words(page)
    resubmit(browser, page)
    assert stored(post.id).data["title"] == "Min"
    assert colour_of(CoverRepository(alice.appwrite).picture(stored(post.id).data["coverId"], 480)) == "blue"


def test_newer_stored_cover_keeps_its_own_description(alice, covered, stored):
    """Alice keeps her text, but the stored cover was replaced, so her description no longer matches it."""
    post = covered(publish=True)
    browser = alice.browser()
    old = browser.get(f"/posts/{post.id}/edit/").context["form"].initial
    other = fields(title="Alices bilde", cover=images.cover(photo(BLUE).read()).content, cover_alt="En blå flate")
    PostRepository(alice.appwrite).update(post, other)
    page = browser.post(f"/posts/{post.id}/edit/", {**old, "title": "Min", "act": "save"})
    assert page.status_code == 409
    resubmit(browser, page)
    kept = stored(post.id).data
    assert (kept["title"], kept["coverAlt"]) == ("Min", "En blå flate")


def test_resubmitting_the_form_of_a_deleted_post_keeps_the_cover(alice, covered, stored):
    post = covered(publish=False)
    browser = alice.browser()
    browser.post(f"/posts/{post.id}/delete/")
    page = browser.post(f"/posts/{post.id}/edit/", filled(post_id=post.id, state="draft", cover_id=post.cover_id))
    assert page.status_code == 404
    new = resubmit(browser, page)["Location"].split("/")[2]
    assert list(files()) == [stored(new).data["coverId"]]


def test_picture_uploaded_by_a_guest_is_not_cached(guest):
    page = guest.post(NEW, filled())
    assert page.status_code == 403
    assert "Vi kunne ikke ta vare på bildet. Velg det på nytt." in words(page)
    assert not page.context["form"]["pending_cover"].value()


def test_expired_pending_cover_shows_an_error_at_its_field(alice, monkeypatch):
    monkeypatch.setattr(pending_covers, "TTL", 0)
    browser = alice.browser()
    answer = resubmit(browser, browser.post("/posts/preview/", filled()))
    assert "Bildet du valgte, er ikke lenger tilgjengelig. Velg det på nytt." in words(answer)
    assert files() == {}


@pytest.mark.parametrize("key", ["", "nobody", "a/b", "x:y", "../../etc/passwd"])
def test_forged_key_of_a_pending_cover_is_ignored(key, alice):
    answer = alice.browser().post(NEW, typed(pending_cover=key))
    assert answer.status_code == (200 if key else 302)
    assert alice.browser().get(f"/posts/cover/pending/{key or '-'}/").status_code == 404


def test_autosave_does_not_change_the_cover(alice, covered, stored):
    post = covered(publish=False)
    browser = alice.browser()
    page = browser.post("/posts/preview/", filled(post_id=post.id, state="draft", cover_id=post.cover_id))
    resubmit(browser, page, act="autosave", title="Mens jeg skriver")
    assert (stored(post.id).data["title"], stored(post.id).data["coverId"]) == ("Mens jeg skriver", post.cover_id)
