"""An emulator with many posts for benchmarks. The posts repeat the text of the demo posts."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "biso_site.settings")
django.setup()

from django.conf import settings  # noqa: E402 - these imports need the settings
from django.core.management import call_command  # noqa: E402
from django.test import override_settings  # noqa: E402

from appwrite_emulator.testing import Emulator  # noqa: E402
from biso_site import local_project  # noqa: E402
from core.appwrite_client import create_admin_client  # noqa: E402
from core.formats import appwrite_time  # noqa: E402
from posts import demo, policy  # noqa: E402
from posts.covers import storage  # noqa: E402
from tests.users import Person  # noqa: E402

BATCH = 2000  # posts per import; each import takes several seconds
WHOLE = 200  # posts with a full text; all others have 100 characters, because the full-text index is slow to build
FORMAT = "appwrite-emulator/1"


@contextmanager
def emulator_with(number: int) -> Iterator[tuple[Emulator, Person, Person]]:
    """Run an emulator with a given number of published posts, one of them featured.

    Yield the emulator, the posts' author and a reader.
    """
    with Emulator(project=settings.APPWRITE_PROJECT) as emulator:
        emulator.control("POST", "import", body=local_project.seed())
        author, reader, *_ = demo.people()
        with override_settings(APPWRITE_ENDPOINT=emulator.endpoint, APPWRITE_TIMEOUT=(60, 60)):
            call_command("setup_appwrite", verbosity=0)
        users = [{"$id": each.id, "name": each.name, "email": each.email} for each in (author, reader)]
        emulator.control("POST", "import", body={"format": FORMAT, "users": users})
        exported = emulator.control("GET", "export")
        (database,) = (each for each in exported["databases"] if each["$id"] == settings.APPWRITE_DATABASE)
        tables = {table["$id"]: table for table in database["tables"]}
        tables["featured"]["rows"] = [{"$id": post_id(0), "position": 0, "authorId": author.id}]
        for start in range(0, number, BATCH):
            tables["posts"]["rows"] = [post_row(n, author.id) for n in range(start, min(start + BATCH, number))]
            emulator.control("POST", "import", body={"format": FORMAT, "databases": [database]})
        with override_settings(APPWRITE_ENDPOINT=emulator.endpoint, APPWRITE_TIMEOUT=(60, 60)):
            people = [_signed_in(each) for each in (author, reader)]
        yield emulator, *people


def post_id(number: int) -> str:
    """Return the id of a post. The newest post has the `number` 0, and older posts have higher numbers."""
    return f"bench{number:06}"


def post_row(number: int, author_id: str) -> dict[str, Any]:
    """Return the row of a published post, with the text of a demo post.

    Each post was published an hour before the post with the next lower number. Six in ten posts have a cover.
    """
    texts = _texts()
    post = texts[number % len(texts)]
    moment = appwrite_time(datetime.now(UTC) - timedelta(days=1, hours=number))
    row = post_id(number)
    return {
        "$id": row,
        "$permissions": policy.row_permissions(author_id, published=True),
        "title": f"{post.title} ({number})",
        "content": post.content if number < WHOLE else post.content[:100],
        "excerpt": post.excerpt or post.content[:100],
        "authorId": author_id,
        "authorName": next(iter(demo.people())).name,
        "status": "published",
        "language": post.language,
        "campus": post.campus,
        "tags": list(post.tags),
        "createdAt": moment,
        "updatedAt": moment,
        "publishedAt": moment,
        "coverId": f"{storage.cover_prefix(row)}cover" if number % 10 < 6 else None,
    }


@cache
def _texts() -> list[demo.DemoPost]:
    return [post for post in demo.posts() if post.status == "published"]


def _signed_in(person: demo.Person) -> Person:
    session = create_admin_client().users.create_session(person.id)
    return Person(person.id, person.name, person.email, (), session)
