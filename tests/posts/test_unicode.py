"""Text is normalised to NFC, both when it is submitted and when it is read from rows stored earlier."""

import json
import unicodedata
from types import SimpleNamespace

import pytest

from core import text_fields
from core.appwrite_client import create_admin_client
from posts.repository import PostRepository
from tests.conftest import fields
from tests.posts.covers import filled
from tests.posts.test_new import NEW, typed
from tests.users import words

WORDS = {
    "title": "Påskeøl på Åsen",
    "content": "Blåbær og **kafé**\n\nfür Ähnliches, tiếng Việt, 한국어",
    "excerpt": "Én gång i året",
}
TOPICS = "blåbær, kafé"


def nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def store_in_nfd(person, post_id: str = "stored", **changes: object) -> None:
    """Create a published post in NFD, as the site stored posts before it normalised text to NFC."""
    PostRepository(person.appwrite).create(post_id, person.user, fields(**changes), publish=True)
    row = {**WORDS, "tags": TOPICS.split(", "), "authorName": "Åge", "coverAlt": "Rød blåbærtue"}
    old = json.loads(nfd(json.dumps(row, ensure_ascii=False)))
    create_admin_client().db.update_row("app", "posts", post_id, old)


def test_form_is_stored_in_nfc(alice, stored):
    sent = filled(**{name: nfd(text) for name, text in WORDS.items()}, tags=nfd(TOPICS), cover_alt=nfd("Blå flate"))
    assert alice.browser().post(NEW, sent).status_code == 302
    data = stored("abcdefgh27").data
    assert {name: data[name] for name in WORDS} == WORDS
    assert data["tags"] == TOPICS.split(", ")
    assert data["coverAlt"] == "Blå flate"


@pytest.mark.parametrize(
    "topics", ["å, a\u030a", "Å, A\u030a, \u212b", "kaffe, kaf\u00adfe, kaffe\u200b, \ufeffkaffe", "é, e\u0301"]
)
def test_topics_that_look_the_same_are_treated_as_one_topic(alice, stored, topics):
    alice.browser().post(NEW, typed(tags=topics))
    assert len(stored("abcdefgh27").data["tags"]) == 1


def test_length_limits_count_characters_in_nfc(alice, stored):
    alice.browser().post(NEW, typed(title="a\u030a" * 200, excerpt="a\u030a" * 300, tags="a\u030a" * 40))
    data = stored("abcdefgh27").data
    assert (len(data["title"]), len(data["excerpt"]), len(data["tags"][0])) == (200, 300, 40)
    # In NFC, U+0958 becomes two characters.
    answer = alice.browser().post(NEW, typed("abcdefgh33", title="\u0958" * 101))
    assert answer.context["form"].has_error("title")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_topic_filter_finds_posts_stored_in_either_form(guest, alice, form):
    store_in_nfd(alice)
    PostRepository(alice.appwrite).create("new", alice.user, fields(tags=("blåbær",)), publish=True)
    answer = guest.get("/posts/", {"tag": unicodedata.normalize(form, "Blåbær")}, follow=True)
    assert {post.id for post in answer.context["page"].items} == {"stored", "new"}
    assert answer.content.decode().count("<bdi>blåbær</bdi>") == 2  # the active filter, and the link to this topic
    assert "om «blåbær»" in words(answer)


def test_text_stored_in_nfd_is_read_as_nfc(guest, alice):
    store_in_nfd(alice)
    for path in ("/posts/stored/", "/posts/", "/posts/feed/", "/"):
        page = guest.get(path).content.decode()
        assert unicodedata.is_normalized("NFC", page), path
        assert WORDS["title"] in page


def test_saving_text_stored_in_nfd_causes_no_conflict(alice, stored):
    store_in_nfd(alice)
    browser = alice.browser()
    form = browser.get("/posts/stored/edit/").context["form"]
    sent = {name: form[name].value() or "" for name in form.fields if name not in ("cover", "remove_cover")}
    answer = browser.post("/posts/stored/edit/", {**sent, "campus": "bergen", "act": "save"})
    assert answer.status_code == 302
    data = stored("stored").data
    assert {name: data[name] for name in WORDS} == WORDS
    assert data["tags"] == TOPICS.split(", ")


def test_search_and_filters_are_shown_in_nfc(guest, alice):
    answer = guest.get("/posts/", {"q": nfd("blåbær"), "tag": nfd("kafé")})
    assert unicodedata.is_normalized("NFC", answer.content.decode())


def test_topics_in_a_row_that_look_the_same_are_treated_as_one_topic(guest, alice):
    posts = PostRepository(alice.appwrite)
    posts.create("twice", alice.user, fields(tags=()), publish=True)
    alice.appwrite.db.update_row("app", "posts", "twice", {"tags": ["å", "a\u030a", "å\u200b", "mat"]})
    assert posts.get("twice").tags == ("å", "mat")


@pytest.mark.parametrize(
    "accents",
    [
        "\u0300\u0316" * 50_000,
        "\u0300" * 50_000 + "\u0316" * 50_000,
        "\u0301" * 100_000,
        # Each of these characters decomposes into two accents.
        *("\u0f73" * 100_000, "\u0f75\u0f81" * 50_000, "\u0344\u0f73" * 50_000),
    ],
)
def test_letter_with_a_hundred_thousand_accents_is_normalised_in_chunks(alice, monkeypatch, accents):
    """Python sorts a letter's accents in quadratic time. Normalising this text in one piece would take a minute."""
    lengths = []
    normalize = unicodedata.normalize

    def noted(form: str, text: str) -> str:
        lengths.append(len(text))
        assert len(text) < 100
        return normalize(form, text)

    # Patched only in this module, because pytest also normalises the text that it prints.
    monkeypatch.setattr(text_fields, "unicodedata", SimpleNamespace(**{**vars(unicodedata), "normalize": noted}))
    assert len(text_fields.normal("x" + accents)) >= 100_000
    assert lengths
