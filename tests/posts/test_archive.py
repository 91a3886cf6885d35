"""/posts/archive/: all published posts by year and month, so that links lead to every post."""

from datetime import datetime, timedelta
from urllib.parse import urljoin

import html5lib
import pytest
from django.utils import timezone

from core.appwrite_client import create_admin_client
from posts import policy, public_archive
from posts.repository import PostRepository
from tests.conftest import fields
from tests.count_calls import count_calls
from tests.users import words


@pytest.fixture
def write(alice):
    """Return a function that creates published rows from titles and times. Each row's id is its title in lower case."""

    def rows(*entries: tuple[str, str], permissions: list[str] | None = None) -> None:
        row = {"authorId": alice.id, "authorName": alice.name, "status": "published", "content": "x"}
        row |= {"createdAt": "2020-01-01T00:00:00Z"}
        row |= {"$permissions": permissions or policy.row_permissions(alice.id, published=True)}
        data = [{**row, "$id": title.lower(), "title": title, "publishedAt": moment} for title, moment in entries]
        create_admin_client().db.create_rows("app", "posts", data)

    return rows


def links(answer) -> dict[str, str]:
    """Return a dictionary of text -> URL for the links in the main part of the page."""
    page = html5lib.parse(answer.content.decode(), namespaceHTMLElements=False)
    (main,) = page.iter("main")
    return {" ".join("".join(link.itertext()).split()): link.get("href") for link in main.iter("a")}


def test_archive_lists_only_years_and_months_with_posts(guest, write, draft):
    write(
        ("Old", "2021-03-05T12:00:00Z"),
        ("Newer", "2024-05-01T12:00:00Z"),
        ("May", "2024-05-02T12:00:00Z"),
        ("Newest", "2024-12-24T12:00:00Z"),
    )
    years = links(guest.get("/posts/archive/"))
    assert years == {
        "Alle innlegg": "/posts/",
        "2024": "/posts/archive/2024/",
        "2021": "/posts/archive/2021/",
    }
    months = links(guest.get("/posts/archive/2024/"))
    assert months == {
        "Arkiv": "/posts/archive/",
        "Desember 1 innlegg": "/posts/archive/2024/12/",
        "Mai 2 innlegg": "/posts/archive/2024/05/",
    }
    assert "Posts from December 2024" in words(guest.get("/en/posts/archive/2024/12/"))
    answer = guest.get("/posts/archive/2024/05/")
    assert "Innlegg fra mai 2024" in words(answer)
    assert [post.id for post in answer.context["posts"]] == ["may", "newer"]


def test_month_begins_at_midnight_in_oslo(guest, write):
    write(("Summer", "2024-06-30T21:59:59Z"), ("July", "2024-06-30T22:00:00Z"))
    write(("Winter", "2024-12-31T22:59:59.999Z"), ("January", "2024-12-31T23:00:00Z"))
    for path, post_id in (("2024/06", "summer"), ("2024/07", "july"), ("2024/12", "winter"), ("2025/01", "january")):
        assert [post.id for post in guest.get(f"/posts/archive/{path}/").context["posts"]] == [post_id]
    assert list(links(guest.get("/posts/archive/"))) == ["Alle innlegg", "2025", "2024"]


@pytest.mark.parametrize(
    "path",
    [
        *("2023/", "2024/04/", "2024/13/", "2024/5/", "0000/", "2999/", "1899/", "3000/", "x/", "02024/", "2024/00/"),
        *("?before=x", "?before=", "?before=1950", "2024/05/?after=newer", "2024/05/?after=-x", "2024/05/?after=none"),
    ],
)
def test_period_without_posts_returns_404(guest, write, path):
    write(("Newer", "2024-05-01T12:00:00Z"))
    expected = 200 if path == "?before=" else 404
    assert guest.get(f"/posts/archive/{path}").status_code == expected


def test_empty_archive_shows_a_message(guest, draft):
    assert "Ingenting er publisert ennå" in words(guest.get("/posts/archive/"))


def test_future_posts_and_drafts_are_not_in_the_archive(guest, alice, write, published):
    PostRepository(alice.appwrite).create("draft", alice.user, fields())
    write(("Future", (timezone.now() + timedelta(hours=1)).isoformat()), ("Far", "2998-01-01T00:00:00Z"))
    now = timezone.localtime()
    answer = guest.get(f"/posts/archive/{now:%Y/%m}/")
    assert [post.id for post in answer.context["posts"]] == [published.id]
    assert list(links(guest.get("/posts/archive/"))) == ["Alle innlegg", str(now.year)]


def test_cursor_of_a_draft_reveals_nothing(guest, alice, write, draft):
    write(("Newer", "2024-05-01T12:00:00Z"), ("Hidden", "2024-05-02T12:00:00Z"))
    posts = PostRepository(alice.appwrite)
    posts.unpublish(posts.get("hidden"))  # the draft keeps its publication date
    for post_id in (draft.id, "hidden", "unknown"):
        assert guest.get(f"/posts/archive/2024/05/?after={post_id}").status_code == 404


def test_published_post_is_in_the_archive_immediately(guest, alice, draft):
    path = f"/posts/archive/{timezone.localtime():%Y/%m}/"
    assert guest.get(path).status_code == 404
    alice.browser().post(f"/posts/{draft.id}/publish/")
    assert [post.id for post in guest.get(path).context["posts"]] == [draft.id]
    alice.browser().post(f"/posts/{draft.id}/unpublish/")
    assert guest.get(path).status_code == 404


def test_links_lead_from_the_archive_to_every_post_with_few_calls_per_page(guest, write, monkeypatch):
    """No page counts posts, so the archive can list more than the 5,000 rows that Appwrite counts."""
    monkeypatch.setattr(public_archive, "PER_PAGE_OF_ARCHIVE", 3)
    monkeypatch.setattr(public_archive, "MAX_YEARS", 2)
    moments = [datetime(2020 + number // 5, 1 + number % 2, 3, 12) for number in range(24)]
    write(*((f"Post{number}", f"{moment.isoformat()}Z") for number, moment in enumerate(moments)))
    seen: set[str] = set()
    paths, posts = ["/posts/"], set()
    while paths:
        path = paths.pop()
        if path in seen:
            continue
        seen.add(path)
        with count_calls() as calls:
            answer = guest.get(path)
        assert answer.status_code == 200
        if path.count("/") == 6:
            assert len(calls) == (2 if "after" in path else 1)
        urls = [urljoin(path, url) for url in links(answer).values()]
        posts |= {url for url in urls if url.startswith("/posts/post")} if "archive" in path else set()
        paths += [url for url in urls if url.startswith("/posts/archive/")]
    assert len(posts) == 24


def test_invalid_rows_do_not_hide_older_posts(guest, write, monkeypatch):
    """Members can write rows over REST that are not valid posts."""
    monkeypatch.setattr(public_archive, "PER_PAGE_OF_ARCHIVE", 2)
    orphans = [(f"Orphan{number}", "2024-05-20T12:00:00Z") for number in range(4)]
    write(*orphans, ("Later", "2024-06-01T12:00:00Z"), permissions=['read("any")'])
    write(("Newer", "2024-05-01T12:00:00Z"), ("Older", "2021-05-01T12:00:00Z"))
    assert {"2024", "2021"} <= set(links(guest.get("/posts/archive/")))
    path, posts = "/posts/archive/2024/05/", []
    for _ in range(3):
        answer = guest.get(path)
        posts += [post.id for post in answer.context["posts"]]
        path = urljoin(path, links(answer).get("Eldre innlegg", "?"))
    assert posts == ["newer"]


def test_archive_is_linked_from_footer_list_and_sitemap(guest, published):
    assert guest.get("/posts/").content.decode().count('href="/posts/archive/"') == 2
    assert '/posts/archive/"' in guest.get("/auth/login/").content.decode()
    sitemap = guest.get("/sitemap.xml").content.decode()
    for path in ("/posts/archive/", "/en/posts/archive/", "/posts/topics/", "/en/posts/topics/"):
        assert f"<loc>http://localhost{path}</loc>" in sitemap
