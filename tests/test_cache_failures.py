"""If the shared cache fails for any reason, no page returns a 500 error, signing in works, and no text is lost."""

import errno
import os
import pickle
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.cache.backends import filebased
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from accounts.models import User
from core import rate_limits
from core.cache import TolerantCache
from core.locks import one_at_a_time
from tests import users
from tests.conftest import picture
from tests.pages import mailed
from tests.users import Browser, words

TEXT = "Det er **kaffe** igjen, helt uten sukker."
FORM = {"title": "Kaffe på lesesalen", "content": TEXT, "language": "nb", "post_id": "abcdefgh27", "state": "new"}


def entry(value: object) -> bytes:
    """Return the contents of an entry in Django's file cache."""
    return pickle.dumps(None) + zlib.compress(pickle.dumps(value))


def without_a_field() -> User:
    user = User("alice", "Alice")
    del user.__dict__["labels"]
    return user


CONTENTS = {
    "empty": b"",
    "one byte": b"\x80",
    "garbage": os.urandom(400),
    "text": b"not a cache",
    "no value": pickle.dumps(None),
    "broken zlib": pickle.dumps(None) + zlib.compress(b"x" * 500)[:-9],
    "broken pickle": pickle.dumps(None) + zlib.compress(pickle.dumps(["x"] * 9)[:-5]),
    "missing class": pickle.dumps(None) + zlib.compress(b"\x80\x04\x8c\x05posts\x94\x8c\x04Gone\x94\x93\x94."),
    "odd end": pickle.dumps("soon") + zlib.compress(pickle.dumps("x")),
    "another value": entry("x"),
    "another value of ours": entry(("biso-1", 7, 8)),
    "class of an earlier release": entry(("biso-1", (without_a_field(), 9e12))),
}


@pytest.fixture
def folder(appwrite, settings, tmp_path) -> Path:
    """Configure the file cache as on a server. Return its folder."""
    folder = tmp_path / "cache"
    options = {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache"}
    settings.CACHES = {"default": {"BACKEND": "core.cache.TolerantCache", "LOCATION": str(folder), "OPTIONS": options}}
    return folder


@pytest.fixture
def fault(request, folder, settings, monkeypatch) -> Callable[[], None]:
    """Return a function that makes the cache fail. Tests call this function before each step."""
    kind = request.param

    def failing(number: int) -> Callable[..., None]:
        def fail(*_: object, **__: object) -> None:
            raise OSError(number, os.strerror(number))

        return fail

    if kind == "full disk":
        monkeypatch.setattr(filebased.tempfile, "mkstemp", failing(errno.ENOSPC))
        monkeypatch.setattr("core.locks.open", no_new_file(errno.ENOSPC), raising=False)
    elif kind in ("read only", "another user's"):
        number = errno.EROFS if kind == "read only" else errno.EACCES
        monkeypatch.setattr(filebased.tempfile, "mkstemp", failing(number))
        monkeypatch.setattr(filebased.os, "makedirs", failing(number))
        monkeypatch.setattr(filebased.FileBasedCache, "_delete", failing(number))
        monkeypatch.setattr("core.locks.open", no_new_file(number), raising=False)
        if kind != "read only":
            monkeypatch.setattr("django.core.cache.backends.filebased.open", failing(number), raising=False)
    elif kind == "no folder":
        (folder.parent / "file").write_text("")
        settings.LOCAL_DIR = folder.parent / "file" / "local"
        shutil.rmtree(folder, ignore_errors=True)
        folder.write_text("")
    elif kind == "server away":
        for name in ("get", "set", "add", "delete", "clear"):
            monkeypatch.setattr(filebased.FileBasedCache, name, failing(errno.ECONNREFUSED))

    def step() -> None:
        if kind == "vanishes":
            shutil.rmtree(folder, ignore_errors=True)
        for file in folder.glob("*.djcache") if kind in CONTENTS else ():
            file.write_bytes(CONTENTS[kind])

    return step


def no_new_file(number: int) -> Callable[..., object]:
    """Return a replacement for `open` that raises OSError with errno `number` if it would create a file."""

    def opened(name: object, mode: str = "r", *rest: object, **options: object) -> object:
        if "w" in mode:
            raise OSError(number, os.strerror(number))
        return open(name, mode, *rest, **options)  # type: ignore[call-overload]

    return opened


FAULTS = ["full disk", "read only", "another user's", "no folder", "server away", "vanishes", *CONTENTS]
DAMAGE = ["garbage", "class of an earlier release"]
OTHER_DAMAGE = CONTENTS.keys() - DAMAGE  # reads fail in the same places as with DAMAGE
every_fault = pytest.mark.parametrize(
    "fault",
    [pytest.param(fault, marks=[pytest.mark.thorough] if fault in OTHER_DAMAGE else []) for fault in FAULTS],
    indirect=True,
)
# With these faults, every write fails.
no_writing = pytest.mark.parametrize("fault", FAULTS[:5], indirect=True)


@every_fault
def test_signing_in_by_link_works(fault, guest, appwrite):
    fault()
    assert guest.post("/auth/login/", {"email": "olga@example.com"}).status_code == 302
    fault()
    page = guest.get(mailed(appwrite), follow=True)
    fault()
    assert guest.post("/auth/callback/", page.context["fields"]).status_code == 302
    fault()
    assert guest.get("/auth/account/").status_code == 200


@every_fault
def test_signing_in_by_code_works(fault, guest, appwrite):
    guest.post("/auth/login/", {"email": "olga@example.com", "act": "code"})
    fault()
    assert guest.post("/auth/code/", {"code": "000000"}).status_code == 200
    fault()
    assert guest.post("/auth/code/", {"code": appwrite.inbox.code("olga@example.com")}).status_code == 302
    fault()
    assert guest.get("/auth/account/").status_code == 200


@no_writing
def test_rate_limits_keep_counting_in_each_process(fault, guest, appwrite):
    guest.post("/auth/login/", {"email": "olga@example.com", "act": "code"})
    statuses = [guest.post("/auth/code/", {"code": "000000"}).status_code for _ in range(6)]
    assert statuses == [200, 200, 200, 200, 429, 429]
    for _ in range(rate_limits.SENDS_PER_CLIENT.attempts + 3):
        last = Browser().post("/auth/login/", {"email": "someone@example.com"})
    assert last.status_code == 429


def test_rate_limit_keeps_counting_when_the_disk_is_full(folder, monkeypatch):
    """The count in the cache can no longer be updated, so the rate limit must ignore it."""
    limit = rate_limits.Limit("test", 3, 600)
    assert limit.take("olga") == 0
    fail_to_write(monkeypatch)
    assert [limit.take("olga") > 0 for _ in range(3)] == [False, False, True]
    monkeypatch.undo()
    assert limit.take("olga") > 0


def fail_to_write(monkeypatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(filebased.tempfile, "mkstemp", full)
    monkeypatch.setattr(filebased.FileBasedCache, "_delete", full)


@every_fault
def test_preview_keeps_the_text_and_reports_a_lost_picture(fault, request, alice):
    browser = alice.browser()
    fault()
    form = {**FORM, "cover_alt": "En rød flate", "cover": SimpleUploadedFile("cover.webp", picture())}
    page = browser.post("/posts/preview/", form)
    assert page.status_code == 200
    assert TEXT in words(page)
    if request.node.callspec.params["fault"] in FAULTS[:5]:
        assert "Vi kunne ikke ta vare på bildet. Velg det på nytt." in words(page)
    else:
        assert page.context["form"].cover_url
    fault()
    form["cover"] = SimpleUploadedFile("cover.webp", picture())
    assert browser.post("/posts/new/", {**form, "act": "publish"}).status_code == 302


@no_writing
def test_invalid_form_says_that_its_picture_is_lost(fault, alice):
    form = {**FORM, "title": "", "cover_alt": "Rød", "cover": SimpleUploadedFile("cover.webp", picture())}
    page = alice.browser().post("/posts/new/", form)
    assert page.status_code == 200
    assert TEXT in words(page)
    assert "Vi kunne ikke ta vare på bildet. Velg det på nytt." in words(page)


@every_fault
def test_writing_and_reading_work(fault, alice, stored):
    browser = alice.browser()
    fault()
    assert browser.post("/posts/new/", {**FORM, "content": TEXT * 300}).status_code == 302
    for act in ("publish", "unpublish", "publish"):
        fault()
        assert browser.post(f"/posts/abcdefgh27/{act}/").status_code == 302
    fault()
    form = browser.get("/posts/abcdefgh27/edit/").context["form"].initial
    fault()
    assert browser.post("/posts/abcdefgh27/edit/", {**form, "content": TEXT * 301}).status_code == 302
    assert stored("abcdefgh27").data["content"] == TEXT * 301
    for path in ("/", "/posts/", "/posts/abcdefgh27/", "/posts/feed/", "/posts/mine/", "/auth/account/"):
        fault()
        assert browser.get(path).status_code == 200, path
        assert Browser().get(path).status_code in (200, 302), path
    fault()
    assert browser.post("/auth/logout/").status_code == 302


@every_fault
def test_admin_pages_work(fault, ingrid, bob):
    browser = ingrid.browser()
    for path in ("/manage/", "/manage/featured/", "/manage/people/", "/manage/people/bob/"):
        fault()
        assert browser.get(path).status_code == 200
    for act in ("labels", "block", "unblock", "end-sessions"):
        fault()
        assert browser.post(f"/manage/people/{bob.id}/{act}/").status_code == 302
    fault()
    assert browser.post("/manage/people/ingrid/labels/").status_code == 302
    assert users.roles(ingrid.id) == {"admin"}  # the last admin cannot be demoted


@no_writing
def test_deleting_without_undo_requires_a_second_confirmation(fault, alice, covered, guest):
    post, browser = covered(publish=True), alice.browser()
    page = browser.post(f"/posts/{post.id}/delete/")
    assert "kan du ikke angre" in words(page)
    assert guest.get(f"/posts/{post.id}/").status_code == 200
    page = browser.post(f"/posts/{post.id}/delete/", {"act": "for good"}, follow=True)
    assert "Innlegget er slettet." in words(page)
    assert page.context["deleted"] == []
    assert guest.get(f"/posts/{post.id}/").status_code == 404


@pytest.mark.parametrize("fault", ["vanishes", *CONTENTS], indirect=True)
def test_undo_of_a_post_lost_from_the_cache_shows_a_message(fault, alice, covered):
    post, browser = covered(publish=True), alice.browser()
    assert browser.post(f"/posts/{post.id}/delete/").status_code == 302
    fault()
    assert browser.get("/posts/mine/").status_code == 200
    fault()
    assert "kan ikke hentes tilbake lenger" in words(browser.post(f"/posts/{post.id}/undo/", follow=True))


def test_cache_entry_that_cannot_be_deleted_counts_as_deleted(folder, monkeypatch):
    cache.set("key", "value", 600)
    fail_to_write(monkeypatch)
    cache.delete("key")
    assert cache.get("key") is None
    monkeypatch.undo()
    cache.set("key", "another", 600)
    assert cache.get("key") == "another"


def test_log_says_who_must_own_the_cache_folder(folder, monkeypatch, caplog):
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(filebased.tempfile, "mkstemp", refuse)
    cache.set("key", "value", 600)
    assert cache.get("key") == "value"
    assert f"The cache {folder} cannot be written: PermissionError" in caplog.text
    assert "must belong to the user who runs the site" in caplog.text


class Away:
    """A cache backend whose server is unreachable."""

    def __init__(self, *_: object) -> None:
        raise ConnectionRefusedError


@pytest.mark.parametrize(
    "location",
    ["redis://:s3cret@127.0.0.1:9/0", "redis://biso:s3cr@et/s3cret@cache:6379", ["redis://a", "//:s3cret@b"]],
)
def test_log_names_the_cache_without_its_password(location, settings, caplog):
    options = {"BACKEND": f"{__name__}.Away"}
    settings.CACHES = {"default": {"BACKEND": "core.cache.TolerantCache", "LOCATION": location, "OPTIONS": options}}
    cache.set("key", "value", 600)
    assert cache.get("key") == "value"
    assert "cannot be written" in caplog.text
    assert "s3cret" not in caplog.text
    assert "s3cr@et" not in caplog.text


def test_locks_work_without_lock_files(settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.LOCAL_DIR = tmp_path / "file" / "local"
    with one_at_a_time("limits"):
        pass


def test_management_commands_do_not_write_to_the_cache(folder, settings, tmp_path):
    """Commands often run as root, and the site could not write to files owned by root."""
    settings.LOCAL_DIR = tmp_path / "local"
    call_command("check", deploy=True)
    for _ in ("new account", "account that exists"):
        call_command("setup_appwrite", "--admin", "new@example.com", verbosity=0, skip_checks=False)
    assert not folder.exists()
    assert not settings.LOCAL_DIR.exists()


def test_full_file_cache_evicts_expired_entries_first(folder, settings):
    """Unexpired entries include rate limits, and nothing else deletes expired entries."""
    location = settings.CACHES["default"]["LOCATION"]
    files = TolerantCache(location, {"OPTIONS": {**settings.CACHES["default"]["OPTIONS"], "MAX_ENTRIES": 60}})
    for number in range(40):
        files.set(f"expired-{number}", "x", 0.001)
    (folder / "damaged.djcache").write_bytes(b"?")
    for number in range(40):
        files.set(f"counts-{number}", "x", 3600)
    assert [files.get(f"counts-{number}") for number in range(40)] == ["x"] * 40
    for number in range(40):
        files.set(f"more-{number}", "x", 3600)
    assert len(list(folder.iterdir())) <= 60


def test_full_disk_does_not_fill_the_log(folder, monkeypatch, caplog):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(filebased.tempfile, "mkstemp", full)
    for number in range(5):
        cache.set(f"key-{number}", "value")
    assert caplog.text.count("cannot be written") == 1
    monkeypatch.setattr("core.cache.REPORTED_TTL", 0)
    cache.set("key", "value")
    assert caplog.text.count("cannot be written") == 2
