"""The rules for who may do what with a post, and the Appwrite permissions that enforce these rules.

Appwrite enforces the rules, and Django uses them to show the right pages; this module defines both. Authors get their
permissions from the row and admins from the table, because authors can grant permissions only to roles that they have.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from django.conf import settings

from accounts.models import User
from core.ids import ID
from posts.models import Post

READ_BY_EVERYONE = 'read("any")'  # Appwrite permission
READER, UPDATER = (re.compile(rf'{act}\("user:({ID})"\)') for act in ("read", "update"))


class Owner(NamedTuple):
    """The author of a post. If `is_restricted`, Appwrite lets the author read the post, but not change it.

    A person who may not publish could otherwise publish the post with their own session, over REST.
    """

    id: str
    is_restricted: bool = False

    def permissions(self, *, published: bool) -> list[str]:
        """Return the permissions for the post's row, its cover and the images in its text."""
        return row_permissions(self.id, published=published, restricted=self.is_restricted)


def can_write(user: User) -> bool:
    """Return whether the person may publish their own posts without a review.

    They have the role in settings.POSTS_WRITERS, or are an admin. All other members may only write drafts.
    """
    return user.can_write


def has_reviews() -> bool:
    """Return whether some members need a review to publish: settings.POSTS_WRITERS is a label."""
    return settings.POSTS_WRITERS != "users"


def needs_review(user: User) -> bool:
    """Return whether an admin must publish this person's drafts."""
    return has_reviews() and user.is_authenticated and not can_write(user)


def can_read(user: User, post: Post) -> bool:
    """Return whether the person may read the post: it is published, or they may edit it."""
    return post.is_published or can_edit(user, post)


def can_edit(user: User, post: Post) -> bool:
    """Return whether the person may change the draft, and unpublish and delete the post.

    They are its author or an admin. Publishing the post, or changing the published text, needs `can_publish`.
    """
    return user.is_authenticated and (user.id == post.author_id or user.is_admin)


def can_publish(user: User, post: Post) -> bool:
    """Return whether the person may publish the post: they are an admin, or its author and need no review."""
    return user.is_admin or (user.id == post.author_id and can_write(user))


def needs_key(user: User, post: Post) -> bool:
    """Return whether the author's own change needs the API key.

    That is the case if Appwrite does not let them change the row, or if they may no longer publish.
    """
    return post.is_restricted or not can_write(user)


def owner_of(post: Post) -> Owner:
    return Owner(post.author_id, post.is_restricted)


def as_saved_by(user: User, post: Post) -> Post:
    """Return the post as it is after a save by this person. Only the author's own save adds or removes a restriction.

    So the drafts of a person who may publish from now on become ordinary drafts.
    """
    return replace(post, is_restricted=not can_write(user)) if user.id == post.author_id else post


def owners_of(permissions: Iterable[str]) -> set[str]:
    """Return the ids of the people to whom a row or file belongs: those who may update it.

    If all permissions are for reading, return the ids of the readers (`Owner.is_restricted`). People can only grant
    roles that they have, so no person can create a row or file that belongs to another person.
    """
    permissions = list(permissions)
    named = READER if is_restricted(permissions) else UPDATER
    return {match[1] for permission in permissions if (match := named.fullmatch(permission))}


def is_restricted(permissions: Iterable[str]) -> bool:
    """Return whether the row or file can only be read, except by admins and the API key."""
    return all(permission.startswith("read(") for permission in permissions)


def can_send(user: User, post: Post) -> bool:
    """Return whether the person may e-mail the post to subscribers: they are an admin, or its author and an editor.

    An editor has the label `editor` or the label in settings.POSTS_WRITERS. If every member may write, that is not
    enough, because anyone could then write to all subscribers.
    """
    labels = {"label:editor", settings.POSTS_WRITERS} - {"users"}
    return user.is_admin or (user.id == post.author_id and not labels.isdisjoint(user.roles))


def row_permissions(author_id: str, *, published: bool, restricted: bool = False) -> list[str]:
    """Return the permissions for a post's row and its cover file.

    The author may read, change and delete both, but only read them if `restricted`. While the post is published,
    everyone may read both.
    """
    author = f"user:{author_id}"
    everyone = [READ_BY_EVERYONE] if published else []
    changes = [] if restricted else [f'update("{author}")', f'delete("{author}")']
    return [*everyone, f'read("{author}")', *changes]


def table_permissions(writers: str) -> list[str]:
    """Return the permissions for the posts table and the covers bucket.

    The role `writers` may create entries; admins may create, read, change and delete every entry.

    Row and file security are on, so the permissions of a row or file apply in addition to these.
    """
    admin = "label:admin"
    creators = dict.fromkeys((writers, admin))
    return [
        *(f'create("{role}")' for role in creators),
        f'read("{admin}")',
        f'update("{admin}")',
        f'delete("{admin}")',
    ]


def featured_permissions() -> list[str]:
    """Return the permissions for the featured posts table: everyone may read its rows, admins may write them."""
    admin = "label:admin"
    return [READ_BY_EVERYONE, f'create("{admin}")', f'update("{admin}")', f'delete("{admin}")']
