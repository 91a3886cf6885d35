"""Generated summaries of posts without an excerpt, in lists, metadata and feeds."""

import unicodedata
from dataclasses import replace
from io import StringIO

import pytest
import regex
from django.core.management import call_command
from django.utils.text import Truncator

from core.appwrite_client import create_admin_client
from posts import models
from posts.models import summarise
from posts.repository import PostRepository
from tests.conftest import fields
from tests.users import structured_data

TEXT = "This is **important**, really: see [the plan](https://biso.no)."
SUMMARY = "This is important, really: see the plan."
FORMER = "This is important , really: see the plan ."  # as the site stored it until November 2026
LONG = f"{TEXT} " * 10


def test_summary_matches_the_rendered_text_everywhere(guest, alice, stored):
    PostRepository(alice.appwrite).create("important", alice.user, fields(content=TEXT), publish=True)
    assert stored("important").data["excerpt"] == SUMMARY
    for path in ("/", "/posts/", "/posts/important/", "/posts/feed/", "/posts/feed/rss/"):
        page = guest.get(path).content.decode()
        assert SUMMARY in page
        assert FORMER not in page


FLAG, FAMILY, RING = "🇳🇴", "👨‍👩‍👧‍👦", "a\u030a"


@pytest.mark.parametrize("sign", [FLAG, FAMILY, RING, "👍🏽", "e\u0301\u0323", "क्षि", "한", "❤️"])
@pytest.mark.parametrize("start", range(8))
def test_summary_is_cut_between_grapheme_clusters(sign, start):
    for text in (" " * start + "x" * start + sign * 200, "ord " * (40 + start) + sign * 90):
        summary = summarise(text)
        assert len(summary) <= models.MAX_SUMMARY
        cut = summary.removesuffix("…")
        whole = unicodedata.normalize("NFC", " ".join(text.split()))
        assert whole.startswith(cut)
        boundaries = {cluster.end() for cluster in regex.finditer(r"\X", whole[:500])}
        assert len(cut) in boundaries


def test_summary_ends_with_a_whole_word():
    assert summarise("Kaffe " * 100) == "Kaffe " * 29 + "Kaffe…"
    assert summarise("x" * 200) == "x" * 179 + "…"
    assert summarise("y" * 30 + " " + "x" * 200) == "y" * 30 + " " + "x" * 148 + "…"
    assert summarise("x" * 180) == "x" * 180
    assert len(summarise("a" + "\u0301" * 5000)) <= models.MAX_SUMMARY


@pytest.mark.parametrize("text", [TEXT, LONG, "![kart](/x.png) og **mer** tekst!", "- [ ] **handle**, ja\n- [x] vaske"])
def test_stored_summary_is_recognised_as_generated(text, published, alice, guest, stored):
    former = models._former_summary(text)
    assert former != summarise(text)
    create_admin_client().db.update_row("app", "posts", published.id, {"content": text, "excerpt": former})
    page = guest.get(f"/posts/{published.id}/")
    assert not page.context["post"].has_own_excerpt
    assert structured_data(page)["description"] == summarise(text)
    form = alice.browser().get(f"/posts/{published.id}/edit/").context["form"]
    assert form["excerpt"].value() == ""
    alice.browser().post(f"/posts/{published.id}/edit/", {**form.initial, "title": "Ny", "act": "save"})
    assert stored(published.id).data["excerpt"] == summarise(text)


def test_former_summary_is_the_summary_that_earlier_releases_stored():
    assert models._former_summary(TEXT) == FORMER
    assert models._former_summary(LONG) == Truncator(f"{FORMER} " * 10).chars(180)


def test_excerpt_written_by_the_author_is_kept(published, guest):
    for excerpt in ("Kort sagt.", "This is important.", FORMER + " Og mer.", "Det er"):
        post = replace(published, content=TEXT, excerpt=excerpt)
        assert (post.has_own_excerpt, post.summary) == (True, excerpt)


def test_setup_appwrite_rebuilds_outdated_summaries_once(published, draft, alice, guest, stored):
    own = PostRepository(alice.appwrite).create("ownexcerpt", alice.user, fields(excerpt="Mitt eget.", content=TEXT))
    db = create_admin_client().db
    for post in (published, draft):
        db.update_row("app", "posts", post.id, {"content": TEXT, "excerpt": FORMER})
    assert FORMER in guest.get("/posts/").content.decode()

    def setup() -> str:
        out = StringIO()
        call_command("setup_appwrite", stdout=out)
        return out.getvalue()

    assert "Updated the summary or reading time of 2 posts." in setup()
    assert [stored(post.id).data["excerpt"] for post in (published, draft, own)] == [SUMMARY, SUMMARY, "Mitt eget."]
    assert SUMMARY in guest.get("/posts/").content.decode()
    assert "Updated the summary" not in setup()
