"""/posts/<id>/share/: creating a private link to a draft. /posts/shared/: the page behind the link."""

import logging
import re
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from core import errors, rate_limits
from core.appwrite_client import create_admin_client
from posts import new_tables, preview_links
from posts.repository import PostRepository
from tests import users
from tests.conftest import fields, picture
from tests.count_calls import count_calls
from tests.posts.test_conflict import open_form
from tests.users import words


def create(browser, post_id: str) -> str:
    """Create a private link. Return its path."""
    assert browser.post(f"/posts/{post_id}/share/", {"act": "create"}).status_code == 302
    url = urlsplit(browser.get(f"/posts/{post_id}/share/").context["url"])
    return f"{url.path}?{url.query}"


def ended(page) -> bool:
    return page.status_code == 410 and "Lenken virker ikke lenger" in words(page)


def row(post_id: str) -> dict[str, str]:
    return create_admin_client().db.get_row("app", "preview_links", post_id).data


def set_row(post_id: str, **columns: str) -> None:
    create_admin_client().db.update_row("app", "preview_links", post_id, columns)


def test_guest_reads_the_draft_with_the_link(alice, guest, draft):
    link = create(alice.browser(), draft.id)
    page = guest.get(link)
    assert page.status_code == 200
    text = words(page)
    for part in (draft.title, "Det er kaffe igjen.", "AvAlice", "Oslo kaffe", "Dette er et utkast. Alice har delt"):
        assert part in text
    assert "This is a draft. Alice has shared it with you" in words(guest.get(f"/en{link}"))
    assert guest.get(f"/posts/{draft.id}/").status_code == 404


def test_link_shows_the_text_as_last_saved(alice, guest, draft):
    link = create(alice.browser(), draft.id)
    PostRepository(alice.appwrite).update(draft, fields(title="Ny tittel"))
    assert "Ny tittel" in words(guest.get(link))


def test_page_behind_the_link_is_private(alice, bob, guest, draft):
    """The page is the same for everyone, is never cached, and its URL is not sent to other sites."""
    link = create(alice.browser(), draft.id)
    for browser in (guest, bob.browser(), alice.browser()):
        page = browser.get(link)
        assert page["Cache-Control"] == "private, no-store"
        assert page["X-Robots-Tag"] == "noindex, nofollow"
        assert page["Referrer-Policy"] == "no-referrer"
        assert '<meta name="robots" content="noindex, nofollow">' in page.content.decode()
        assert "Logg inn" in words(page)  # no form of the page needs a CSRF token, which `no-referrer` would break
        assert "next=" not in page.content.decode()
        assert page.cookies == {}
    assert alice.browser().get(f"/posts/{draft.id}/share/")["Cache-Control"] == "private, no-store"


def test_key_is_not_logged(alice, guest, draft, caplog):
    caplog.set_level(logging.DEBUG)
    link = create(alice.browser(), draft.id)
    alice.browser().post(f"/posts/{draft.id}/share/", {"act": "revoke"})
    guest.get(link)
    guest.get("/posts/shared/?key=forged")
    key = parse_qs(urlsplit(link).query)["key"][0]
    assert key not in caplog.text
    assert key.split("~")[1] not in caplog.text
    assert "user=alice act=share post=alicedraft author=alice" in caplog.text
    assert "user=alice act=unshare post=alicedraft author=alice" in caplog.text


def test_forged_key_makes_no_call(alice, guest, draft):
    link = create(alice.browser(), draft.id)
    key = parse_qs(urlsplit(link).query)["key"][0]
    body, _, signature = key.rpartition(":")
    post_id, nonce, expires = body.split("~")
    with count_calls() as sent_calls:
        for forged in (
            *("", "x", "~~", key[:-1], key + "x", f"{post_id}~{nonce}~{int(expires) + 1}:{signature}", "x" * 5000),
            *(f"bobsdraft1~{nonce}~{expires}:{signature}", preview_links.SIGNER.sign("../x~n~1"), "\x00", "a~b~²:c"),
        ):
            page = guest.get(f"/posts/shared/?{urlencode({'key': forged})}")
            assert page.status_code == 404
            assert "public" not in page.get("Cache-Control", "")
    assert sent_calls == []


def test_link_works_for_a_week(alice, guest, draft, monkeypatch):
    link = create(alice.browser(), draft.id)
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=6, hours=23))
    assert guest.get(link).status_code == 200
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=7, seconds=1))
    with count_calls() as sent_calls:
        assert ended(guest.get(link))
    assert sent_calls == []


def test_link_ends_when_its_row_expires(alice, guest, draft):
    link = create(alice.browser(), draft.id)
    set_row(draft.id, expiresAt=(timezone.now() - timedelta(seconds=1)).isoformat())
    assert ended(guest.get(link))


def test_revoked_link_stops_working(alice, guest, draft):
    browser = alice.browser()
    link = create(browser, draft.id)
    browser.post(f"/posts/{draft.id}/share/", {"act": "revoke"})
    assert ended(guest.get(link))
    assert browser.get(f"/posts/{draft.id}/share/").context["link"] is None


def test_new_link_replaces_the_old_one(alice, guest, draft):
    browser = alice.browser()
    old = create(browser, draft.id)
    new = create(browser, draft.id)
    assert ended(guest.get(old))
    assert guest.get(new).status_code == 200
    page = browser.get(f"/posts/{draft.id}/share/")
    assert "Virker til" in words(page)
    assert datetime.fromisoformat(row(draft.id)["expiresAt"]) > timezone.now() + timedelta(days=6)


def test_link_redirects_to_the_published_post_and_ends_when_it_is_unpublished(alice, guest, draft):
    """People who unpublish a post do not want it to be read, so an old link does not show it again."""
    browser = alice.browser()
    link = create(browser, draft.id)
    browser.post(f"/posts/{draft.id}/publish/")
    answer = guest.get(link)
    assert (answer.status_code, answer["Location"]) == (302, f"/posts/{draft.id}/")
    assert answer["Cache-Control"] == "private, no-store"
    assert "vanlige adressen" in words(browser.get(f"/posts/{draft.id}/share/"))
    browser.post(f"/posts/{draft.id}/unpublish/")
    assert ended(guest.get(link))
    assert guest.get(create(browser, draft.id)).status_code == 200


@pytest.mark.parametrize("way", ["button", "form"])
def test_link_ends_even_if_the_post_was_first_published_before_the_link_was_created(way, alice, guest, draft):
    """A post that is published again keeps its first publication date, which may be earlier than the link."""
    browser = alice.browser()
    browser.post(f"/posts/{draft.id}/publish/")
    browser.post(f"/posts/{draft.id}/unpublish/")
    link = create(browser, draft.id)
    assert guest.get(link).status_code == 200
    browser.post(f"/posts/{draft.id}/publish/")
    if way == "button":
        browser.post(f"/posts/{draft.id}/unpublish/")
    else:
        browser.post(f"/posts/{draft.id}/edit/", {**open_form(browser, draft), "act": "unpublish"})
    assert browser.get(f"/posts/{draft.id}/").context["post"].is_published is False
    assert ended(guest.get(link))


def test_no_private_link_is_created_for_a_published_post(alice, published):
    alice.browser().post(f"/posts/{published.id}/share/", {"act": "create"})
    assert create_admin_client().db.list_rows("app", "preview_links").total == 0


def test_link_ends_when_the_post_is_deleted(alice, guest, draft):
    browser = alice.browser()
    link = create(browser, draft.id)
    browser.post(f"/posts/{draft.id}/delete/")
    assert ended(guest.get(link))
    browser.post(f"/posts/{draft.id}/undo/")
    assert ended(guest.get(link))


def test_link_does_not_show_another_users_post_with_the_same_id(alice, bob, guest, draft):
    link = create(alice.browser(), draft.id)
    alice.appwrite.db.delete_row("app", "posts", draft.id)
    PostRepository(bob.appwrite).create(draft.id, bob.user, fields())
    assert ended(guest.get(link))


def test_link_by_a_blocked_author_stops_working(alice, guest, draft):
    link = create(alice.browser(), draft.id)
    users.block(alice)
    assert ended(guest.get(link))


def test_link_of_a_former_admin_ends(ingrid, guest, draft):
    link = create(ingrid.browser(), draft.id)
    assert guest.get(link).status_code == 200
    create_admin_client().users.update_labels("ingrid", [])
    assert ended(guest.get(link))


def test_former_admin_cannot_create_a_link(ingrid, draft):
    browser = ingrid.browser()
    browser.get("/posts/mine/")
    create_admin_client().users.update_labels("ingrid", [])
    assert browser.post(f"/posts/{draft.id}/share/", {"act": "create"}).status_code in (403, 404)
    assert create_admin_client().db.list_rows("app", "preview_links").total == 0


def test_members_cannot_read_the_links_in_appwrite(alice, bob, draft):
    create(alice.browser(), draft.id)
    for person in (alice, bob):
        with pytest.raises(errors.NotAllowedError):
            person.appwrite.db.list_rows("app", "preview_links")


# The cover.
def test_cover_of_the_draft_is_shown_behind_the_link(alice, guest, covered):
    post = covered(publish=False)
    page = guest.get(create(alice.browser(), post.id))
    url = page.context["post"].cover[0].url
    assert url.replace("&", "&amp;") in page.content.decode()
    answer = guest.get(url)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert guest.get(f"/posts/cover/{post.cover_id}/480/").status_code == 404


def test_cover_requires_its_own_unexpired_key(alice, guest, covered, monkeypatch):
    post, other = covered(publish=False), covered("alicesnext", publish=False)
    url = guest.get(create(alice.browser(), post.id)).context["post"].cover[0].url
    with count_calls() as sent_calls:
        assert guest.get(url.replace(post.cover_id, other.cover_id)).status_code == 404
        assert guest.get(url.partition("?")[0]).status_code == 404
        assert guest.get(url.replace("/480/", "/481/")).status_code == 404
        monkeypatch.setattr("django.core.signing.time.time", lambda: timezone.now().timestamp() + 3601)
        assert guest.get(url).status_code == 404
    assert sent_calls == []


def test_draft_behind_the_link_shows_a_cover_that_was_added_later(alice, guest, draft):
    browser = alice.browser()
    link = create(browser, draft.id)
    assert "<img" not in guest.get(link).content.decode()
    form = {"title": "Nytt", "content": "x", "language": "nb", "post_id": draft.id, "cover_alt": "Rød", "act": "save"}
    browser.post(f"/posts/{draft.id}/edit/", {**form, "cover": SimpleUploadedFile("c.webp", picture())})
    assert "/posts/shared/cover/" in guest.get(link).content.decode()


# The images in the text.
def test_images_in_the_draft_are_shown_behind_the_link(alice, guest, illustrated, monkeypatch):
    image, other = illustrated("withimage2", publish=False), illustrated("otherimage", publish=False)
    page = guest.get(create(alice.browser(), "withimage2")).content.decode()
    (url,) = re.findall(r'<img src="(/posts/shared/image/[^"]+)" srcset="/posts/shared/image/', page)
    answer = guest.get(url)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert answer["Cache-Control"] == "private, no-store"
    assert guest.get(image.url).status_code == 404
    with count_calls() as sent_calls:
        assert guest.get(url.replace(image.id, other.id)).status_code == 404
        assert guest.get(url.partition("?")[0]).status_code == 404
        monkeypatch.setattr("django.core.signing.time.time", lambda: timezone.now().timestamp() + 3601)
        assert guest.get(url).status_code == 404
    assert sent_calls == []


# Failures and limits.
def test_new_links_are_rate_limited(alice, draft, monkeypatch):
    monkeypatch.setattr(rate_limits, "PREVIEW_LINKS", rate_limits.Limit("preview-links", 1, 60))
    browser = alice.browser()
    create(browser, draft.id)
    first = row(draft.id)["nonce"]
    page = browser.post(f"/posts/{draft.id}/share/", {"act": "create"}, follow=True)
    assert "Prøv igjen om" in words(page)
    assert row(draft.id)["nonce"] == first


def test_reading_through_the_link_is_rate_limited(alice, guest, draft, monkeypatch, caplog):
    monkeypatch.setattr(rate_limits, "PREVIEW_READS", rate_limits.Limit("preview-reads", 1, 60))
    link = create(alice.browser(), draft.id)
    assert guest.get(link).status_code == 200
    with count_calls() as sent_calls:
        page = guest.get(link)
    assert page.status_code == 429
    assert 0 < int(page["Retry-After"]) <= 61
    assert "Det ble for mange forsøk. Prøv igjen om" in words(page)
    assert sent_calls == []
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_opening_a_private_link_makes_three_calls_each_time(alice, guest, draft):
    link = create(alice.browser(), draft.id)
    for _ in range(2):
        with count_calls() as sent_calls:
            guest.get(link)
        assert len(sent_calls) == 3


def test_links_are_unavailable_without_the_table(alice, draft, caplog):
    create_admin_client().db.delete_table("app", "preview_links")
    new_tables._warn.cache_clear()
    browser = alice.browser()
    assert browser.post(f"/posts/{draft.id}/share/", {"act": "create"}).status_code == 302
    assert browser.post(f"/posts/{draft.id}/share/", {"act": "revoke"}).status_code == 302
    assert "Private lenker er av" in words(browser.get(f"/posts/{draft.id}/share/"))
    assert browser.post(f"/posts/{draft.id}/delete/").status_code == 302
    assert caplog.text.count("Table preview_links does not exist") == 1
