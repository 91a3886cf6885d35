"""The rules for who may do what with a post, and the Appwrite permissions that enforce these rules.

Appwrite enforces the rules, and the site uses them to decide what to show. Authors get their permissions from the row.
Admins get theirs from the table, because authors can grant permissions only to roles that they have.
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
    """The author of a post. If `is_restricted`, Appwrite allows the author to read the post, but not to change it.

    Without the restriction, an author who cannot publish on the site could publish the post over REST.
    """

    id: str
    is_restricted: bool = False

    def permissions(self, *, published: bool) -> list[str]:
        """Return the permissions for the post's row, its cover and the images in its text."""
        return row_permissions(self.id, published=published, restricted=self.is_restricted)


def can_publish_own(user: User) -> bool:
    """Return whether the person can publish their own posts without a review.

    They must have the role in settings.POSTS_WRITERS or be an admin. All other members can only write drafts.
    """
    return settings.POSTS_WRITERS in user.roles or user.is_admin


def has_reviews() -> bool:
    """Return whether settings.POSTS_WRITERS is a label. Members without this label need a review."""
    return settings.POSTS_WRITERS != "users"


def is_in_review(post: Post) -> bool:
    """Return whether the post is a draft whose author has asked an admin to publish it."""
    return has_reviews() and post.is_in_review


def needs_review(user: User) -> bool:
    """Return whether only an admin can publish the drafts of `user`."""
    return has_reviews() and user.is_authenticated and not can_publish_own(user)


def can_read(user: User, post: Post) -> bool:
    """Return whether the person can read the post, because it is published or because they can edit it."""
    return post.is_published or can_edit(user, post)


def can_edit(user: User, post: Post) -> bool:
    """Return whether the person can edit a draft, and unpublish and delete a post.

    They must be the author or an admin. To publish the post or to edit a published text, they need `can_publish`.
    """
    return user.is_authenticated and (user.id == post.author_id or user.is_admin)


def can_publish(user: User, post: Post) -> bool:
    """Return whether the person can publish the post. Admins can, and its author can if they need no review."""
    return user.is_admin or (user.id == post.author_id and can_publish_own(user))


def needs_key(user: User, post: Post) -> bool:
    """Return whether the site must use its API key when `user`, the author, changes the post.

    It must if Appwrite does not allow the author to change the row, or if the author can no longer publish.
    """
    return post.is_restricted or not can_publish_own(user)


def owner_of(post: Post) -> Owner:
    return Owner(post.author_id, post.is_restricted)


def as_saved_by(user: User, post: Post) -> Post:
    """Return the post with the restriction that it will have after `user` saves it.

    Only a save by the author changes the restriction. After an author has gained the right to publish, their next save
    of a restricted draft removes the restriction.
    """
    return replace(post, is_restricted=not can_publish_own(user)) if user.id == post.author_id else post


def owners_of(permissions: Iterable[str]) -> set[str]:
    """Return the ids of the people to whom a row or file belongs: those who can update it.

    If all permissions are for reading, return the ids of the readers (see `Owner.is_restricted`). People can only grant
    roles that they have, so nobody can create a row or file that belongs to someone else.
    """
    permissions = list(permissions)
    named = READER if is_restricted(permissions) else UPDATER
    return {match[1] for permission in permissions if (match := named.fullmatch(permission))}


def is_restricted(permissions: Iterable[str]) -> bool:
    """Return whether only admins and the API key can change the row or file."""
    return all(permission.startswith("read(") for permission in permissions)


def can_send(user: User, post: Post) -> bool:
    """Return whether the person can e-mail the post to subscribers.

    Admins can, and its author can if they are an editor. An editor has the label `editor` or the label in
    settings.POSTS_WRITERS. The role `users` does not make a person an editor, because any member could then e-mail all
    subscribers.
    """
    labels = {"label:editor", settings.POSTS_WRITERS} - {"users"}
    return user.is_admin or (user.id == post.author_id and not labels.isdisjoint(user.roles))


def row_permissions(author_id: str, *, published: bool, restricted: bool = False) -> list[str]:
    """Return the permissions for a post's row and its cover file.

    The author can read, change and delete both, or only read both if `restricted` is true. While the post is published,
    everyone can read both.
    """
    author = f"user:{author_id}"
    everyone = [READ_BY_EVERYONE] if published else []
    changes = [] if restricted else [f'update("{author}")', f'delete("{author}")']
    return [*everyone, f'read("{author}")', *changes]


def table_permissions(writers: str) -> list[str]:
    """Return the permissions for the posts table and the covers bucket.

    The role `writers` can create rows and files. Admins can create, read, change and delete all of them.

    Row and file security are on, so the permissions of each row or file also apply.
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
    """Return the permissions for the featured posts table: everyone can read its rows, and admins can write them."""
    admin = "label:admin"
    return [READ_BY_EVERYONE, f'create("{admin}")', f'update("{admin}")', f'delete("{admin}")']
