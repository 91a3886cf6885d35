"""Cached copies of guests' reads: who shares them, how long they are used and how many are stored."""

import json
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from core import read_cache
from core.appwrite_client import create_admin_client
from core.read_age import recorded_reads
from core.sized_memory import SizedMemory
from core.transport import POOL
from posts import public_copies
from posts.public_posts import PublicPosts
from posts.repository import PostRepository
from tests.conftest import fields
from tests.count_calls import count_calls
from tests.site import unnoticed
from tests.users import Browser, words


@pytest.fixture
def later(monkeypatch):
    """Return a function that moves the site's clock forward by a number of seconds."""
    clock, now, shift = time.time, timezone.now, [0.0]
    monkeypatch.setattr(time, "time", lambda: clock() + shift[0])
    monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(seconds=shift[0]))

    def wait(seconds: float) -> None:
        shift[0] += seconds

    return wait


def titles(browser: Browser) -> list[str]:
    return [post.title for post in browser.get("/posts/").context["page"].items]


def test_guests_and_signed_in_visitors_share_one_read(guest, alice, bob, published):
    alice.browser().get("/posts/mine/")
    bob.browser().get("/posts/mine/")
    for path in ("/", "/posts/", f"/posts/{published.id}/", "/posts/by/alice/", "/posts/feed/", "/sitemap.xml"):
        guest.get(path)
        with count_calls() as calls:
            for browser in (guest, alice.browser(), bob.browser(), Browser()):
                assert browser.get(path).status_code == 200
        assert calls == [], path


def test_workers_share_copies(guest, published, monkeypatch):
    titles(guest)
    for kind in (public_copies.FIRST, public_copies.POST_CACHE):
        monkeypatch.setattr(
            kind, "_memory", SizedMemory(1_000_000, max_size=500_000)
        )  # empty memory, as in another process
    with count_calls() as calls:
        assert titles(guest) == ["Alices innlegg"]
    assert calls == []


def test_many_requests_without_a_copy_cause_one_call(guest, published):
    guest.get("/nothing/")  # the first request also loads the templates
    start = threading.Barrier(40)

    def read(_: int) -> str:
        start.wait(60)
        return PublicPosts().published().items[0].title

    with count_calls() as calls, ThreadPoolExecutor(40) as pool:
        assert set(pool.map(read, range(40))) == {"Alices innlegg"}
    assert len(calls) == 1


def test_write_made_elsewhere_is_visible_after_a_minute(guest, published, later):
    assert titles(guest) == ["Alices innlegg"]
    with unnoticed():
        create_admin_client().db.update_row("app", "posts", published.id, {"title": "Ny tittel"})
    later(read_cache.FRESH_TTL - 1)
    assert titles(guest) == ["Alices innlegg"]
    later(2)
    assert titles(guest) == ["Ny tittel"]
    assert read_cache.FRESH_TTL < 60


@pytest.mark.parametrize("seconds", [5, 30, 55])
def test_scheduled_post_appears_within_a_minute_of_its_time(guest, published, later, seconds):
    due = (timezone.now() + timedelta(seconds=seconds)).isoformat()
    create_admin_client().db.update_row("app", "posts", published.id, {"publishedAt": due})
    assert titles(guest) == []
    later(seconds + 59)
    assert titles(guest) == ["Alices innlegg"]


def test_read_that_started_before_a_write_is_not_used_after_it(guest, alice, published, monkeypatch):
    """Appwrite sends the read's response before the write, but the site receives it after the write."""
    send, posts = POOL.send, PostRepository(alice.appwrite)
    is_first = [True]

    def slow(request, **options):
        answer = send(request, **options)
        if request.method == "GET" and is_first.pop():
            is_first.append(False)
            posts.update(published, fields(title="Ny tittel"))
        return answer

    monkeypatch.setattr(POOL, "send", slow)
    with recorded_reads() as reads:
        assert titles(guest) == ["Alices innlegg"]
    assert titles(guest) == ["Ny tittel"]
    assert reads.generation is not None


def test_stale_copy_is_used_while_another_request_refreshes_it(guest, published, later, monkeypatch):
    titles(guest)
    later(read_cache.FRESH_TTL + 5)
    send, is_called, may_answer = POOL.send, threading.Event(), threading.Event()

    def held(request, **options):
        is_called.set()
        assert may_answer.wait(60)
        return send(request, **options)

    monkeypatch.setattr(POOL, "send", held)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(titles, Browser())
        assert is_called.wait(60)
        assert titles(guest) == ["Alices innlegg"]
        may_answer.set()
        assert first.result() == ["Alices innlegg"]


def test_number_of_copies_is_limited_and_lists_are_kept(guest, published, monkeypatch):
    """Neither unknown ids nor searches evict the copies of the most popular pages."""
    monkeypatch.setattr(public_copies.OTHERS, "_slots", 3)
    guest.get("/")
    guest.get("/posts/")
    guest.get(f"/posts/{published.id}/")
    before = stored_keys()
    for number in range(3):
        guest.get(f"/posts/unknown{number}/")
        guest.get(f"/posts/by/unknown{number}/")
        guest.get(f"/posts/?page={number + 2}")
    assert stored_keys() == before
    for number in range(12):
        guest.get(f"/posts/?tag=emne{number}&campus=oslo")
    assert len(stored_keys() - before) == 3
    monkeypatch.setattr(public_copies.FIRST, "_memory", SizedMemory(1_000_000, max_size=500_000))
    with count_calls() as calls:
        guest.get("/")
        guest.get("/posts/")
    assert calls == []


def stored_keys() -> set[str]:
    return {key for key in cache._shared._cache if "read:" in key}  # type: ignore[attr-defined]


def test_copies_contain_only_what_a_guest_may_read(draft, published, alice, ingrid, bob):
    paths = ["/", "/posts/", "/posts/?q=alices", "/posts/mine/", "/posts/by/alice/", "/posts/feed/", "/manage/"]
    paths += [f"/posts/{post.id}/{page}" for post in (draft, published) for page in ("", "edit/", "delete/")]
    for person in (alice, ingrid, bob):
        for path in paths:
            person.browser().get(path)
    texts = [json.loads(zlib.decompress(cache.get(key.split(":", 2)[2])[3])) for key in stored_keys()]
    assert len(texts) >= 5
    for text in map(str, texts):
        assert "Alices kladd" not in text
        assert draft.id not in text
        assert "@example.com" not in text


def test_memory_per_worker_is_limited():
    memory = SizedMemory[str](100, max_size=50)
    for number in range(10):
        memory.put(str(number), "value", 40)
    memory.put("large", "value", 60)
    assert [key for key in map(str, range(10)) if memory.get(key)] == ["8", "9"]
    assert memory.get("large") is None


def test_copies_are_json_that_other_releases_can_read(guest, published):
    """A release that adds a column or field to posts can still use the previous release's copies."""
    guest.get(f"/posts/{published.id}/")
    (entry,) = [cache.get(key.split(":", 2)[2]) for key in stored_keys() if "read:post:" in key]
    assert [type(part) for part in entry] == [str, float, str, bytes]
    listing = public_copies._listing({"rows": [{"$id": "x", "unknown": 1}, {**ROW}], "new": True})
    assert [post.title for post in listing.posts] == ["…"]


ROW = {"$id": "abc", "$permissions": ['update("user:alice")'], "$createdAt": "2026-01-01T00:00:00.000+00:00"}
ROW["$updatedAt"] = ROW["$createdAt"]


def test_nothing_is_stored_without_a_generation(guest, published, monkeypatch):
    monkeypatch.setattr(read_cache, "current_generation", lambda: None)
    for _ in range(2):
        with count_calls() as calls, recorded_reads() as reads:
            assert "Alices innlegg" in words(guest.get("/posts/"))
        assert len(calls) == 1
        assert reads.generation is None
    assert stored_keys() == set()
