"""Convert another blog's export to an archive for `posts.transfer.importing`.

Ids are derived from the blog's ids and SECRET_KEY, so that an import can be repeated and nobody can guess the id of a
draft. The import reads pictures only from a folder, and fetches nothing from the network.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote

from django.utils.crypto import salted_hmac

from core.formats import appwrite_time
from core.text_fields import line, shorten
from posts import image_ids, models, policy, schema
from posts.covers import images
from posts.covers.storage import cover_prefix
from posts.image_ids import Image
from posts.transfer import html_text
from posts.transfer.archive import FORMAT, Writer

# Characters. A longer URL cannot refer to a file in the folder, but may be a data: URL that contains the picture.
MAX_URL = 2000
MAX_FILE = 50 * 1024 * 1024  # bytes per picture in the folder
SMALLER_COPY = re.compile(r"-\d+x\d+(?=\.\w+$)")  # WordPress: photo-300x200.jpg is a smaller copy of photo.jpg


class NoBlogError(ValueError):
    """The file is not an export that the site can read."""


class Author(NamedTuple):
    name: str
    email: str


@dataclass(frozen=True)
class BlogPost:
    """A post of another blog. `key` is the permanent id on that blog, and messages identify the post by `place`."""

    place: str
    key: str
    title: str
    html: str
    author: str  # an e-mail address
    created_at: datetime
    updated_at: datetime | None = None
    published_at: datetime | None = None  # for a scheduled post, the scheduled time
    status: str = models.DRAFT  # "draft", "published" or "scheduled"
    excerpt: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""
    cover: str = ""  # the cover's URL
    cover_alt: str = ""
    path: str = ""  # path of the post's page on the blog
    losses: tuple[str, ...] = ()  # messages about what cannot be imported


class Blog(NamedTuple):
    """An export of a blog."""

    authors: list[Author]
    posts: Iterator[BlogPost]


class Folder:
    """The folder with the blog's pictures."""

    def __init__(self, root: Path | None) -> None:
        self._root = root.resolve() if root else None

    def find(self, url: str) -> bytes | None:
        """Return the content of the file to which the URL refers, or None if the folder does not contain it.

        The file's path in the folder is the longest end of the URL's path for which a file exists.
        """
        address = html_text.split_url(url)
        if self._root is None or len(url) > MAX_URL or address.scheme not in ("", "http", "https"):
            return None
        parts = [part for part in PurePosixPath(unquote(address.path)).parts if part != "/"]
        for start in range(len(parts)):
            last = [SMALLER_COPY.sub("", parts[-1]), parts[-1]]
            for name in dict.fromkeys(last):
                with suppress(OSError, ValueError):  # the name is too long, or contains a null character
                    file = self._root.joinpath(*parts[start:-1], name).resolve()
                    if file.is_relative_to(self._root) and file.is_file() and file.stat().st_size <= MAX_FILE:
                        return file.read_bytes()
        return None


class Conversion:
    """Writes a blog to an archive. `say` receives a message about each part that is lost."""

    def __init__(self, writer: Writer, folder: Folder, language: str, say: Callable[[str], None]) -> None:
        self._writer = writer
        self._folder = folder
        self._language = language
        self._say = say
        self.paths: dict[str, str] = {}  # a published post's path on the blog -> the post's id on this site

    def run(self, blog: Blog) -> None:
        self._writer.add(kind="export", format=FORMAT)
        authors = {author.email.lower(): author for author in blog.authors if author.email}
        for author in authors.values():
            self._writer.add(
                **{"kind": "person", "from": f"author {author.email}", "by_address": True},
                **{"id": person_id(author.email), "name": line(author.name)[:128], "email": author.email.lower()},
            )
        now = datetime.now(UTC)
        for post in blog.posts:
            if post.status == models.PUBLISHED and post.published_at and post.published_at > now:
                # Readers must not see the post yet, not even directly from Appwrite.
                post = replace(post, status="scheduled")
            if post.status == "scheduled" and (post.published_at is None or post.published_at <= now):
                self._say(f"{post.place}: Its scheduled time has passed, so it is imported as a draft.")
                post = replace(post, status=models.DRAFT)
            for loss in post.losses:
                self._say(f"{post.place}: {loss}")
            self._post(post, authors.get(post.author.lower()))

    def _post(self, post: BlogPost, author: Author | None) -> None:
        if author is None:
            self._refuse(post, "The file does not contain an author with an e-mail address for this post.")
            return
        post_id, owner = _post_id(post.key), person_id(author.email)
        is_public = post.status == models.PUBLISHED
        permissions = policy.row_permissions(owner, published=is_public)

        def add_image(url: str) -> str | None:
            return self._image(post, post_id, url, permissions)

        try:
            text = html_text.markdown_of(post.html, add_image)
        except ValueError as error:
            self._refuse(post, str(error))
            return
        for loss in text.losses:
            self._say(f"{post.place}: {loss}")
        content = models.legible(text.content)
        if len(content) > models.MAX_CONTENT:
            self._refuse(post, f"The text has {len(content)} characters. The limit is {models.MAX_CONTENT}.")
            return
        title = line(models.legible(post.title)) or "…"
        if len(title) > models.MAX_TITLE:
            self._say(f"{post.place}: The title was shortened to {models.MAX_TITLE} characters.")
        tags = list(dict.fromkeys(filter(None, (models.topic(tag)[: models.MAX_TAG].strip() for tag in post.tags))))
        if len(tags) > models.MAX_TAGS:
            self._say(f"{post.place}: These topics were left out: {', '.join(tags[models.MAX_TAGS :])}.")
        cover = self._cover(post, post_id, permissions)
        dates = {
            "createdAt": appwrite_time(post.created_at),
            "updatedAt": appwrite_time(post.updated_at or post.created_at),
            "publishedAt": appwrite_time(post.published_at) if is_public and post.published_at else None,
            "scheduledAt": appwrite_time(post.published_at)
            if post.status == "scheduled" and post.published_at
            else None,
        }
        data = {
            "title": shorten(title, models.MAX_TITLE),
            "content": content,
            "excerpt": shorten(line(post.excerpt), models.MAX_EXCERPT) or models.summarise(content),
            "language": post.language or self._language,
            "tags": tags[: models.MAX_TAGS],
            **{"authorId": owner, "authorName": line(author.name)[:128]},
            "status": models.PUBLISHED if is_public else models.DRAFT,
            "minutes": min(models.reading_minutes(content), models.MAX_MINUTES),
            **dates,
            **cover,
        }
        row = {"kind": "row", "from": post.place, "table": schema.POSTS, "id": post_id, "permissions": permissions}
        self._writer.add(**row, data={key: value for key, value in data.items() if value is not None})
        if post.path and is_public:
            self.paths[post.path] = post_id

    def _refuse(self, post: BlogPost, reason: str) -> None:
        self._writer.add(**{"kind": "invalid", "from": post.place, "reason": reason})

    def _image(self, post: BlogPost, post_id: str, url: str, permissions: list[str]) -> str | None:
        """Add an image in the text to the archive. Return its new URL, or None if the folder does not contain it."""
        content = self._folder.find(url)
        if content is None:
            return None
        try:
            picture = images.text_image(content)
        except images.PictureError as error:
            self._say(f"{post.place}: {url} cannot be used ({error}).")
            return None
        secret = _letters(hashlib.sha256(content).digest())[:8]
        name = f"{image_ids.prefix(post_id)}{secret}-{picture.width}x{picture.height}"
        self._add_picture(post, schema.IMAGES, name, picture.content, permissions)
        return Image(name, picture.width, picture.height).url

    def _cover(self, post: BlogPost, post_id: str, permissions: list[str]) -> dict[str, str]:
        if not post.cover:
            return {}
        content = self._folder.find(post.cover)
        if content is None:
            self._say(f"{post.place}: The folder does not contain the cover {post.cover}.")
            return {}
        try:
            picture = images.cover(content)
        except images.PictureError as error:
            self._say(f"{post.place}: The cover {post.cover} cannot be used ({error}).")
            return {}
        name = cover_prefix(post_id) + _letters(hashlib.sha256(content).digest())[:10]
        self._add_picture(post, schema.COVERS, name, picture.content, permissions)
        return {"coverId": name, "coverAlt": line(post.cover_alt)[: models.MAX_COVER_ALT]}

    def _add_picture(self, post: BlogPost, bucket: str, name: str, content: bytes, permissions: list[str]) -> None:
        path = f"{bucket}/{name}.webp"
        if self._writer.add_picture_once(path, content):
            entry = {"kind": "file", "from": post.place, "bucket": bucket, "id": name, "name": "picture.webp"}
            self._writer.add(**entry, permissions=permissions, path=path)


def person_id(email: str) -> str:
    """Return the id of the account that the import creates if no account has the address `email`."""
    return salted_hmac("posts.transfer.person", email.lower()).hexdigest()[:20]


def _post_id(key: str) -> str:
    return _letters(salted_hmac("posts.transfer.post", key).digest())[:10]


def _letters(content: bytes) -> str:
    return base64.b32encode(content).decode().lower().rstrip("=")


def redirects(paths: dict[str, str], find: Callable[[str], str]) -> Iterator[str]:
    """Yield a line for nginx's `map` for each published post, with its old path and its new path."""
    for path, post_id in sorted(paths.items()):
        if re.fullmatch(r"/[A-Za-z0-9/_.%~-]*", path):
            yield f"{path} {find(post_id)};"
