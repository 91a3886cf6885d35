"""Who may do what with a post, and the Appwrite permissions that enforce it.

Appwrite enforces the rules, and Django shows the right pages; both definitions are here. Authors have their rights on
the row and admins on the table, because a row can only name roles that its author has.
"""

from accounts.models import User
from posts.models import Post

READ_BY_EVERYONE = 'read("any")'  # a permission of Appwrite


def can_write(user: User) -> bool:
    """Return whether the person may create posts: people with settings.POSTS_WRITERS, and admins."""
    return user.can_write


def can_read(user: User, post: Post) -> bool:
    """Return whether the person may read the post: everyone if it is published, otherwise those who may edit it."""
    return post.is_published or can_edit(user, post)


def can_edit(user: User, post: Post) -> bool:
    """Return whether the person may change, publish, unpublish and delete the post: the author and admins."""
    return user.is_authenticated and (user.id == post.author_id or user.is_admin)


def row_permissions(author_id: str, *, published: bool) -> list[str]:
    """Return the permissions of a post's row and of the file of its cover.

    The author may read, change and delete them. While the post is published, everyone may read them.
    """
    author = f"user:{author_id}"
    everyone = [READ_BY_EVERYONE] if published else []
    return [*everyone, f'read("{author}")', f'update("{author}")', f'delete("{author}")']


def table_permissions(writers: str) -> list[str]:
    """Return the permissions of the table of posts and of the bucket of covers.

    `writers` (a role) may create; admins may read, change and delete everything.

    Row and file security are on, so a row's or file's own permissions count beside these.
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
    """Return the permissions of the table of featured posts: everyone may read it, admins may write."""
    admin = "label:admin"
    return [READ_BY_EVERYONE, f'create("{admin}")', f'update("{admin}")', f'delete("{admin}")']
