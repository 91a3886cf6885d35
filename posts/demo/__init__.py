"""The demo content: eight fictional people, their posts (one Markdown file for each), and the posts' covers.

This module only reads the files; `setup_appwrite` creates the people and posts in Appwrite.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Person:
    """A person who can sign in to the demo. `labels` are Appwrite labels; "admin" gives admin rights."""

    id: str
    name: str
    email: str
    labels: tuple[str, ...]
    campus: str


@dataclass(frozen=True)
class DemoPost:
    """A post as described in its file. `author` is a person's id.

    The post's date is `days_ago` days before the day on which the demo is set up.
    """

    id: str
    title: str
    author: str
    language: str
    campus: str
    tags: tuple[str, ...]
    excerpt: str
    status: str
    days_ago: float
    featured: bool
    content: str
    cover: str = ""  # the file name of a picture in this folder
    cover_alt: str = ""


def people() -> list[Person]:
    """Return the people listed in people.toml, in this order."""
    listed = tomllib.loads((HERE / "people.toml").read_text(encoding="utf-8"))["people"]
    return [Person(**{**person, "labels": tuple(person["labels"])}) for person in listed]


def posts() -> list[DemoPost]:
    """Return every post in this folder, including drafts, newest first."""
    return sorted((_post(file) for file in HERE.glob("*.md")), key=lambda post: post.days_ago)


def picture(post: DemoPost) -> bytes:
    """Return the post's cover in the format that the site stores. The post must have a cover."""
    return (HERE / post.cover).read_bytes()


def _post(file: Path) -> DemoPost:
    _, front_matter, content = file.read_text(encoding="utf-8").split("+++\n", 2)
    facts = tomllib.loads(front_matter)
    return DemoPost(**{**facts, "id": file.stem, "tags": tuple(facts["tags"]), "content": content.strip()})
