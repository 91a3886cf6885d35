"""The generation changes with every write of public content, including writes whose result is unknown."""

import errno
import os
import subprocess
import sys

import pytest
import requests
from django.core.management import call_command

from core import circuit_breaker, errors, revalidation
from core.revalidation import current_generation, revalidate
from core.transport import POOL
from posts.featured import FeaturedRepository
from posts.repository import PostRepository
from tests.conftest import fields
from tests.site import unnoticed
from tests.users import Browser


class Changes:
    """Report whether the generation has changed since the previous call."""

    def __init__(self) -> None:
        self._last = current_generation()

    def __call__(self) -> bool:
        before, self._last = self._last, current_generation()
        assert self._last is not None
        return before != self._last


@pytest.fixture
def changed(appwrite) -> Changes:
    return Changes()


def test_writes_of_public_content_change_the_generation(changed, alice, ingrid):
    browser, admin = alice.browser(), ingrid.browser()
    form = {"title": "Kaffe", "content": "Det er kaffe.", "language": "nb", "post_id": "abcdefgh27", "state": "new"}
    changes = {}

    def step(name: str, browser: Browser, path: str, data: dict[str, object] | None = None) -> None:
        assert browser.post(path, data or {}).status_code == 302, name
        changes[name] = changed()

    step("create a draft", browser, "/posts/new/", form)
    step("edit a draft", browser, "/posts/abcdefgh27/edit/", edited(browser, "En kladd"))
    step("publish", browser, "/posts/abcdefgh27/publish/")
    step("edit", browser, "/posts/abcdefgh27/edit/", edited(browser, "Et innlegg"))
    step("feature", admin, "/manage/featured/abcdefgh27/")
    step("move", admin, "/manage/featured/abcdefgh27/move/", {"act": "down"})
    step("stop featuring", admin, "/manage/featured/abcdefgh27/remove/")
    step("unpublish", browser, "/posts/abcdefgh27/unpublish/")
    step("publish again", browser, "/posts/abcdefgh27/publish/")
    step("delete", browser, "/posts/abcdefgh27/delete/")
    step("undo", browser, "/posts/abcdefgh27/undo/")
    step("unpublish again", browser, "/posts/abcdefgh27/unpublish/")
    step("delete a draft", browser, "/posts/abcdefgh27/delete/")
    step("undo deleting a draft", browser, "/posts/abcdefgh27/undo/")
    step("publish at once", browser, "/posts/new/", {**form, "post_id": "abcdefgh29", "act": "publish"})
    without = {name for name, has_changed in changes.items() if not has_changed}
    assert without == {"create a draft", "edit a draft", "delete a draft", "undo deleting a draft"}


def edited(browser: Browser, title: str) -> dict[str, object]:
    return {**browser.get("/posts/abcdefgh27/edit/").context["form"].initial, "title": title}


def test_reading_does_not_change_the_generation(changed, alice, guest, published):
    changed()
    for path in ("/", "/posts/", f"/posts/{published.id}/", "/posts/feed/"):
        assert guest.get(path).status_code == alice.browser().get(path).status_code == 200
    assert not changed()


def test_writes_whose_response_is_lost_change_the_generation(alice, ingrid, published, changed, monkeypatch):
    send = POOL.send

    def lose(request: requests.PreparedRequest, **options: object) -> requests.Response:
        answer = send(request, **options)
        if request.method != "GET":
            answer.close()
            raise requests.ConnectionError("reset")
        return answer

    def write(act) -> None:
        monkeypatch.setattr(circuit_breaker, "BREAKER", circuit_breaker.CircuitBreaker())
        with unnoticed(), pytest.raises(errors.UnavailableError) as error:
            act()
        assert error.value.may_have_happened

    posts, chosen = PostRepository(alice.appwrite), FeaturedRepository(ingrid.appwrite)
    monkeypatch.setattr(POOL, "send", lose)
    monkeypatch.setattr(PostRepository, "_row", lambda *_: unreachable())
    monkeypatch.setattr(FeaturedRepository, "_row", lambda *_: unreachable())
    for act in (
        lambda: posts.create("alicesnew0", alice.user, fields(), publish=True),
        lambda: posts.update(published, fields(title="Ny")),
        lambda: posts.unpublish(published),
        lambda: posts.publish(published),
        lambda: chosen.add(published),
        lambda: posts.delete(published),
    ):
        write(act)
        assert changed()


def unreachable() -> None:
    raise errors.UnavailableError("unreachable")


def test_setup_changes_the_generation_and_creates_no_file(appwrite, settings):
    call_command("setup_appwrite", verbosity=0)
    assert not (settings.LOCAL_DIR / revalidation.FILE).exists()
    first = current_generation()
    call_command("setup_appwrite", verbosity=0)
    assert current_generation() != first


def test_processes_share_the_generation(settings, tmp_path):
    settings.LOCAL_DIR = tmp_path
    first = current_generation()
    assert current_generation() == first
    code = "from django.conf import settings; from pathlib import Path; import sys; "
    code += "settings.configure(LOCAL_DIR=Path(sys.argv[1])); from core.revalidation import *; "
    code += "print(current_generation()); revalidate(); print(current_generation())"
    shown = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    assert shown.stdout.split() == [first, current_generation()]
    assert current_generation() != first


def test_generation_is_never_reused(settings, tmp_path):
    settings.LOCAL_DIR = tmp_path
    seen = set()
    for number in range(200):
        seen.add(current_generation())
        revalidate()
        if number % 10 == 0:
            (tmp_path / revalidation.FILE).unlink()
    assert len(seen) == 200


def test_generation_changes_even_if_the_disk_is_full(settings, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    settings.LOCAL_DIR = tmp_path
    first = current_generation()
    monkeypatch.setattr(revalidation.os, "write", full)
    revalidate()
    assert current_generation() != first


def test_missing_folder_means_no_generation_and_one_log_line(settings, tmp_path, caplog):
    settings.LOCAL_DIR = tmp_path / "file" / "local"
    (tmp_path / "file").write_text("")
    for _ in range(5):
        assert current_generation() is None
        revalidate()
    assert caplog.text.count("pages are not cached") == 1
    (tmp_path / "file").unlink()
    settings.LOCAL_DIR.mkdir(parents=True)
    assert current_generation() is not None


def test_write_that_cannot_change_the_file_leaves_this_process_without_a_generation(settings, tmp_path, monkeypatch):
    """The process that has just written must not treat copies from before the write as current."""
    settings.LOCAL_DIR = tmp_path
    first = current_generation()
    open_ = os.open

    def read_only(path: object, flags: int, *rest: int) -> int:
        if flags & os.O_WRONLY:
            raise OSError(errno.EROFS, "Read-only file system")
        return open_(path, flags, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(revalidation.os, "open", read_only)
    assert current_generation() == first
    revalidate()
    assert current_generation() is None
    monkeypatch.undo()
    assert current_generation() not in (None, first)
