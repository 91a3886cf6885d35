"""Fixtures: the site with a real emulator, one process for each run, reset to a checkpoint before every test."""

import io
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import pytest
import requests
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.test import override_settings
from django.utils import translation
from hypothesis import settings as hypothesis_settings
from PIL import Image

from appwrite_emulator.testing import Emulator, Project
from biso_site import local_project
from core import bulkhead, circuit_breaker, transport
from core.appwrite_client import create_admin_client
from posts.models import Post
from posts.repository import PostRepository
from tests import users
from tests.site import revalidate_all
from tests.users import Browser, Person

pytest_plugins = ["appwrite_emulator.testing.pytest_plugin"]
hypothesis_settings.register_profile("usual", max_examples=30, deadline=None)
hypothesis_settings.register_profile("thorough", max_examples=600, deadline=None)  # in `make test COVER=1`
hypothesis_settings.load_profile("usual")
KEY = "key-with-all-scopes"
PATIENT = (10, 60)  # seconds: no test may fail because the machine is busy


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the slowest files first, so that no worker is still busy when the others have finished."""
    items.sort(key=lambda item: item.get_closest_marker("processes") is None)


@pytest.fixture(scope="session")
def appwrite_options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the options of the emulator for this run. Each kind of test has its own checkpoint in it."""
    return {
        "project": settings.APPWRITE_PROJECT,
        "key": KEY,
        "mails": tmp_path_factory.mktemp("mails"),
        "fast_hashes": True,
        "old_links": True,  # the site must be safe although Appwrite accepts them
    }


@pytest.fixture(scope="session")
def provisioned(appwrite_process: Emulator) -> dict[str, Person]:
    """Create the users and the site's tables, and nothing else: the checkpoint `site`."""
    appwrite_process.reset()
    appwrite_process.control("POST", "import", body=local_project.seed())
    with override_settings(APPWRITE_ENDPOINT=appwrite_process.endpoint, APPWRITE_TIMEOUT=PATIENT):
        call_command("setup_appwrite", verbosity=0)
        cast = {name: users.create(name) for name in ("Alice", "Bob", "Mallory")}
        cast["Ingrid"] = users.create("Ingrid", "admin")
        users.block(cast["Mallory"])
    appwrite_process.checkpoint("site")
    return cast


@pytest.fixture
def appwrite_checkpoint(provisioned: dict[str, Person]) -> str:
    """Return the checkpoint that every test of the site starts from."""
    return "site"


@pytest.fixture(autouse=True)
def norwegian() -> None:
    """Activate Norwegian, because the language of the last page of another test stays active in its thread."""
    translation.activate("nb")


@pytest.fixture(autouse=True)
def _no_earlier_failures(monkeypatch) -> None:
    """Forget the calls of earlier tests, which may have opened the circuit breaker, and let none count as slow."""
    monkeypatch.setattr(circuit_breaker, "BREAKER", circuit_breaker.CircuitBreaker())
    monkeypatch.setattr(bulkhead, "ALL", bulkhead.Bulkhead("all", bulkhead.PLACES, PATIENT[1]))
    monkeypatch.setattr(bulkhead, "COVERS", bulkhead.Bulkhead("covers", bulkhead.COVER_PLACES, PATIENT[1]))


@pytest.fixture
def pause_of_circuit_breaker(monkeypatch) -> Callable[[], None]:
    """Return a function after which the next call is a probe, if failures have opened the circuit breaker."""
    return lambda: monkeypatch.setattr(circuit_breaker, "clock", lambda: time.monotonic() + circuit_breaker.PAUSE)


@pytest.fixture(scope="session", autouse=True)
def changes_of_tests_are_visible() -> Iterator[None]:
    """Change the generation after each write that a test makes directly to Appwrite, so that the next page shows it.

    A write by the site itself must do that without this help. Only a request to the site has a deadline for its calls;
    `tests.site.unnoticed` makes use of that.
    """
    send, control = transport.send, Project.control

    def sent(request: requests.Request, *, is_repeatable: bool) -> transport.Response:
        try:
            return send(request, is_repeatable=is_repeatable)
        finally:
            if request.method != "GET" and transport.seconds_left() is None:
                revalidate_all()

    def controlled(project: Project, method: str, *arguments: Any, **named: Any) -> Any:
        try:
            return control(project, method, *arguments, **named)
        finally:
            if method != "GET":
                revalidate_all()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transport, "send", sent)
        patch.setattr(Project, "control", controlled)
        yield


@pytest.fixture
def appwrite(appwrite: Emulator, settings, tmp_path) -> Emulator:
    """Reset Appwrite to the checkpoint, and connect the site to it."""
    cache.clear()
    settings.APPWRITE_ENDPOINT = appwrite.endpoint
    settings.APPWRITE_TIMEOUT = PATIENT
    settings.APPWRITE_DEADLINE = PATIENT[1]
    settings.INBOX_URL = appwrite.inbox.url
    settings.LOCAL_DIR = tmp_path
    return appwrite


@pytest.fixture(scope="session")
def prepared_checkpoints() -> set[str]:
    """Return the names of the checkpoints that `start_from` has made in this run."""
    return set()


@pytest.fixture
def start_from(appwrite, appwrite_checkpoint, prepared_checkpoints) -> Callable[[str, Callable[[], None]], None]:
    """Return a function that resets Appwrite to a checkpoint; the first time, it makes the checkpoint with `create`.

    For content that takes many calls to create. Changes that the test made before are lost.
    """

    def start(name: str, create: Callable[[], None]) -> None:
        if name not in prepared_checkpoints:
            appwrite.reset(appwrite_checkpoint)
            create()
            appwrite.checkpoint(name)
            prepared_checkpoints.add(name)
        appwrite.reset(name)
        cache.clear()

    return start


@pytest.fixture
def cast(appwrite, provisioned) -> dict[str, Person]:
    return provisioned


@pytest.fixture
def alice(cast) -> Person:
    """An author."""
    return cast["Alice"]


@pytest.fixture
def bob(cast) -> Person:
    """Another member."""
    return cast["Bob"]


@pytest.fixture
def ingrid(cast) -> Person:
    """An admin."""
    return cast["Ingrid"]


@pytest.fixture
def mallory(cast) -> Person:
    """A blocked member."""
    return cast["Mallory"]


@pytest.fixture
def guest(appwrite) -> Browser:
    """A browser without a session."""
    return Browser()


def fields(**changes: object) -> dict[str, object]:
    """Return the form's fields as `PostForm` cleans them."""
    words = {"title": "Kaffe på lesesalen", "content": "Det er **kaffe** igjen.", "excerpt": ""}
    return {**words, "language": "nb", "campus": "oslo", "tags": ("kaffe",), **changes}


@lru_cache
def picture(colour: tuple[int, int, int] = (255, 0, 0)) -> bytes:
    """Return a cover as `posts.covers.images` makes it, in one colour."""
    written = io.BytesIO()
    Image.new("RGB", (960, 640), colour).save(written, "WEBP")
    return written.getvalue()


@pytest.fixture
def covered(alice):
    """Return a function that creates a post of Alice's with a red cover."""

    def post(post_id: str = "alicecover", *, publish: bool) -> Post:
        with_cover = fields(title="Alices bilde", cover=picture(), cover_alt="En rød flate")
        return PostRepository(alice.appwrite).create(post_id, alice.user, with_cover, publish=publish)

    return post


@pytest.fixture
def draft(alice) -> Post:
    """Alice's draft."""
    return PostRepository(alice.appwrite).create("alicedraft", alice.user, fields(title="Alices kladd"))


@pytest.fixture
def published(alice) -> Post:
    """Alice's published post."""
    return PostRepository(alice.appwrite).create("alicespost", alice.user, fields(title="Alices innlegg"), publish=True)


@pytest.fixture
def stored(appwrite):
    """Return a function that reads the row of a post with the API key."""

    def row(post_id: str):
        return create_admin_client().db.get_row("app", "posts", post_id)

    return row
