"""A ZIP archive of a person's own data: their account, and their posts with text, covers and images.

An archive contains at most PER_PART posts, so that one request has enough time to read them. A person with more posts
downloads several parts.
"""

import io
import json
import zipfile
from collections.abc import Callable
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from accounts.repositories.account import AccountRepository
from accounts.request import Request
from core.calls import run_concurrently
from core.next_url import absolute
from posts import image_ids
from posts.models import Post
from posts.profiles import ProfileRepository
from posts.repository import PostRepository

PER_PART = 100  # posts
PICTURES_AT_ONCE = 4
MAX_PICTURES = (
    30 * 1024 * 1024
)  # bytes per part, because an archive is built in memory. posts.json contains the URLs of all pictures.


def parts(count: int) -> int:
    """Return the number of archives that `count` posts need, at least one."""
    return max(1, -(-count // PER_PART))


def archive(
    request: Request, account: AccountRepository, posts: PostRepository, profiles: ProfileRepository, part: int
) -> bytes:
    """Return an archive with the account and one part of the posts. Parts are numbered from 1."""
    mine, identities, sessions, bio = run_concurrently(
        lambda: posts.mine_with_texts(request.user, part, size=PER_PART),
        account.identities,
        account.sessions,
        lambda: profiles.bio(request.user.id),
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("README.txt", _readme())
        written.writestr("account.json", _json({**_account(request, identities, sessions), "about": bio or ""}))
        written.writestr("posts.json", _json([_facts(request, post) for post in mine]))
        for post in mine:
            written.writestr(f"posts/{post.id}.md", f"# {post.title}\n\n{post.content}\n")
        _add_pictures(written, posts, mine)
    return file.getvalue()


def _readme() -> str:
    lines = {
        "account.json": _("your account, sign-in methods and sessions"),
        "posts.json": _("your posts with all dates"),
        "posts/": _("the texts, as Markdown"),
        "covers/": _("the pictures above your posts"),
        "images/": _("the images in your texts"),
    }
    return "".join(f"{name:14}{line}\n" for name, line in lines.items())


def _add_pictures(written: zipfile.ZipFile, posts: PostRepository, mine: list[Post]) -> None:
    """Add covers and text images, in the order of the posts, until MAX_PICTURES is reached."""
    reads: dict[str, Callable[[], bytes | None]] = {}
    for post in mine:
        if post.cover_id:
            reads[f"covers/{post.id}.webp"] = partial(posts.files.cover, post)
        for file_id in image_ids.find(post.content, post.id):
            reads[f"images/{file_id}.webp"] = partial(posts.files.image, file_id)
    names, size = list(reads), 0
    for start in range(0, len(names), PICTURES_AT_ONCE):
        batch = names[start : start + PICTURES_AT_ONCE]
        if size > MAX_PICTURES:
            return
        for name, picture in zip(batch, run_concurrently(*map(reads.__getitem__, batch)), strict=True):
            size += len(picture or b"")
            if picture and size <= MAX_PICTURES:
                written.writestr(name, picture, zipfile.ZIP_STORED)


def _account(request: Request, identities: list[Any], sessions: list[Any]) -> dict[str, Any]:
    user = request.user
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "labels": list(user.labels),
        "language": user.language,
        "new_posts_by_email": user.mail,
        "identities": [
            {"provider": each.provider, "email": each.email, "since": each.since.isoformat()} for each in identities
        ],
        "sessions": [
            {"browser": each.browser, "system": each.system, "country": each.country, "since": each.since.isoformat()}
            for each in sessions
        ],
    }


def _facts(request: Request, post: Post) -> dict[str, Any]:
    return {
        "id": post.id,
        "url": absolute(request, post.get_absolute_url()),
        "title": post.title,
        "excerpt": post.excerpt,
        "text": post.content,
        "status": post.status,
        "language": post.language,
        "topics": list(post.tags),
        "campus": post.campus,
        "author": post.author_name,
        "created": post.created_at.isoformat(),
        "updated": post.updated_at.isoformat(),
        "published": post.published_at and post.published_at.isoformat(),
        "scheduled": post.scheduled_at and post.scheduled_at.isoformat(),
        "review_asked": post.review_asked_at and post.review_asked_at.isoformat(),
        "review_note": post.review_note,
        "cover": absolute(request, post.cover[-1].url) if post.cover else None,
        "cover_description": post.cover_alt,
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
