"""The site over a real emulator: one process a run, provisioned once, back to that state before every test."""

import io
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.test import override_settings
from django.utils import translation
from PIL import Image

from appwrite_emulator.testing import Emulator
from core.appwrite_client import create_admin_client
from posts.models import Post
from posts.repository import PostRepository
from tests import users
from tests.users import Browser, Person

pytest_plugins = ["appwrite_emulator.testing.pytest_plugin"]
KEY = "key-with-all-scopes"
PATIENT = (10, 60)  # seconds: no test may fail because the machine is busy


@pytest.fixture(scope="session")
def appwrite_options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The one emulator of the run. What each kind of test starts from is a checkpoint of its own."""
    return {"key": KEY, "mails": tmp_path_factory.mktemp("mails")}


@pytest.fixture(scope="session")
def provisioned(appwrite_process: Emulator) -> dict[str, Person]:
    """The cast. The emulator has the site's tables and them, and nothing else: the checkpoint `site`."""
    appwrite_process.reset()
    with override_settings(APPWRITE_ENDPOINT=appwrite_process.endpoint, APPWRITE_TIMEOUT=PATIENT):
        call_command("setup_appwrite", verbosity=0)
        cast = {name: users.create(name) for name in ("Alice", "Bob", "Mallory")}
        cast["Ingrid"] = users.create("Ingrid", "admin")
        users.block(cast["Mallory"])
    appwrite_process.checkpoint("site")
    return cast


@pytest.fixture
def appwrite_checkpoint(provisioned: dict[str, Person]) -> str:
    """Every test of the site starts with its tables and its cast."""
    return "site"


@pytest.fixture(autouse=True)
def norwegian() -> None:
    """The language that a page of the test before was in stays on in its thread."""
    translation.activate("nb")


@pytest.fixture
def appwrite(appwrite: Emulator, settings, tmp_path) -> Emulator:
    """Appwrite as it was provisioned, with the site before it."""
    cache.clear()
    settings.APPWRITE_ENDPOINT = appwrite.endpoint
    settings.APPWRITE_TIMEOUT = PATIENT
    settings.APPWRITE_DEADLINE = PATIENT[1]
    settings.INBOX_URL = appwrite.inbox.url
    settings.LOCAL_DIR = tmp_path
    return appwrite


@pytest.fixture
def cast(appwrite, provisioned) -> dict[str, Person]:
    return provisioned


@pytest.fixture
def alice(cast) -> Person:
    """An author."""
    return cast["Alice"]


@pytest.fixture
def bob(cast) -> Person:
    """A member who has written nothing of this."""
    return cast["Bob"]


@pytest.fixture
def ingrid(cast) -> Person:
    """An admin."""
    return cast["Ingrid"]


@pytest.fixture
def mallory(cast) -> Person:
    """Blocked by an admin."""
    return cast["Mallory"]


@pytest.fixture
def guest(appwrite) -> Browser:
    """A browser in which nobody is signed in."""
    return Browser()


def fields(**changes: object) -> dict[str, object]:
    """The form's fields as `PostForm` cleans them."""
    words = {"title": "Kaffe på lesesalen", "content": "Det er **kaffe** igjen.", "excerpt": ""}
    return {**words, "language": "nb", "campus": "oslo", "tags": ("kaffe",), **changes}


def picture(colour: tuple[int, int, int] = (255, 0, 0)) -> bytes:
    """A cover as `posts.covers.images` makes them, in one colour."""
    written = io.BytesIO()
    Image.new("RGB", (960, 640), colour).save(written, "WEBP")
    return written.getvalue()


@pytest.fixture
def covered(alice):
    """covered(id, publish=True) is a post of Alice's with a red cover."""

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
    """What Appwrite keeps of a post: stored(id) gives the row, whatever its permissions."""

    def row(post_id: str):
        return create_admin_client().db.get_row("app", "posts", post_id)

    return row
