"""Fixtures for the site and a real emulator. One emulator process per run is reset to a checkpoint before each test."""

import gc
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
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from PIL import Image as Pillow

from appwrite_emulator.testing import Emulator, Project
from biso_site import local_project
from core import bulkhead, circuit_breaker, observation, transport
from core.appwrite_client import create_admin_client
from posts import scheduling
from posts.covers.images import TextImage
from posts.image_ids import Image
from posts.models import Post
from posts.repository import PostRepository
from tests import users
from tests.site import revalidate_all
from tests.users import Browser, Person

pytest_plugins = ["appwrite_emulator.testing.pytest_plugin"]
# Random tests try the same examples in every run. Otherwise, a run could fail because of a fault older than the change.
# No example has a time limit. `--hypothesis-profile=search` tries different examples.
hypothesis_settings.register_profile(
    "usual", max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
USUAL = hypothesis_settings.get_profile("usual")
hypothesis_settings.register_profile("thorough", USUAL, max_examples=600)  # used by `make test COVER=1`
hypothesis_settings.register_profile("search", USUAL, max_examples=600, derandomize=False)
hypothesis_settings.load_profile("usual")
KEY = "key-with-all-scopes"
PATIENT = (10, 60)  # seconds; no test may fail because the machine is busy


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Exclude the thousands of collected tests from garbage collection, which would examine them repeatedly."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the slowest files first, so that all workers finish at about the same time."""
    items.sort(key=lambda item: item.get_closest_marker("processes") is None)


@pytest.fixture(scope="session")
def appwrite_options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the emulator's options for this run. Each kind of test has its own checkpoint."""
    return {
        "project": settings.APPWRITE_PROJECT,
        "key": KEY,
        "mails": tmp_path_factory.mktemp("mails"),
        "fast_hashes": True,
        "old_links": True,  # links sent to a former address work in Appwrite, but must not endanger the site
    }


@pytest.fixture(scope="session")
def provisioned(appwrite_process: Emulator) -> dict[str, Person]:
    """Create the checkpoint `site`, which contains only the users and the site's empty tables."""
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
    """Return the name of the checkpoint from which every site test starts."""
    return "site"


@pytest.fixture(autouse=True)
def norwegian() -> None:
    """Activate Norwegian. Otherwise, the language of the previous test's last page would stay active in the thread."""
    translation.activate("nb")


@pytest.fixture(autouse=True)
def _same_request_id(monkeypatch) -> None:
    """Give all requests the same id, which error pages show, so that tests can compare these pages."""
    monkeypatch.setattr(observation, "new_id", lambda: "0" * 32)


@pytest.fixture(autouse=True)
def _no_earlier_failures(monkeypatch) -> None:
    """Reset the circuit breaker and the bulkheads.

    Earlier tests may have opened the breaker. The new bulkheads' limit is so high that no call counts as slow.
    """
    monkeypatch.setattr(circuit_breaker, "BREAKER", circuit_breaker.CircuitBreaker())
    monkeypatch.setattr(bulkhead, "ALL", bulkhead.Bulkhead("all", bulkhead.SLOTS, PATIENT[1]))
    monkeypatch.setattr(bulkhead, "COVERS", bulkhead.Bulkhead("covers", bulkhead.COVER_SLOTS, PATIENT[1]))


@pytest.fixture(autouse=True)
def _no_reads_in_the_background(monkeypatch) -> None:
    """Stop the site from reading the scheduled posts in another thread, which would change the number of calls."""
    monkeypatch.setattr(scheduling, "read_in_background", lambda: None)


@pytest.fixture
def pause_of_circuit_breaker(monkeypatch) -> Callable[[], None]:
    """Return a function that ends an open circuit breaker's pause, so that the next call is a probe."""
    return lambda: monkeypatch.setattr(circuit_breaker, "clock", lambda: time.monotonic() + circuit_breaker.PAUSE)


@pytest.fixture(scope="session", autouse=True)
def changes_of_tests_are_visible() -> Iterator[None]:
    """Change the generation after each write that a test sends directly to Appwrite, so that the next page shows it.

    The site's own writes must change the generation themselves. Only calls during a request to the site have a
    deadline, so a write with a deadline counts as the site's. `tests.site.unnoticed` sets one to hide a test's writes.
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
    """Reset Appwrite to the checkpoint and connect the site to it."""
    cache.clear()
    settings.APPWRITE_ENDPOINT = appwrite.endpoint
    settings.APPWRITE_TIMEOUT = PATIENT
    settings.APPWRITE_DEADLINE = PATIENT[1]
    settings.INBOX_URL = appwrite.inbox.url
    settings.LOCAL_DIR = tmp_path
    return appwrite


@pytest.fixture(scope="session")
def prepared_checkpoints() -> set[str]:
    """Return the names of the checkpoints that `start_from` has created in this run."""
    return set()


@pytest.fixture
def start_from(appwrite, appwrite_checkpoint, prepared_checkpoints) -> Callable[[str, Callable[[], None]], None]:
    """Return a function that resets Appwrite to a checkpoint. On first use, it creates the checkpoint with `create`.

    Use this for content that takes many calls to create. The reset discards the test's earlier changes.
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
    """Return Alice, an author."""
    return cast["Alice"]


@pytest.fixture
def bob(cast) -> Person:
    """Return Bob, a second member."""
    return cast["Bob"]


@pytest.fixture
def ingrid(cast) -> Person:
    """Return Ingrid, an admin."""
    return cast["Ingrid"]


@pytest.fixture
def mallory(cast) -> Person:
    """Return Mallory, a blocked member."""
    return cast["Mallory"]


@pytest.fixture
def guest(appwrite) -> Browser:
    """Return a browser without a session."""
    return Browser()


def fields(**changes: object) -> dict[str, object]:
    """Return the cleaned data of a `PostForm`, with `changes`."""
    words = {"title": "Kaffe på lesesalen", "content": "Det er **kaffe** igjen.", "excerpt": ""}
    return {**words, "language": "nb", "campus": "oslo", "tags": ("kaffe",), **changes}


@lru_cache
def picture(colour: tuple[int, int, int] = (255, 0, 0)) -> bytes:
    """Return a cover in one colour, as `posts.covers.images` produces it."""
    written = io.BytesIO()
    Pillow.new("RGB", (960, 640), colour).save(written, "WEBP")
    return written.getvalue()


@pytest.fixture
def covered(alice):
    """Return a function that creates a post with a red cover for Alice."""

    def post(post_id: str = "alicecover", *, publish: bool) -> Post:
        with_cover = fields(title="Alices bilde", cover=picture(), cover_alt="En rød flate")
        return PostRepository(alice.appwrite).create(post_id, alice.user, with_cover, publish=publish)

    return post


@pytest.fixture
def illustrated(alice):
    """Return a function that creates a post with an image in its text for Alice, and returns the image."""

    def post(post_id: str = "aliceimage", *, publish: bool) -> Image:
        return illustrate(alice, post_id, publish=publish)

    return post


def illustrate(author: Person, post_id: str, *, publish: bool) -> Image:
    """Create a post with an image in its text, and return the image."""
    posts = PostRepository(author.appwrite)
    image = posts.files.add_image(post_id, author.id, TextImage(picture(), 960, 640))
    posts.create(post_id, author.user, fields(content=f"Se her:\n\n![]({image.url})\n"), publish=publish)
    return image


@pytest.fixture
def draft(alice) -> Post:
    """Return Alice's draft."""
    return PostRepository(alice.appwrite).create("alicedraft", alice.user, fields(title="Alices kladd"))


@pytest.fixture
def published(alice) -> Post:
    """Return Alice's published post."""
    return PostRepository(alice.appwrite).create("alicespost", alice.user, fields(title="Alices innlegg"), publish=True)


@pytest.fixture
def stored(appwrite):
    """Return a function that reads a post's row with the API key."""

    def row(post_id: str):
        return create_admin_client().db.get_row("app", "posts", post_id)

    return row
