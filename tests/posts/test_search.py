"""/posts/?q=: a search finds exactly the posts that contain all of its words."""

import json
import re
import sys
import time
import unicodedata
from itertools import pairwise
from urllib.parse import parse_qs

import feedparser
import html5lib
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from core.appwrite_client import create_admin_client
from core.transport import POOL
from posts import policy, search
from posts import rows as table
from posts.repository import PostRepository
from tests.conftest import fields
from tests.count_calls import count_calls
from tests.users import words

TEXTS = {
    "bi": ("Velkommen til BI", "Handelshøyskolen ligger i Nydalen."),
    "bidrag": ("Mobilbilder", "Send inn bidrag om bibliotek og bil til biso."),
    "insideword": ("Abbi og Rabbi", "Hobbiten samlet robbins."),
    "ai": ("Kunstig intelligens", "Et kurs i **AI**-verktøy, 5k og 24/7."),
    "maid": ("Main hall", "A maid said hail. 15kr, 5kg, 247."),
    "brackets": ("Møte (BI)", "Vi sees kl. 18, «AI» er temaet."),
    "emphasis": ("Understreket", "Dette er _BI_ og _viktig_, snake_case."),
    "cpp": ("C++ for nybegynnere", "Vi lærer C++ og C#, ikke Java."),
    "c": ("Vitamin C", "Appelsiner. C er bra, cc også."),
    "dont": ("Don't panic", "Ta med håndkle."),
    "dont_curly": ("Ro i sjela", "I don’t know."),
    "don": ("Don Quijote", "T-skjorte og don til salgs."),
    "email": ("Kontakt", "Send e-post til post@biso.no, eller @biso."),
    "epost": ("Epost og poster", "Send en epost, e eller post."),
    "percent": ("100% studentliv", "Rabatt på 100 kroner."),
    "hundred": ("1000 kroner", "2100%, og 100 er et tall."),
    "number": ("Vi er #1", "Først i køen."),
    "number_one": ("Vi er #10", "Nummer 1."),
    "rd": ("R&D", "AT&T var her."),
    "r": ("R og D", "AT og T. Rad, R&Drop."),
    "aa": ("Elva", "Å bo ved en å."),
    "a": ("A river", "To live by a brook in Aalborg, har, far, var."),
    "hair": ("Hår og får", "Vår på Påskeøya. Kjærlighet på øya."),
    "common": ("The end", "This is about where the www was, who will com with them."),
    "theatre": ("Studentteater", "Vi spiller Ibsen."),
    "quote": ("Sitat", 'Han sa «kaffe», og hun sa "kake".'),
    "coffee": ("Kaffekopp", "Te er også godt, og kake."),
    "emoji": ("Fest 🎉", "Kake 🍰 og kaffe 🎉BI🎉"),
    "japanese": ("日本語です", "BIは大学です。東京"),
    "backslash": (r"AC\DC", r"C:\temp er en mappe."),
    "acdc": ("ACDC", "Ctemp."),
    "excerpted": ("Uten ord", "Her er alt."),
    "dates": ("Møte 24.12.2025", "2024–2025, kl. 18.30."),
    "goal": ("Mål for året", "Vi møtes på Kafé Zoë."),
    "template": ("Mal", "En kafe uten accent."),
    "underscore": ("foo_bar", "a_b og x%y"),
    "long": ("Lang", "u" * 90 + " slutt"),
}
EXCERPTS = {"excerpted": "Et sammendrag om VM i curling, og åtte hytteturer."}

EXPECTED = {
    "BI": {"bi", "brackets", "emphasis", "emoji", "japanese"},
    "bi": {"bi", "brackets", "emphasis", "emoji", "japanese"},
    "AI": {"ai", "brackets"},
    "AI BI": {"brackets"},
    "5k": {"ai"},
    "24/7": {"ai"},
    "å": {"aa"},
    "a\u030a": {"aa"},
    "Å": {"aa"},
    "hår": {"hair"},
    "HÅR": {"hair"},
    "ha\u030ar": {"hair"},
    "får": {"hair"},
    "vår": {"hair"},
    "påske": {"hair"},
    "har": {"a"},
    "far": {"a"},
    "mal": {"template"},
    "mål": {"goal"},
    "kafe": {"goal", "template"},
    "kafé": {"goal"},
    "zoe": {"goal"},
    "øya": {"hair"},
    "kjærlighet på øya": {"hair"},
    "C++": {"cpp"},
    "c++": {"cpp"},
    "C#": {"cpp"},
    "C": {"c", "cpp", "backslash"},
    "don't": {"dont", "dont_curly"},
    "don’t": {"dont", "dont_curly"},
    "DON'T PANIC": {"dont"},
    "e-post": {"email"},
    "e‑post": {"email"},  # contains a non-breaking hyphen
    "t-skjorte": {"don"},
    "@biso": {"email"},
    "post@biso.no": {"email"},
    "100%": {"percent"},
    "#1": {"number"},
    "R&D": {"rd"},
    "AT&T": {"rd"},
    "the": {"common"},
    "THE WWW": {"common"},
    "about": {"common"},
    "com": {"common"},
    "viktig": {"emphasis"},
    "case": {"emphasis"},
    "foo_bar": {"underscore"},
    "bar": {"underscore"},
    "x%y": {"underscore"},
    "a_b": {"underscore"},
    "kaffe": {"quote", "coffee", "emoji"},
    "kaffe kake": {"quote", "coffee", "emoji"},
    "kaffe kake BI": {"emoji"},
    "kake kake KAKE": {"quote", "coffee", "emoji"},
    '"kaffe"': {"quote", "coffee", "emoji"},
    "«kaffe», kake!": {"quote", "coffee", "emoji"},
    "(BI)": {"bi", "brackets", "emphasis", "emoji", "japanese"},
    "hva?": set(),
    "kaffe 🎉 %": {"quote", "coffee", "emoji"},
    "teater": {"theatre"},
    "日本": {"japanese"},
    "京": {"japanese"},
    r"AC\DC": {"backslash"},
    "VM": {"excerpted"},
    "curling": {"excerpted"},
    "åtte": {"excerpted"},
    "hytte": {"excerpted"},
    "tur": set(),
    "24.12.2025": {"dates"},
    "2024-2025": {"dates"},
    "kl. 18": {"brackets", "dates"},
    "u" * 90: {"long"},
    "u" * 85 + "x": set(),
    "kaffe finnesikke": set(),
    "BI finnesikke": set(),
    "K\u200bake": {"quote", "coffee", "emoji"},
    "kaffe\ufeff": {"quote", "coffee", "emoji"},
    "til og med noe som ikke finnes noe sted i det hele": set(),
}


@pytest.fixture
def shelf(alice, start_from):
    def create() -> None:
        posts = PostRepository(alice.appwrite)
        for name, (title, content) in TEXTS.items():
            text = fields(title=title, content=content, excerpt=EXCERPTS.get(name, ""), tags=())
            posts.create(name.replace("_", "-"), alice.user, text, publish=True)

    start_from("shelf to search", create)


def search_results(browser, q: str, path: str = "/posts/") -> set[str]:
    page = browser.get(path, {"q": q}).context["page"]
    assert page.total == len(page.items) or page.count > 1
    return {post.id.replace("-", "_") for post in page.items}


def test_search_finds_only_posts_that_contain_all_words(guest, ingrid, shelf):
    admin = ingrid.browser()
    for q, expected in EXPECTED.items():
        assert search_results(guest, q) == expected, q
        assert search_results(admin, q, "/manage/") == expected, q


def test_posts_stored_in_nfd_are_found(guest, alice, shelf):
    store_in_nfd(alice, "old", title="Påskeøl på Å", content="Blåbærsyltetøy og én and", tags=("blåbær",))
    for q in ("påskeøl", "blåbær", "på", "å", "én", unicodedata.normalize("NFD", "blåbær")):
        assert "old" in search_results(guest, q), q
    assert "old" not in search_results(guest, "pas")


def store_in_nfd(person, post_id: str, *, title: str, content: str, tags: tuple[str, ...]) -> None:
    """Create a published row in NFD, as the site stored rows before it normalised text to NFC."""
    PostRepository(person.appwrite).create(post_id, person.user, fields(), publish=True)
    old = {"title": title, "content": content, "tags": list(tags)}
    nfd = json.loads(unicodedata.normalize("NFD", json.dumps(old, ensure_ascii=False)))
    create_admin_client().db.update_row("app", "posts", post_id, nfd)


@pytest.mark.parametrize(
    "q",
    ["%", "%%% %", "@", '"', "+-*()~<>@", "% @ #", "_", "\\", "🎉", "🎉 🍰", "«»", "'", "…", "\u200b%\u200b", "* *"],
)
def test_search_without_letters_makes_no_call(guest, shelf, q):
    with count_calls() as calls:
        answer = guest.get("/posts/", {"q": q})
        feed = guest.get("/posts/feed/", {"q": q})
    assert calls == []
    assert answer.status_code == feed.status_code == 200
    assert "Et søk må ha bokstaver eller tall." in words(answer)
    assert b"<entry" not in feed.content


def test_search_without_letters_finds_nothing_in_the_admin_list(ingrid, shelf):
    answer = ingrid.browser().get("/manage/", {"q": "%"})
    assert "Et søk må ha bokstaver eller tall." in words(answer)


def test_more_words_never_give_more_results(guest, shelf):
    for q in ("kaffe kake BI 🎉", "C++ og C# ikke", "don't panic BI", "Vår på Påskeøya"):
        hits = [search_results(guest, " ".join(q.split()[: number + 1])) for number in range(len(q.split()))]
        assert all(more <= fewer for fewer, more in pairwise(hits)), q


def test_search_feed_contains_the_matching_posts(guest, shelf):
    feed = guest.get("/posts/feed/", {"q": "AI BI"}).content.decode()
    assert re.findall(r"<entry[^>]*><title>([^<]*)", feed) == ["Møte (BI)"]


def test_results_for_a_short_word_are_paginated(guest, alice):
    posts = PostRepository(alice.appwrite)
    for number in range(12):
        posts.create(f"hit{number:02d}", alice.user, fields(title=f"BI {number}"), publish=True)
        posts.create(f"miss{number:02d}", alice.user, fields(title=f"Bil {number}"), publish=True)
    first = guest.get("/posts/?q=BI").context["page"]
    second = guest.get("/posts/?q=BI&page=2").context["page"]
    assert (first.total, len(first.items), len(second.items)) == (12, 10, 2)
    assert [post.id for post in (*first.items, *second.items)] == [f"hit{number:02d}" for number in reversed(range(12))]
    assert guest.get("/posts/?q=BI&page=3").status_code == 404


def test_search_reads_all_candidates_beyond_the_first_call(guest, alice):
    """The only match is the last of 150 candidates, and one call returns at most 100 rows."""
    row = {"authorId": alice.id, "authorName": alice.name, "status": "published", "content": "Bil"}
    row |= {"createdAt": "2026-01-01T00:00:00Z", "publishedAt": "2026-01-01T00:00:00Z", "title": "Bidrag"}
    row |= {"$permissions": policy.row_permissions(alice.id, published=True)}
    rows = [{**row, "$id": f"row{number}"} for number in range(150)]
    rows[149] |= {"content": "BI", "publishedAt": "2025-01-01T00:00:00Z"}
    for start in (0, 100):
        create_admin_client().db.create_rows("app", "posts", rows[start : start + 100])
    with count_calls() as calls:
        assert search_results(guest, "BI") == {"row149"}
    assert len(calls) == 2


def test_many_results_for_plain_words_are_counted_by_appwrite(guest, alice, monkeypatch):
    posts = PostRepository(alice.appwrite)
    for number in range(12):
        posts.create(f"many{number:02d}", alice.user, fields(title=f"Kaffe {number}"), publish=True)
    monkeypatch.setattr(table, "READ_AT_ONCE", 4)
    for number, items in ((1, 10), (2, 2)):
        with count_calls() as calls:
            page = guest.get(f"/posts/?q=kaffe+igjen&page={number}").context["page"]
        assert (len(calls), page.total, len(page.items), page.is_partial) == (2, 12, items, False)


@pytest.mark.parametrize("limit", ["MAX_READ", "MAX_READ_SIZE"])
def test_search_page_says_if_a_search_reached_its_limit(guest, alice, monkeypatch, limit):
    posts = PostRepository(alice.appwrite)
    for number in range(5):
        posts.create(f"long{number}", alice.user, fields(title="Bil", content="BI " * 1000), publish=True)
    monkeypatch.setattr(table, "READ_AT_ONCE", 2)
    monkeypatch.setattr(table, limit, 4 if limit == "MAX_READ" else 10_000)
    with count_calls() as calls:
        answer = guest.get("/posts/?q=BI")
    assert (len(calls), answer.context["page"].total) == (2, 4)
    assert "Bare de nyeste innleggene ble gjennomsøkt." in words(answer)


@pytest.fixture
def ranked(alice):
    """Create posts about coffee, from the best match to the worst, then a newer post with the same text as another."""
    posts = PostRepository(alice.appwrite)

    def create(post_id: str, title: str, content: str, excerpt: str = "Uten ordet.") -> None:
        posts.create(post_id, alice.user, fields(title=title, content=content, excerpt=excerpt), publish=True)

    create("bothintitle", "Kaffe og kake", "Ikke mer.")
    create("wholetitle", "Kaffe på lesesalen", "Kake.")
    create("prefixtitle", "Kaffekopper", "Kaffe og kake, kaffe og kake.")
    create("insidetitle", "Morgenkaffen", "Kake.")
    create("inexcerpt", "Frokost", "Kake og kaffe.", excerpt="Om kaffe.")
    create("manyintext", "Middag", "Kaffe, kaffe, kaffe og kake.")
    create("fewintext", "Lunsj", "Kaffe og kake.")
    create("prefixintext", "Kvelds", "Kaffekopp og kake, kaffekopp og kaker.")
    create("samebutnewer", "Natt", "Kaffe og kake.")


def test_best_match_is_first_and_newer_posts_come_first_among_equal_matches(guest, ranked):
    page = guest.get("/posts/?q=kaffe+kake").context["page"]
    assert [post.id for post in page.items] == [
        *("bothintitle", "wholetitle", "prefixtitle", "insidetitle", "inexcerpt", "manyintext"),
        *("samebutnewer", "fewintext", "prefixintext"),
    ]


def test_search_page_states_the_order_of_the_posts(guest, ranked, monkeypatch):
    assert "9 innlegg, beste treff først." in words(guest.get("/posts/?q=kaffe"))
    assert "9 posts, best match first." in words(guest.get("/en/posts/?q=kaffe"))
    monkeypatch.setattr(table, "READ_AT_ONCE", 4)
    answer = guest.get("/posts/?q=kaffe&language=nb")  # too many posts to rank
    assert "9 innlegg, nyeste først. Legg til et ord for å se de beste treffene først." in words(answer)
    assert [post.id for post in answer.context["page"].items][:2] == ["samebutnewer", "prefixintext"]
    assert "beste treff" not in words(guest.get("/posts/?campus=oslo"))


def test_feed_of_a_search_lists_the_newest_posts_first(guest, ranked):
    entries = feedparser.parse(guest.get("/posts/feed/?q=kaffe").content).entries
    assert [entry.title for entry in entries][:3] == ["Natt", "Kvelds", "Lunsj"]


def marked(answer) -> list[str]:
    return re.findall("<mark>(.*?)</mark>", answer.content.decode())


@pytest.mark.parametrize(
    ("q", "title", "content", "expected"),
    [
        ("kaffe", "Morgenkaffen", "Mer kaffe.", ["kaffe", "kaffe"]),
        ("KAFÉ", "Kafé Zoë", "x", ["Kafé"]),
        ("zoe", "Kafé Zoë", "x", ["Zoë"]),
        ("BI", "Bilen til BI", "x", ["BI"]),
        ("hår", "Hår og har", "x", ["Hår"]),
        ("don't", "Don’t panic", "x", ["Don’t"]),
        ("gate", "Storgaten", "x", ["gate"]),
        ("straße", "Die Straße", "x", ["Straße"]),
        ("kaffe kaffek", "Kaffekopp", "x", ["Kaffek"]),  # where two words overlap, there is only one mark
        ("a&b", "A&B <b>", "x", ["A&amp;B"]),
        ("<b>", "Fet <b> tekst", "x", ["&lt;b&gt;"]),
        ("日本", "日本語です", "x", ["日本"]),
    ],
)
def test_hits_are_marked_in_title_and_excerpt(guest, alice, q, title, content, expected):
    PostRepository(alice.appwrite).create("marks", alice.user, fields(title=title, content=content), publish=True)
    assert marked(guest.get("/posts/", {"q": q})) == expected


def test_markup_in_a_post_is_escaped_around_the_marks(guest, alice):
    text = fields(title="<script>kaffe</script>", content="`<img src=x>` kaffe & te")
    PostRepository(alice.appwrite).create("marks", alice.user, text, publish=True)
    page = guest.get("/posts/?q=kaffe").content.decode()
    assert "&lt;script&gt;<mark>kaffe</mark>&lt;/script&gt;" in page
    assert "&lt;img src=x&gt; <mark>kaffe</mark> &amp; te" in page


def excerpt_of(guest, alice, content: str, q: str = "kaffe", excerpt: str = "") -> str:
    text = fields(title="Uten ordet", content=content, excerpt=excerpt)
    PostRepository(alice.appwrite).create("hit", alice.user, text, publish=True)
    (post,) = guest.get("/posts/", {"q": q}).context["page"].items
    return str(post.summary)


LONG = "Her står det noe annet. " * 40


def test_excerpt_shows_the_text_around_the_hit_without_markdown(guest, alice):
    text = f"{LONG}\n\n## Midt i\n\nVi fant **kaffe** på [kjøkkenet](https://example.com/). {LONG}"
    shown = excerpt_of(guest, alice, text)
    assert "Vi fant kaffe på kjøkkenet. Her står" in shown
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert len(shown) <= 182
    assert not set(shown) & set("*#[]()")


def test_authors_excerpt_is_kept_if_it_contains_the_words(guest, alice):
    assert excerpt_of(guest, alice, LONG + "kaffe", excerpt="Om kaffe og te.") == "Om kaffe og te."


def test_excerpt_shows_the_part_with_the_most_words(guest, alice):
    text = f"{LONG} Først kaffe. {LONG} Så kake med kaffe. {LONG} {LONG} Til slutt kake."
    assert "Så kake med kaffe." in excerpt_of(guest, alice, text, q="kaffe kake")


def test_excerpt_is_unchanged_if_the_hit_is_not_visible(guest, alice):
    text = f"{LONG} [her](https://example.com/kaffe) {LONG}"
    assert excerpt_of(guest, alice, text).startswith("Her står det noe annet.")


def test_hit_is_found_after_letters_that_folding_lengthens(guest, alice):
    assert "Så kaffe" in excerpt_of(guest, alice, f"{'ß ' * 400}\n\nSå kaffe. {LONG}")
    assert guest.get("/posts/?q=kaffe").status_code == 200


def test_search_form_is_on_every_page_for_everyone(guest, bob, published):
    for browser in (guest, bob.browser()):
        for path in ("/", f"/posts/{published.id}/", "/auth/login/", "/nothing/"):
            answer = browser.get(path, follow=True)
            page = html5lib.parse(answer.content.decode(), namespaceHTMLElements=False)
            assert page.findall(".//form[@action='/posts/']//input[@name='q']"), path
            assert page.findall(".//a[@href='/posts/#q']"), path


def test_search_field_of_the_list_contains_the_query(guest, published):
    page = html5lib.parse(guest.get("/posts/?q=kaffe").content.decode(), namespaceHTMLElements=False)
    assert [field.get("value") for field in page.findall(".//input[@name='q']")] == ["kaffe"]


def test_search_stops_after_a_maximum_number_of_characters(guest, alice, monkeypatch):
    posts = PostRepository(alice.appwrite)
    for number in range(5):
        posts.create(f"long{number}", alice.user, fields(title="Bil", content="BI " * 1000), publish=True)
    monkeypatch.setattr(table, "MAX_READ_SIZE", 5_000)
    answer = guest.get("/posts/?q=BI")
    assert answer.context["page"].total == 2
    assert "Bare de nyeste innleggene ble gjennomsøkt." in words(answer)


@pytest.mark.parametrize("q", ["BI", "kaffe", "C++ kurs", "hår", "don't", "å " * 49 + "b", "100% of the 🎉"])
def test_search_makes_one_call_that_the_real_server_allows(guest, shelf, monkeypatch, q):
    """Every search complies with the limits of Appwrite 1.9.6.

    A full-text query finds rows with any of its words, and fails on some characters. Each word therefore has its own
    query, which contains only letters and digits. A call may contain at most 100 queries of at most 4,096 characters
    each.
    """
    sent: list[str] = []
    send = POOL.send

    def noted(request: requests.PreparedRequest, **options: object) -> requests.Response:
        sent.append(str(request.url))
        return send(request, **options)

    monkeypatch.setattr(POOL, "send", noted)
    assert guest.get("/posts/", {"q": q}).status_code == 200
    assert len(sent) == 1
    queries = [values[0] for name, values in parse_qs(sent[0].partition("?")[2]).items() if name.startswith("queries")]
    assert len(queries) <= 100
    assert max(map(len, queries)) <= 4096
    for query in map(json.loads, queries):
        for part in query["values"] if query["method"] in ("or", "and") else [query]:
            if part["method"] == "search":
                assert re.fullmatch(r"[A-Za-z0-9]{3,84}", part["values"][0])


def test_long_word_of_rare_letters_can_be_searched(guest, shelf):
    assert guest.get("/posts/", {"q": "𝒜" * 100}).status_code == 200
    assert guest.get("/posts/", {"q": "한" * 100}).status_code == 200


def test_search_for_many_words_finds_posts_with_all_of_them_and_sends_no_long_url(guest, alice, monkeypatch):
    """Many proxies reject URLs of more than 8,000 characters."""
    many = " ".join("abcdefghijklmnopqrstuvwxyz0123456789æøåäöéèüñ")
    for post_id, content in (("hasall", many), ("hasfewer", many.removeprefix("a "))):
        PostRepository(alice.appwrite).create(post_id, alice.user, fields(content=content), publish=True)
    lengths: list[int] = []
    send = POOL.send

    def noted(request: requests.PreparedRequest, **options: object) -> requests.Response:
        lengths.append(len(str(request.url)))
        return send(request, **options)

    monkeypatch.setattr(POOL, "send", noted)
    assert search_results(guest, many) == {"hasall"}
    assert 0 < max(lengths) < 8000


# -- hits --------------------------------------------------------------------------------------------------------------
def places(word: search.Word, field: str, *, within: bool) -> list[int]:
    """Return the positions of all hits of `word` in `field`, found by checking every position."""
    found = []
    for start in range(len(field)):
        if not field.startswith(word._folded, start):
            continue
        is_inside = search._separates(field[start]) and search._separates(field[max(start - 1, 0) : start])
        is_continued = search._separates(field[start + len(word._folded) :][:1])
        if (within and word._is_compound_part) or not (is_inside or (word._is_short and is_continued)):
            found.append(start)
    return found


SIGNS = "abå1- 漢"


@given(st.text(SIGNS, min_size=1, max_size=4), st.text(SIGNS, max_size=40), st.booleans())
def test_hits_are_found_at_every_position(typed, field, within):
    for word in search.words_of(typed):
        assert [hit.start for hit in word.hits(field, within=within)] == places(word, field, within=within)


def test_long_runs_of_letters_are_skipped():
    """Otherwise, anyone could keep the server busy for half a minute by searching 20 posts that contain such runs."""
    words_sought = search.words_of(" ".join("a" * length for length in range(3, 14)))
    row = {"title": "a", "content": "a" * 99_000 + " " + " ".join(word.text for word in words_sought), "excerpt": ""}
    search._runs()  # the first call takes time, once per process
    start = time.thread_time()
    prepared = search.Text(row)
    assert search.contains(prepared, words_sought)
    search.rank(prepared, words_sought)
    assert time.thread_time() - start < 3


def test_last_cased_is_the_greatest_code_of_a_cased_letter_or_digit():
    assert not any(search._separates(chr(code)) for code in range(search.LAST_CASED, sys.maxunicode + 1))
