"""Redis shared by several machines, and the site while Redis is unavailable. The tests run a real redis-server."""

import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from core import errors, redis_store
from core.locks import claimed, one_at_a_time
from core.rate_limits import Limit, RedisCounter
from core.redis_store import RedisStore
from core.revalidation import RedisGeneration, current_generation, revalidate
from posts import scheduling
from posts.editing import undo_store
from posts.models import Plan, Post
from posts.repository import PostRepository
from tests.conftest import fields, picture
from tests.redis_server import RedisServer, redis_required
from tests.users import Browser, words

pytestmark = pytest.mark.processes

TEXT = "Det er **kaffe** igjen, helt uten sukker."
FORM = {"title": "Kaffe på lesesalen", "content": TEXT, "language": "nb", "post_id": "abcdefgh27", "state": "new"}
PATIENT = {"socket_connect_timeout": 30, "socket_timeout": 30}


@pytest.fixture
def server() -> Iterator[RedisServer]:
    redis_required()
    with RedisServer() as server:
        yield server


@pytest.fixture
def shared(appwrite, server, settings) -> Iterator[RedisServer]:
    """Configure the site to use the Redis server, and yield the server."""
    backend = {"BACKEND": "django.core.cache.backends.redis.RedisCache", **PATIENT}
    settings.CACHES = {"default": {"BACKEND": "core.cache.TolerantCache", "LOCATION": server.url, "OPTIONS": backend}}
    yield server
    redis_store.store().close()


@pytest.fixture
def processes(shared) -> Iterator[list[RedisStore]]:
    """Yield two stores with their own connections, as in two other processes."""
    stores = [RedisStore(shared.url, PATIENT) for _ in range(2)]
    yield stores
    for store in stores:
        store.close()


# -- locks -------------------------------------------------------------------------------------------------------------
def test_blocks_with_the_same_lock_run_one_at_a_time(shared):
    total = 0

    def add() -> None:
        nonlocal total
        for _ in range(20):
            with one_at_a_time("total"):
                before = total
                threading.Event().wait(0.001)
                total = before + 1

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(add) for _ in range(4)]:
            done.result()
    assert total == 80


def test_only_one_block_at_a_time_gets_a_claim(shared):
    with claimed("schedule", 10) as first, claimed("schedule", 10) as second:
        assert (first, second) == (True, False)
    with claimed("schedule", 10) as third:
        assert third


def test_lock_of_a_killed_worker_expires(shared):
    shared.client.lock("biso:lock:admins", timeout=0.3).acquire()  # never released, as if the worker had been killed
    with one_at_a_time("admins", seconds=5):
        pass


def test_lock_that_is_never_released_is_reported_as_unavailable(shared):
    shared.client.set("biso:lock:admins", "another")
    with pytest.raises(errors.UnavailableError, match="the lock admins was not free"), one_at_a_time("admins", 0.1):
        pytest.fail("the block ran")


def test_block_that_outlives_its_lock_is_logged_and_does_not_release_the_next_lock(shared, caplog):
    with one_at_a_time("admins"):
        shared.client.set("biso:lock:admins", "another")
    assert "lost its lock before its end" in caplog.text
    assert shared.client.get("biso:lock:admins") == b"another"


def test_locks_use_files_during_a_redis_outage(shared, settings):
    shared.kill()
    with one_at_a_time("admins"):
        assert (settings.LOCAL_DIR / "admins.lock").exists()


def test_posts_deleted_at_the_same_time_can_all_be_restored(shared, alice, published):
    posts = [replace(published, id=f"deleted{number:03}") for number in range(12)]
    with ThreadPoolExecutor(6) as threads:
        assert all(threads.map(lambda post: undo_store.put(alice.user, post, None), posts))
    assert {post.id for post in undo_store.deleted_by(alice.user)} == {post.id for post in posts}


# -- rate limits -------------------------------------------------------------------------------------------------------
def test_attempts_are_counted_exactly_across_processes(shared, processes):
    counters = [RedisCounter(process) for process in processes]
    limit = Limit("test", 7, 600)
    with ThreadPoolExecutor(8) as threads:
        waits = list(threads.map(lambda number: counters[number % 2].take("limit:test", limit), range(40)))
    assert waits.count(0) == 7
    assert all(wait in range(300, 602) for wait in waits if wait)
    assert counters[0].left("limit:test", limit) == 0
    counters[1].give_back("limit:test", limit)
    assert counters[0].left("limit:test", limit) == 1
    assert counters[0].take("limit:test", limit) == 0
    assert 0 < shared.client.ttl("biso:limit:test") <= 600


def test_rate_limit_allows_new_attempts_after_it_expires(shared):
    limit = Limit("test", 1, 1)
    assert limit.take("olga") == 0
    until = threading.Event()
    while limit.left("olga") == 0:
        until.wait(0.05)
    assert limit.take("olga") == 0


# -- the generation ----------------------------------------------------------------------------------------------------
def test_all_processes_share_the_generation_and_see_its_changes(processes):
    here, there = map(RedisGeneration, processes)
    first = here.current(0)
    assert first == there.current(0) == there.current(3600)
    here.change()
    second = here.current(3600)
    assert second == here.current(0) != first  # the process that writes sees the change at once
    assert there.current(3600) == first
    assert there.current(0) == second


def test_restarted_server_has_a_different_generation(shared):
    first = current_generation()
    cache.set("key", "value")
    shared.kill()
    shared.start()
    assert cache.get("key") is None
    assert current_generation() not in (None, first)


def test_write_during_an_outage_changes_the_generation_afterwards(shared, monkeypatch):
    monkeypatch.setattr(redis_store, "RETRY_AFTER", 0)
    first = current_generation()
    shared.client.config_set("maxmemory", 1)
    revalidate()
    assert current_generation() is None
    shared.client.config_set("maxmemory", 0)
    assert current_generation() not in (None, first)
    assert current_generation() == current_generation(max_age=3600)


# -- outages -----------------------------------------------------------------------------------------------------------
def set_timeouts(seconds: float) -> None:
    """Set how long the site waits for Redis. Tests use a short timeout only while the server hangs."""
    pool = redis_store.store().pool
    pool.connection_kwargs.update(socket_timeout=seconds, socket_connect_timeout=seconds)
    pool.disconnect()
    pool.reset()  # open connections would keep their timeouts


def hang(server: RedisServer) -> None:
    server.hang()
    set_timeouts(0.3)


def resume(server: RedisServer) -> None:
    server.resume()
    set_timeouts(30)


BREAK = {
    "refused": lambda server: server.kill(),
    "hanging": hang,
    "full": lambda server: server.client.config_set("maxmemory", 1),
    "read-only": lambda server: server.client.replicaof("127.0.0.1", 9),
    "password": lambda server: (
        server.client.config_set("requirepass", "changed")
        and server.client.client_kill_filter(_type="normal", skipme=True)
    ),
}
REPAIR = {
    "refused": lambda server: server.start(),
    "hanging": resume,
    "full": lambda server: server.client.config_set("maxmemory", 0),
    "read-only": lambda server: server.client.replicaof("NO", "ONE"),
    "password": lambda server: server.client.config_set("requirepass", ""),
}
every_fault = pytest.mark.parametrize(
    "fault", [pytest.param(fault, marks=[pytest.mark.thorough] if fault == "password" else []) for fault in BREAK]
)


@every_fault
def test_site_works_during_an_outage_and_uses_redis_again(
    fault, shared, alice, guest, covered, stored, appwrite, monkeypatch, caplog
):
    failures = []
    fail = RedisStore._fail
    monkeypatch.setattr(RedisStore, "_fail", lambda *failure: (failures.append(failure), fail(*failure)))
    monkeypatch.setattr(redis_store, "RETRY_AFTER", 3600)
    post, browser = covered(publish=True), alice.browser()
    PostRepository(alice.appwrite).create("alicesold0", alice.user, fields(), publish=True)
    assert browser.post("/posts/alicesold0/delete/").status_code == 302
    picked = browser.post("/posts/preview/", {**FORM, "cover_alt": "Rød", "cover": cover()})
    pending = picked.context["form"]["pending_cover"].value()
    before = current_generation()
    assert pending
    assert before

    BREAK[fault](shared)
    assert guest.get("/auth/login/").status_code == 200
    address = f"{fault}@example.com"  # one address per fault, because the process counts the e-mails to each address
    assert guest.post("/auth/login/", {"email": address, "act": "code"}).status_code == 302
    assert guest.post("/auth/code/", {"code": appwrite.inbox.code(address)}).status_code == 302
    for path in ("/", "/posts/", f"/posts/{post.id}/", "/posts/feed/", f"/posts/cover/{post.cover_id}/480/"):
        assert Browser().get(path).status_code == browser.get(path).status_code == 200, path
    assert current_generation() is None
    assert guest.get("/readyz").json() == {"status": "ok", "circuit": "closed", "redis": "down"}

    assert "Du kan ikke angre en sletting akkurat nå." in words(browser.get("/posts/mine/"))
    assert "You can’t undo a deletion at the moment." in words(browser.get("/en/posts/mine/"))
    assert "Vi kan ikke hente innlegget tilbake akkurat nå." in words(
        browser.post("/posts/alicesold0/undo/", follow=True)
    )
    assert "kan du ikke angre" in words(browser.post(f"/posts/{post.id}/delete/"))
    assert stored(post.id).id == post.id

    lost = browser.post("/posts/preview/", {**FORM, "cover_alt": "Rød", "cover": cover()})
    assert "Vi kunne ikke ta vare på bildet. Velg det på nytt." in words(lost)
    assert TEXT in words(lost)
    kept = browser.post("/posts/new/", {**FORM, "cover_alt": "Rød", "pending_cover": pending})
    assert kept.status_code == 200
    assert "Vi får ikke hentet bildet du valgte akkurat nå." in words(kept)
    assert TEXT in words(kept)
    assert browser.post("/posts/new/", {**FORM, "act": "publish"}).status_code == 302
    assert len(failures) == caplog.text.count("cannot be used") == 1

    monkeypatch.setattr(redis_store.store(), "_retry_at", 0)
    REPAIR[fault](shared)
    assert current_generation() not in (None, before)
    assert guest.get("/readyz").json()["redis"] == "ok"
    assert "Du kan ikke angre" not in words(browser.get("/posts/mine/"))
    if fault != "refused":  # with the other faults, the server keeps its data
        form = {**FORM, "post_id": "abcdefgh29", "cover_alt": "Rød", "pending_cover": pending}
        assert browser.post("/posts/new/", form).status_code == 302
        assert "Innlegget er tilbake." in words(browser.post("/posts/alicesold0/undo/", follow=True))
    assert len(failures) == caplog.text.count("cannot be used") == caplog.text.count("can be used again") == 1
    assert browser.post("/posts/abcdefgh27/delete/").status_code == 302
    assert [deleted.id for deleted in undo_store.deleted_by(alice.user)][:1] == ["abcdefgh27"]
    assert "The cache" not in caplog.text


def cover() -> SimpleUploadedFile:
    return SimpleUploadedFile("cover.webp", picture())


def test_redis_is_not_called_again_after_a_slow_response(server, caplog):
    redis = RedisStore(server.url, {"socket_timeout": 0.01, "socket_connect_timeout": 30})
    assert redis.call(lambda _: threading.Event().wait(0.03)) is False
    assert redis.is_down
    assert "seconds to respond" in caplog.text
    with pytest.raises(redis_store.OutageError):
        redis.call(lambda _: pytest.fail("the site called Redis"))
    redis.close()


def test_limits_are_lower_but_not_zero_during_an_outage(shared, monkeypatch):
    monkeypatch.setattr(redis_store, "RETRY_AFTER", 3600)
    limit = Limit("test", 7, 600)
    shared.kill()
    assert [limit.take("olga") > 0 for _ in range(5)] == [False, False, False, True, True]
    assert limit.left("olga") == 0
    limit.give_back("olga")
    assert limit.left("olga") == 1
    assert Limit("once", 1, 600).take("olga") == 0


def test_all_processes_see_writes_made_during_an_outage(shared, monkeypatch):
    monkeypatch.setattr(redis_store, "RETRY_AFTER", 3600)
    cache.set("deleted", "before")
    cache.set("changed", "before")
    shared.client.config_set("maxmemory", 1)
    cache.set("changed", "during", 600)
    cache.delete("deleted")
    assert (cache.get("changed"), cache.get("deleted")) == ("during", None)
    shared.client.config_set("maxmemory", 0)
    monkeypatch.setattr(redis_store.store(), "_retry_at", 0)
    cache.set("other", "after")
    assert shared.client.exists(":1:deleted") == 0
    assert b"during" in shared.client.get(":1:changed")
    assert 0 < shared.client.ttl(":1:changed") <= 600
    shared.client.delete(":1:changed")  # another process may also delete the value
    assert cache.get("changed") is None


def test_damaged_values_count_as_missing(shared):
    for value in (b"", b"\x80", b"garbage", b"7"):
        shared.client.set(":1:key", value)
        assert cache.get("key") is None
        cache.set("key", "value")
        assert cache.get("key") == "value"


def test_many_values_are_read_in_one_call(shared, monkeypatch):
    """During an outage, the sitemap checks up to 5,000 posts to leave out those that were withdrawn."""
    monkeypatch.setattr(redis_store, "RETRY_AFTER", 3600)
    for key in ("a", "b", "c", "d"):
        cache.set(key, key)
    cache.delete("c")
    shared.client.set(":1:d", b"7")  # not written by this cache
    before = shared.client.info("commandstats").get("cmdstat_get", {"calls": 0})["calls"]
    assert cache.get_many(["a", "b", "c", "d", "e"]) == {"a": "a", "b": "b"}
    assert shared.client.info("commandstats").get("cmdstat_get", {"calls": 0})["calls"] == before
    shared.client.set(":1:d", b"garbage")
    assert cache.get_many(["a", "b", "c", "d", "e"]) == {"a": "a", "b": "b"}
    shared.client.config_set("maxmemory", 1)
    cache.set("a", "during")
    cache.delete("b")
    assert cache.get_many(["a", "b", "e"]) == {"a": "during"}


def test_only_one_process_can_add_a_key(shared):
    with ThreadPoolExecutor(8) as threads:
        added = list(threads.map(lambda number: cache.add("key", number, 600), range(16)))
    assert added.count(True) == 1
    assert cache.get("key") == added.index(True)


def test_log_contains_no_password(shared, settings, caplog):
    settings.CACHES["default"]["LOCATION"] = shared.url.replace("//", "//biso:s3cr@et@")
    assert current_generation() is None
    assert re.search(r"Redis at redis://127\.0\.0\.1:\d+/0 cannot be used", caplog.text)
    assert "s3cr" not in caplog.text


# -- scheduled posts ---------------------------------------------------------------------------------------------------
@pytest.fixture
def planned(shared, alice, draft, monkeypatch) -> Post:
    """Return Alice's draft, whose scheduled time passed an hour ago."""
    plan = Plan(timezone.now() + timedelta(hours=1))
    post = PostRepository(alice.appwrite).update(draft, fields(title="Planlagt"), plan)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 7200)
    monkeypatch.setattr(timezone, "now", lambda: datetime.fromtimestamp(real() + 7200, UTC))
    return post


def test_scheduled_post_is_published_with_redis(planned, guest):
    assert "Planlagt" in guest.get("/posts/").content.decode()


def test_scheduled_post_is_published_while_redis_is_unavailable(planned, shared, guest):
    shared.kill()
    assert "Planlagt" not in guest.get("/posts/").content.decode()
    scheduling._reading.acquire()
    scheduling._reread()  # as in the background, because the cached plan is lost
    assert "Planlagt" in guest.get("/posts/").content.decode()
