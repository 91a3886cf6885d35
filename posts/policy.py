"""The rules for who may do what with a post, and the Appwrite permissions that enforce these rules.

Appwrite enforces the rules, and Django uses them to show the right pages; this module defines both. Authors get their
permissions from the row and admins from the table, because authors can grant permissions only to roles that they have.
"""

from django.conf import settings

from accounts.models import User
from posts.models import Post

READ_BY_EVERYONE = 'read("any")'  # Appwrite permission


def can_write(user: User) -> bool:
    """Return whether the person may create posts: they have the role in settings.POSTS_WRITERS, or are an admin."""
    return user.can_write


def can_read(user: User, post: Post) -> bool:
    """Return whether the person may read the post: it is published, or they may edit it."""
    return post.is_published or can_edit(user, post)


def can_edit(user: User, post: Post) -> bool:
    """Return whether the person may change, publish, unpublish and delete the post: they are its author or an admin."""
    return user.is_authenticated and (user.id == post.author_id or user.is_admin)


def can_send(user: User, post: Post) -> bool:
    """Return whether the person may e-mail the post to subscribers: they are an admin, or its author and an editor.

    An editor has the label `editor` or the label in settings.POSTS_WRITERS. If every member may write, that is not
    enough, because anyone could then write to all subscribers.
    """
    labels = {"label:editor", settings.POSTS_WRITERS} - {"users"}
    return user.is_admin or (user.id == post.author_id and not labels.isdisjoint(user.roles))


def row_permissions(author_id: str, *, published: bool) -> list[str]:
    """Return the permissions for a post's row and its cover file.

    The author may read, change and delete both. While the post is published, everyone may read both.
    """
    author = f"user:{author_id}"
    everyone = [READ_BY_EVERYONE] if published else []
    return [*everyone, f'read("{author}")', f'update("{author}")', f'delete("{author}")']


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
