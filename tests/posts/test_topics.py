"""/posts/topics/: the page of all topics, with counts that our writes keep up to date.

Each topic also has a page and feeds.
"""

from io import StringIO

import feedparser
import html5lib
import pytest
from appwrite.query import Query
from django.core.management import call_command
from django.urls import reverse

from core import errors
from core.appwrite_client import create_admin_client
from core.calls import run_concurrently
from posts import new_tables, policy, topics
from posts.repository import PostRepository
from tests.conftest import fields
from tests.count_calls import count_calls
from tests.pages import TYPED
from tests.users import words


def counts() -> dict[str, int]:
    """Return the counts in the table, without those that are 0."""
    rows = create_admin_client().db.list_rows("app", "topics", [Query.limit(100)]).rows
    return {row.data["name"]: row.data["count"] for row in rows if row.data["count"]}


def listed(browser) -> list[tuple[str, str]]:
    """Return the topics and counts that the page of all topics shows."""
    page = html5lib.parse(browser.get("/posts/topics/").content.decode(), namespaceHTMLElements=False)
    links = page.findall(".//main//ul/li/a")
    return [(str(link.findtext("bdi")), str(link.findtext("span"))) for link in links]


def save(browser, post_id: str = "topicpost1", *, tags: str, act: str = "save") -> None:
    answer = browser.post("/posts/new/", {**TYPED, "post_id": post_id, "tags": tags, "act": act})
    assert answer.status_code == 302, words(answer)


def edit(browser, post_id: str = "topicpost1", *, tags: str, act: str = "save") -> None:
    page = html5lib.parse(browser.get(f"/posts/{post_id}/edit/").content.decode(), namespaceHTMLElements=False)
    hidden = {field.get("name"): field.get("value") or "" for field in page.findall(".//input[@type='hidden']")}
    answer = browser.post(f"/posts/{post_id}/edit/", {**TYPED, **hidden, "tags": tags, "act": act})
    assert answer.status_code == 302, words(answer)


def test_publishing_editing_and_deleting_update_the_counts(alice):
    browser = alice.browser()
    save(browser, tags="kaffe, Eksamen")
    assert counts() == {}  # a draft
    browser.post("/posts/topicpost1/publish/")
    assert counts() == {"kaffe": 1, "eksamen": 1}
    save(browser, "topicpost2", tags="kaffe", act="publish")
    assert counts() == {"kaffe": 2, "eksamen": 1}
    edit(browser, tags="kaffe, tur")
    assert counts() == {"kaffe": 2, "tur": 1}
    browser.post("/posts/topicpost1/unpublish/")
    assert counts() == {"kaffe": 1}
    edit(browser, tags="tur, frokost", act="publish")
    assert counts() == {"kaffe": 1, "tur": 1, "frokost": 1}
    browser.post("/posts/topicpost1/delete/")
    assert counts() == {"kaffe": 1}
    browser.post("/posts/topicpost1/undo/")
    assert counts() == {"kaffe": 1, "tur": 1, "frokost": 1}


def test_only_changed_topics_are_written(alice):
    browser = alice.browser()
    save(browser, tags="kaffe, eksamen, tur", act="publish")
    with count_calls() as calls:
        edit(browser, tags="kaffe, eksamen, frokost")
    written = [call for call in calls if "/tables/topics/" in call]
    assert sorted(call.rpartition("/")[2] for call in written) == ["decrement", "increment", "rows"]


def test_publishing_twice_counts_once(alice):
    browser = alice.browser()
    save(browser, tags="kaffe", act="publish")
    for _ in range(2):
        browser.post("/posts/topicpost1/publish/")
    assert counts() == {"kaffe": 1}


def test_simultaneous_changes_are_all_counted(alice, appwrite):
    run_concurrently(*(lambda: topics._add("kaffe", 1) for _ in range(8)))
    assert counts() == {"kaffe": 8}
    run_concurrently(*(lambda: topics._add("kaffe", -1) for _ in range(5)))
    assert counts() == {"kaffe": 3}


def test_count_is_never_negative(appwrite):
    topics._add("kaffe", 1)
    for _ in range(3):
        topics._add("kaffe", -1)
    topics._add("unknown", -1)
    topics._add("kaffe", 1)
    assert counts() == {"kaffe": 1}


def test_count_is_not_sent_twice_after_a_lost_response(alice, appwrite):
    """Unlike other writes, an increment is not repeated, because it would then count twice."""
    topics._add("kaffe", 1)
    appwrite.faults.add("tablesDB.incrementRowColumn", drop=True, after=True, first=1)
    topics._add("kaffe", 1)
    assert counts() == {"kaffe": 2}


def test_page_of_all_topics_shows_counts_in_alphabetical_order(guest, alice):
    browser = alice.browser()
    save(browser, tags="ærlig, økonomi, ål, kaffe", act="publish")
    save(browser, "topicpost2", tags="kaffe, alt", act="publish")
    assert listed(guest) == [
        *(("alt", "1 innlegg"), ("kaffe", "2 innlegg"), ("ærlig", "1 innlegg")),
        *(("økonomi", "1 innlegg"), ("ål", "1 innlegg")),
    ]
    browser.post("/posts/topicpost2/unpublish/")
    assert ("kaffe", "1 innlegg") in listed(guest)  # immediately, although the page was cached
    assert "alt" not in dict(listed(guest))
    assert "2 posts" not in words(guest.get("/en/posts/topics/"))


def test_topics_page_says_if_there_are_no_topics(guest):
    assert "Ingen publiserte innlegg har tema ennå." in words(guest.get("/posts/topics/"))


def test_only_the_most_used_topics_are_listed(guest, alice, monkeypatch):
    browser = alice.browser()
    save(browser, tags="kaffe, tur", act="publish")
    save(browser, "topicpost2", tags="kaffe", act="publish")
    monkeypatch.setattr(topics, "MAX_LISTED", 1)
    monkeypatch.setattr("posts.views.reading.MAX_LISTED", 1)
    assert listed(guest) == [("kaffe", "2 innlegg")]


# -- older projects and other clients ----------------------------------------------------------------------------------
@pytest.fixture
def without_table(appwrite):
    create_admin_client().db.delete_table("app", "topics")


def test_site_works_while_the_table_is_missing(without_table, alice, guest, caplog):
    new_tables._warn.cache_clear()
    browser = alice.browser()
    save(browser, tags="kaffe", act="publish")
    edit(browser, tags="tur")
    answer = guest.get("/posts/topics/")
    assert answer.status_code == 200
    assert "Temaene kommer hit når en administrator har oppdatert databasen." in words(answer)
    assert guest.get("/posts/topics/tur/").context["page"].total == 1
    warnings = [record.message for record in caplog.records if "topics" in record.message]
    assert warnings == ["Table topics does not exist, so its feature is off. Run manage.py setup_appwrite."]


def test_setup_creates_the_table_and_counts_all_posts(without_table, alice, guest):
    repository = PostRepository(alice.appwrite)
    repository.create("one", alice.user, fields(tags=("kaffe", "tur")), publish=True)
    repository.create("two", alice.user, fields(tags=("kaffe",)), publish=True)
    repository.create("draft", alice.user, fields(tags=("hemmelig",)))
    said = StringIO()
    call_command("setup_appwrite", stdout=said)
    assert "Corrected the number of posts about 2 topics." in said.getvalue()
    assert listed(guest) == [("kaffe", "2 innlegg"), ("tur", "1 innlegg")]


def test_setup_corrects_wrong_numbers(alice, monkeypatch):
    """Members can write posts directly to Appwrite, and the site does not count them."""
    monkeypatch.setattr(topics, "COUNTED_AT_ONCE", 2)
    browser = alice.browser()
    save(browser, tags="kaffe, tur, mat", act="publish")
    for number in range(3):
        PostRepository(alice.appwrite).create(f"rest{number}", alice.user, fields(tags=("kaffe",)), publish=True)
    topics._add("aldri brukt", 1)
    data = {"title": "x", "content": "x", "authorId": alice.id, "status": "published", "tags": ["fremtid", "Tur"]}
    data |= {"createdAt": "2026-01-01T00:00:00Z", "publishedAt": "2999-01-01T00:00:00Z"}
    permissions = policy.row_permissions(alice.id, published=True)
    create_admin_client().db.create_row("app", "posts", "future", data, permissions)
    call_command("setup_appwrite", verbosity=0)
    assert counts() == {"kaffe": 4, "tur": 1, "mat": 1}


def test_members_cannot_write_topics(alice, ingrid):
    for person in (alice, ingrid):
        with pytest.raises(errors.NotAllowedError):
            person.appwrite.db.create_row("app", "topics", "mine", {"name": "reklame", "count": 999})


# -- one topic ---------------------------------------------------------------------------------------------------------
TOPICS = ["kaffe", "sosialt liv", "24/7", "c++", "e-post", "å være ny", "🎉 fest", "100% student", "..", "a~b", "日本"]


@pytest.mark.parametrize("topic", TOPICS)
def test_each_topic_has_a_page_and_feeds(guest, alice, topic):
    posts = PostRepository(alice.appwrite)
    posts.create("tagged", alice.user, fields(title="Om temaet", tags=(topic,)), publish=True)
    posts.create("other", alice.user, fields(tags=("annet",)), publish=True)
    url = reverse("posts:topic", args=[topic])
    assert url.count("/") == 4
    assert url in hrefs(guest.get("/posts/tagged/"))
    answer = guest.get(url)
    assert [post.id for post in answer.context["page"].items] == ["tagged"]
    assert f"Innlegg om «{topic}»" in words(answer)
    for kind in ("", "rss/"):
        feed = f"{url}feed/{kind}"
        assert f'href="{feed}"' in answer.content.decode()
        assert [entry.title for entry in feedparser.parse(guest.get(feed).content).entries] == ["Om temaet"]
    assert guest.get(f"/en{url}").status_code == 200
    assert guest.post("/language/", {"language": "en", "next": url}).url == f"/en{url}"


def test_filter_by_topic_alone_redirects_to_its_page(guest, published):
    answer = guest.get("/posts/?tag=Kaffe")
    assert (answer.status_code, answer.url) == (301, "/posts/topics/kaffe/")
    assert guest.get("/posts/?tag=24/7&page=2&q=").url == "/posts/topics/24~2F7/?page=2"
    assert guest.get("/posts/?tag=kaffe&campus=oslo").status_code == 200
    assert guest.get("/posts/feed/?tag=kaffe").status_code == 200  # feed readers keep using the old URL


@pytest.mark.parametrize(
    "slug", ["Kaffe", "ka+ffe", "a~2f", "~C3~A5", "a~20b", "-a", "~01", "x" * 41, "å".upper(), "a."]
)
def test_other_spellings_of_a_topic_return_404(guest, slug):
    assert guest.get(f"/posts/topics/{slug}/").status_code == 404


def test_topic_without_posts_returns_404_and_links_to_all_posts(guest, alice, draft):
    answer = guest.get("/posts/topics/kaffe/")
    assert answer.status_code == 404
    assert "Ingen innlegg om «kaffe»." in words(answer)


def test_filters_can_be_added_to_a_topic_page_and_removed(guest, published):
    links = hrefs(guest.get("/posts/topics/kaffe/"))
    assert "/posts/?tag=kaffe&campus=oslo" in links
    assert "/posts/topics/" in links
    links = hrefs(guest.get("/posts/?tag=kaffe&campus=oslo"))
    assert {"/posts/topics/kaffe/", "/posts/?campus=oslo"} <= links


def test_topic_page_is_split_into_numbered_pages(guest, alice):
    for number in range(11):
        PostRepository(alice.appwrite).create(f"many{number:02}", alice.user, fields(), publish=True)
    assert "/posts/topics/kaffe/?page=2" in hrefs(guest.get("/posts/topics/kaffe/"))
    assert len(guest.get("/posts/topics/kaffe/?page=2").context["page"].items) == 1
    assert guest.get("/posts/topics/kaffe/?page=3").status_code == 404


def hrefs(answer) -> set[str]:
    page = html5lib.parse(answer.content.decode(), namespaceHTMLElements=False)
    return {link.get("href") for link in page.iter("a")}
