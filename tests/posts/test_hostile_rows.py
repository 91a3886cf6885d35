"""A member writes a row directly with Appwrite's REST API, bypassing our forms.

The row does not break any page, and is not shown with someone else's name.
"""

from datetime import timedelta

import pytest
from django.utils import timezone
from html5lib import parse

from core import errors
from core.formats import appwrite_time
from posts import rows
from tests.count_calls import count_calls
from tests.users import structured_data

OK = {"title": "Min", "content": "x", "status": "published", "createdAt": "2026-01-01T00:00:00Z"}
OK |= {"publishedAt": "2026-01-01T00:00:00Z"}


@pytest.fixture
def write(bob):
    """Return a function that creates a row with Bob's session."""

    def row(row_id="hostilerow", permissions=None, **data):
        mine = [f'read("user:{bob.id}")', f'update("user:{bob.id}")', f'delete("user:{bob.id}")']
        permissions = ['read("any")', *mine] if permissions is None else permissions
        return bob.appwrite.db.create_row("app", "posts", row_id, {**OK, "authorId": bob.id, **data}, permissions)

    return row


def pages(bob, browser):
    for url in ("/", "/posts/", "/posts/hostilerow/", f"/posts/by/{bob.id}/", "/en/", "/en/posts/hostilerow/"):
        answer = browser.get(url)
        assert answer.status_code in (200, 404), url
        yield url, answer.content.decode()


def test_impersonated_author_name_is_not_shown(write, bob, alice, guest, published):
    write(authorId=alice.id, authorName="Alice")
    page = guest.get("/posts/hostilerow/")
    facts = parse(page.content.decode(), namespaceHTMLElements=False).find(".//dl")
    assert "et medlem" in "".join(facts.itertext())
    assert "author" not in structured_data(page)
    assert [post.id for post in guest.get(f"/posts/by/{alice.id}/").context["page"].items] == [published.id]
    assert alice.browser().get("/posts/hostilerow/edit/").status_code == 403
    assert [post.id for post in alice.browser().get("/posts/mine/").context["page"].items] == [published.id]


@pytest.mark.parametrize("status", ["draft", "published"])
def test_rows_with_a_forged_author_do_not_displace_posts_by_the_real_author(
    write, alice, guest, published, draft, status
):
    for number in range(21):
        write(f"hostile{number}", authorId=alice.id, status=status, publishedAt=published.published_at.isoformat())
    page = guest.get(f"/posts/by/{alice.id}/").context["page"]
    assert [post.id for post in page.items] == [published.id]
    page = alice.browser().get("/posts/mine/").context["page"]
    assert ([post.id for post in page.items], page.total) == ([draft.id, published.id], 2)


@pytest.mark.parametrize("status", ["draft", "published"])
def test_many_rows_with_a_forged_author_do_not_hide_posts_by_the_real_author(
    write, alice, guest, published, draft, status, monkeypatch
):
    monkeypatch.setattr(rows, "MAX_BY_AUTHOR", 5)  # rows per response
    for number in range(11):
        write(f"hostile{number}", authorId=alice.id, status=status, updatedAt="2999-01-01T00:00:00Z", **dated(number))
    page = alice.browser().get("/posts/mine/").context["page"]
    assert ([post.id for post in page.items], page.total) == ([draft.id, published.id], 2)
    for path in (f"/posts/by/{alice.id}/", f"/posts/by/{alice.id}/feed/"):
        assert published.title in guest.get(path).content.decode()


def dated(number: int) -> dict[str, str]:
    """Return a publication date after that of the author's own post, and before now."""
    return {"publishedAt": appwrite_time(timezone.now() + timedelta(milliseconds=number))}


def test_number_of_forged_rows_that_are_read_is_limited(write, alice, draft, caplog, monkeypatch):
    monkeypatch.setattr(rows, "MAX_BY_AUTHOR", 2)
    monkeypatch.setattr(rows, "MAX_CALLS_BY_AUTHOR", 3)
    for number in range(7):
        write(f"hostile{number}", authorId=alice.id, status="draft", updatedAt="2999-01-01T00:00:00Z")
    browser = alice.browser()
    with count_calls() as calls:
        assert browser.get("/posts/mine/").status_code == 200
    assert sum(call.endswith("/tables/posts/rows") for call in calls) == 3
    assert f"Rows of other people name {alice.id} as their author" in caplog.text


def test_appwrite_does_not_allow_granting_roles_that_the_caller_lacks(write, alice):
    with pytest.raises(errors.NotAllowedError):
        write(permissions=['read("any")', f'update("user:{alice.id}")'])


@pytest.mark.parametrize(
    "permissions", [['read("any")'], ['read("any")', 'update("any")'], ['read("any")', 'update("users")']]
)
def test_row_without_an_author_is_not_a_post(write, guest, bob, alice, permissions, caplog):
    write(permissions=permissions)
    assert guest.get("/posts/hostilerow/").status_code == 404
    assert guest.get("/posts/").context["page"].items == []
    assert "row hostilerow of table posts is not shown, because it has 0 owners" in caplog.text


HOSTILE = [
    {"title": "", "content": ""},
    {"title": "Emne\nBcc: alle@example.com", "excerpt": "\t\x01\n", "coverAlt": "a\nb"},
    {"title": "<script>alert(1)</script>", "content": "<script>alert(1)</script>", "excerpt": "<img src=x onerror=a>"},
    {"title": "\u202e" * 50, "content": "\u0000\u0001\ufeff", "authorName": "\u202eadmin"},
    {"tags": ["<b>", "", "x" * 40, "a", "b", "c", "d", "e", "f"], "campus": None, "language": None},
    {"authorName": "x" * 128, "coverId": "../../etc", "coverAlt": '"><script>'},
    {"createdAt": "1000-01-01T00:00:00Z", "updatedAt": "9999-12-31T23:59:59Z"},
    {"publishedAt": "1000-01-01T00:00:00.000Z", "updatedAt": None},
    {"content": "#" * 100_000},
    {"content": "[" * 50_000},
    {"content": "> " * 30_000},
    {"content": "x" * 500_000},
    {"authorId": "", "authorName": "BISO"},
]


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_row_does_not_break_pages(write, guest, bob, data):
    write(**data)
    for _url, page in pages(bob, guest):
        assert "<script>alert" not in page
        assert "onerror=a>" not in page
    for url in ("/posts/mine/", "/posts/hostilerow/", "/posts/hostilerow/edit/", "/posts/hostilerow/delete/"):
        assert bob.browser().get(url).status_code == 200


def test_published_row_without_a_date_is_shown_only_to_its_author(write, guest, bob):
    write(publishedAt=None)
    assert guest.get("/posts/hostilerow/").status_code == 404
    assert guest.get("/posts/").context["page"].items == []
    assert bob.browser().get("/posts/hostilerow/").status_code == 200


@pytest.mark.parametrize("path", ["/posts/hostilerow/", "/posts/feed/", "/posts/feed/rss/", "/sitemap.xml"])
def test_future_change_date_is_not_shown(write, guest, path):
    write(updatedAt="2999-01-01T00:00:00Z")
    page = guest.get(path).content.decode()
    assert "hostilerow" in page
    assert "2999" not in page


def test_draft_with_public_permissions_is_still_hidden(write, guest):
    write(status="draft")
    assert guest.get("/posts/hostilerow/").status_code == 404
    assert guest.get("/posts/").context["page"].items == []


@pytest.mark.parametrize("title", ["", " \n\t", "\x01\x02", "\u200b\u00ad", "\u3164"])
def test_invisible_title_is_replaced_by_an_ellipsis(write, guest, title):
    write(title=title)
    (post,) = guest.get("/posts/").context["page"].items
    assert post.title == "…"


def test_invisible_topic_is_removed(write, guest):
    write(tags=["\u200b", "kaffe", "\u2060\u3164"])
    (post,) = guest.get("/posts/").context["page"].items
    assert post.tags == ("kaffe",)


def test_title_is_shown_on_one_line(write, guest):
    write(title="Emne\r\nBcc: alle@example.com")
    assert "mailto:?subject=Emne%20Bcc" in guest.get("/posts/hostilerow/").content.decode()
