"""/posts/feed/ and /posts/feed/rss/: the newest posts with their full text, read by a feed parser."""

import re
import xml.etree.ElementTree as ET
from html import escape, unescape

import feedparser
import pytest

from posts import models
from posts.repository import PostRepository
from posts.syndication import feeds
from tests.conftest import fields

FEEDS = ["/posts/feed/", "/posts/feed/rss/"]
# The elements for an entry's summary. An RSS feed itself also has a description.
SUMMARIES = ["{http://www.w3.org/2005/Atom}summary", "description"]


def read(guest, path: str):
    answer = guest.get(path)
    assert answer.status_code == 200
    ET.fromstring(answer.content)  # raises an error unless the feed is well-formed XML
    feed = feedparser.parse(answer.content, response_headers={"content-type": answer["Content-Type"]})
    assert not feed.bozo, feed.get("bozo_exception")
    return feed


@pytest.mark.parametrize("path", FEEDS)
def test_feed_contains_the_whole_post(guest, published, path):
    feed = read(guest, path)
    assert feed.feed.title == "BISO posts"
    assert feed.feed.link == "http://localhost/posts/"
    (entry,) = feed.entries
    assert entry.title == "Alices innlegg"
    assert entry.link == entry.id == "http://localhost/posts/alicespost/"
    assert entry.author == "Alice"
    assert entry.summary == "Det er kaffe igjen."
    assert "<strong>kaffe</strong>" in entry.content[0].value
    assert [tag.term for tag in entry.tags] == ["kaffe"]
    assert entry.published_parsed[:6] == published.published_at.timetuple()[:6]


def test_feeds_are_atom_and_rss(guest, published):
    assert read(guest, FEEDS[0]).version == "atom10"
    assert read(guest, FEEDS[1]).version == "rss20"


@pytest.mark.parametrize("path", FEEDS)
def test_feed_contains_no_drafts_for_any_visitor(alice, draft, path):
    assert read(alice.browser(), path).entries == []


@pytest.mark.parametrize("path", FEEDS)
def test_post_has_one_canonical_url_in_its_language(guest, alice, path):
    PostRepository(alice.appwrite).create("inenglish", alice.user, fields(language="en"), publish=True)
    (entry,) = read(guest, path).entries
    assert entry.link == "http://localhost/en/posts/inenglish/"


@pytest.mark.parametrize("path", FEEDS)
def test_links_within_the_site_are_absolute_in_feeds(guest, alice, path):
    text = "[hjem](/posts/) [ute](https://example.org/) [rart](http://[) [del](#del)"
    PostRepository(alice.appwrite).create("linked", alice.user, fields(content=text), publish=True)
    html = read(guest, path).entries[0].content[0].value
    assert 'href="http://localhost/posts/"' in html
    assert 'href="https://example.org/"' in html
    assert 'href="http://localhost/posts/linked/#del"' in html


@pytest.mark.parametrize("path", FEEDS)
def test_feed_excerpt_contains_no_html(guest, alice, path):
    words = "Skriv <b>fett</b> & <img src=x onerror=alert(1)>"
    PostRepository(alice.appwrite).create("excerpt", alice.user, fields(excerpt=words), publish=True)
    *_, summary = (each.text for each in ET.fromstring(guest.get(path).content).iter() if each.tag in SUMMARIES)
    assert "<" not in summary  # feed readers interpret the summary as HTML
    assert unescape(summary) == words


@pytest.mark.parametrize("path", FEEDS)
def test_feed_entry_has_its_cover(guest, covered, path):
    source = covered(publish=True).cover[1]
    html = guest.get(path).content.decode()
    picture = f'<p><img src="http://localhost{source.url}" width="960" height="640" alt="En rød flate"></p>'
    assert escape(picture, quote=False) in html


@pytest.mark.parametrize("path", FEEDS)
def test_characters_forbidden_in_xml_do_not_break_a_feed(guest, alice, path):
    title = "Tegn \x01\x0b\ufffe\uffff & < ]]> 🚣"
    data = {"title": title, "content": title, "authorId": alice.id, "status": "published"}
    data |= {"createdAt": "2026-01-01T00:00:00Z", "publishedAt": "2026-01-01T00:00:00Z"}
    alice.appwrite.db.create_row("app", "posts", "hostile", data, ['read("any")', f'update("user:{alice.id}")'])
    assert read(guest, path).entries[0].title.startswith("Tegn")


@pytest.mark.parametrize("path", FEEDS)
@pytest.mark.parametrize(
    "written", ["&#12;", "&#x0C;", "<https://a.example/%0C%EF%BF%BE>", "[x](/y '&#12;')", "`\x0c`"]
)
def test_character_references_forbidden_in_xml_do_not_break_a_feed(guest, alice, published, path, written):
    text = f"Kaffe {written} og te"
    posts = PostRepository(alice.appwrite)
    posts.create("formfeed", alice.user, fields(content=text, title="&#12;", tags=("&#12;",)), publish=True)
    posts.create("excerpted", alice.user, fields(content=text, excerpt=f"&#12;{text}"), publish=True)
    assert len(read(guest, path).entries) == 3
    for post in ("formfeed", "excerpted"):
        page = guest.get(f"/posts/{post}/").content.decode()
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", page)


@pytest.mark.parametrize("path", FEEDS)
def test_feed_limits_the_total_rendering_time(guest, alice, published, path, monkeypatch):
    monkeypatch.setattr(feeds, "SECONDS", -1)
    with monkeypatch.context() as patched:
        patched.setattr(models, "summarise", lambda _: pytest.fail("summarised"))
        entry = read(guest, path).entries[0]
    assert entry.content[0].value == "<p>Det er **kaffe** igjen.</p>"
    assert entry.summary == "Det er kaffe igjen."
    monkeypatch.undo()
    assert "<strong>kaffe</strong>" in read(guest, path).entries[0].content[0].value


@pytest.mark.parametrize("path", FEEDS)
@pytest.mark.parametrize("query", ["q=%01kaffe%1B", "q=%EF%BF%BEkaffe"])
def test_hostile_rows_are_not_in_search_results(guest, published, query, path):
    feed = read(guest, f"{path}?{query}")
    assert feed.feed.title == "BISO posts med «kaffe»"
    assert len(feed.entries) == 1


def test_feed_author_is_biso_if_a_post_has_no_author(guest, bob):
    data = {"title": "x", "content": "x", "authorId": "alice", "authorName": "Alice", "status": "published"}
    data |= {"createdAt": "2026-01-01T00:00:00Z", "publishedAt": "2026-01-01T00:00:00Z"}
    bob.appwrite.db.create_row("app", "posts", "borrowed", data, ['read("any")', f'update("user:{bob.id}")'])
    feed = read(guest, "/posts/feed/")
    assert (feed.feed.author, feed.entries[0].get("author")) == ("BISO", None)


@pytest.mark.parametrize("path", FEEDS)
def test_filtered_list_has_its_own_feed(guest, alice, published, path):
    PostRepository(alice.appwrite).create("bergensk", alice.user, fields(campus="bergen"), publish=True)
    feed = read(guest, f"{path}?campus=bergen")
    assert feed.feed.title == "BISO posts fra Bergen"
    assert [entry.link for entry in feed.entries] == ["http://localhost/posts/bergensk/"]


def test_pages_link_to_their_feed(guest, published):
    atom = '<link rel="alternate" type="application/atom+xml" title="{}" href="{}">'
    rss = '<link rel="alternate" type="application/rss+xml" title="{} (RSS)" href="{}">'
    for path in ("/", "/posts/", "/posts/alicespost/"):
        page = guest.get(path).content.decode()
        assert atom.format("BISO posts", "/posts/feed/") in page
        assert rss.format("BISO posts", "/posts/feed/rss/") in page
    page = guest.get("/en/posts/?campus=oslo").content.decode()
    assert atom.format("BISO posts from Oslo", "/en/posts/feed/?campus=oslo") in page
    assert rss.format("BISO posts from Oslo", "/en/posts/feed/rss/?campus=oslo") in page


@pytest.mark.parametrize("query", ["campus=atlantis", "tag=a%01b", "q=" + "x" * 101])
def test_feed_with_an_invalid_filter_returns_404(guest, query):
    for path in FEEDS:
        assert guest.get(f"{path}?{query}").status_code == 404


def test_feed_contains_at_most_twenty_posts(guest, alice):
    posts = PostRepository(alice.appwrite)
    for number in range(21):
        posts.create(f"feedpost{number:02d}", alice.user, fields(), publish=True)
    entries = read(guest, "/posts/feed/").entries
    assert len(entries) == 20
    assert entries[0].link.endswith("/feedpost20/")


CONDITIONAL = ["/posts/feed/", "/posts/feed/rss/", "/en/posts/feed/", "/posts/feed/?tag=kaffe"]


@pytest.mark.parametrize("path", CONDITIONAL)
def test_feed_reader_with_the_current_feed_gets_304(path, guest, published):
    first = guest.get(path)
    etag, changed = first["ETag"], first["Last-Modified"]
    for headers in ({"If-None-Match": etag}, {"If-None-Match": f"W/{etag}"}, {"If-Modified-Since": changed}):
        again = guest.get(path, headers=headers)
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
    assert guest.get(path, headers={"If-None-Match": '"other"', "If-Modified-Since": changed}).status_code == 200
    assert guest.get(path, headers={"If-Modified-Since": "soon"}).status_code == 200


@pytest.mark.parametrize("path", CONDITIONAL)
def test_etag_of_a_compressed_feed_returns_304(path, guest, alice, published):
    long = fields(title="Lang", content="Mye kaffe. " * 200)
    PostRepository(alice.appwrite).create("longpost22", alice.user, long, publish=True)
    first = guest.get(path, headers={"Accept-Encoding": "gzip"})
    assert first["Content-Encoding"] == "gzip"
    headers = {"Accept-Encoding": "gzip", "If-None-Match": first["ETag"]}
    assert guest.get(path, headers=headers).status_code == 304


@pytest.mark.parametrize("path", CONDITIONAL)
def test_every_change_to_a_feed_changes_the_response(path, guest, alice, published):
    posts = PostRepository(alice.appwrite)
    seen = set()

    def fetch_with(answer) -> object:
        headers = {"If-None-Match": answer["ETag"], "If-Modified-Since": answer["Last-Modified"]}
        changed = guest.get(path, headers=headers)
        assert changed.status_code == 200
        seen.add(changed["ETag"])
        return changed

    answer = guest.get(path)
    second = posts.create("secondpost", alice.user, fields(title="Nr. 2"), publish=True)
    answer = fetch_with(answer)
    second = posts.update(second, fields(title="Nr. to"))
    answer = fetch_with(answer)
    posts.delete(second)
    fetch_with(answer)
    assert len(seen) == 3


def test_last_modified_changes_when_the_newest_post_is_unpublished(guest, alice, published):
    posts = PostRepository(alice.appwrite)
    first = guest.get("/posts/feed/")
    posts.unpublish(published)
    assert guest.get("/posts/feed/", headers={"If-Modified-Since": first["Last-Modified"]}).status_code == 200
