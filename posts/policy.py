"""Who may do what with a post: pure questions, and the Appwrite permissions that enforce the same answers.

Appwrite enforces, Django explains: a rule and its enforcement are read together here. Authors hold their rights on the
row, admins on the table, so that an author's row never has to name a role its author does not hold.
"""

from accounts.models import User
from posts.models import Post


def can_write(user: User) -> bool:
    """Create posts: whoever holds settings.POSTS_WRITERS, and admins."""
    return user.can_write


def can_read(user: User, post: Post) -> bool:
    """A published post: everybody. A draft: whoever may edit it; to all others it does not exist."""
    return post.is_published or can_edit(user, post)


def can_edit(user: User, post: Post) -> bool:
    """Change, publish, unpublish and delete: the author and admins."""
    return user.is_authenticated and (user.id == post.author_id or user.is_admin)


def row_permissions(author_id: str, *, published: bool) -> list[str]:
    """A post's row, and the file of its cover: the author may read, change and delete it; while the post is published,
    anybody may read it."""
    author = f"user:{author_id}"
    anybody = ['read("any")'] if published else []
    return [*anybody, f'read("{author}")', f'update("{author}")', f'delete("{author}")']


def table_permissions(writers: str) -> list[str]:
    """The table of posts and the bucket of covers: `writers` (a role) may create; admins may read, change and delete
    all that is there.

    Row and file security are on, so a row's or file's own permissions count beside these.
    """
    admin = "label:admin"
    creators = dict.fromkeys((writers, admin))  # an admin writes even where only editors may
    return [
        *(f'create("{role}")' for role in creators),
        f'read("{admin}")',
        f'update("{admin}")',
        f'delete("{admin}")',
    ]


def featured_permissions() -> list[str]:
    """Which posts are featured: everybody reads, admins write. A table of its own, for an author can write every
    column of their own row."""
    admin = "label:admin"
    return ['read("any")', f'create("{admin}")', f'update("{admin}")', f'delete("{admin}")']
