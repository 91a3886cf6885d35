"""Restrict the posts of people who cannot publish, and remove the restriction from all other posts (`policy.Owner`).

When an author saves a post, the site does this for that post only. A person who has lost the label could therefore
publish older drafts over REST, so the site corrects all of a person's posts when an admin saves the person's roles.
`setup_appwrite` corrects all posts, because POSTS_WRITERS, or labels in the Console, may have changed.
"""

from django.conf import settings
from django.dispatch import receiver

from accounts.repositories.people import PeopleRepository
from accounts.repositories.site_account import SITE_ACCOUNT
from accounts.signals import roles_changed
from core import errors
from core.appwrite_client import AdminClient, create_admin_client
from posts import models, policy
from posts.covers.storage import CoverRepository
from posts.covers.text_images import ImageRepository
from posts.models import Post
from posts.repository import NO_REVIEW, PostRepository
from posts.row_mapping import post_of
from posts.schema import POSTS


@receiver(roles_changed)
def enforce_for(user_id: str, **_: object) -> None:
    if policy.has_reviews():
        enforce(create_admin_client(), user_id)


def enforce(client: AdminClient, user_id: str = "") -> int:
    """Correct the permissions of each post, its cover and its images.

    Return the number of changed posts. If `user_id` is given, correct only the rows whose permissions name this person.
    """
    can_publish: dict[str, bool] = {}
    posts, changed, cursor, is_last = PostRepository(client), 0, "", False
    while not is_last:
        rows, is_last = posts.rows_after(cursor)
        for row in rows:
            if user_id and not any(f'"user:{user_id}"' in permission for permission in row.permissions):
                continue
            post = post_of(row)
            if post is None:
                # Otherwise, a person who has lost the label could turn an orphan row that they created earlier into a
                # post.
                if policy.has_reviews() and not policy.is_restricted(row.permissions):
                    client.db.update_row(settings.APPWRITE_DATABASE, POSTS, row.id, permissions=[])
                    changed += 1
                continue
            if post.author_id not in can_publish:
                can_publish[post.author_id] = can_author_publish(client, post.author_id, even_if_blocked=True)
            if post.is_restricted == can_publish[post.author_id]:
                _set_owner(client, post, policy.Owner(post.author_id, not post.is_restricted))
                changed += 1
        cursor = rows[-1].id if rows else ""
    return changed


def can_author_publish(client: AdminClient, author_id: str, *, even_if_blocked: bool) -> bool:
    """Return whether this author can publish their own posts, now or, `even_if_blocked`, after they are unblocked."""
    if even_if_blocked and (author_id == SITE_ACCOUNT.id or not policy.has_reviews()):
        return True
    try:
        author = PeopleRepository(client).get(author_id)
    except errors.NotFoundError:  # nobody can sign in to a deleted account
        return False
    return (even_if_blocked or author.is_active) and policy.can_publish_own(author.user)


def _set_owner(client: AdminClient, post: Post, owner: policy.Owner) -> None:
    permissions = owner.permissions(published=post.status == models.PUBLISHED)
    data = {} if owner.is_restricted else NO_REVIEW
    client.db.update_row(settings.APPWRITE_DATABASE, POSTS, post.id, data, permissions)
    if post.cover_id:
        CoverRepository(client).set_permissions(post.cover_id, permissions)
    images = ImageRepository(client)
    files = images.of_post(post.id, post.author_id)
    for published in (True, False):
        ids = [file.id for file in files if (policy.READ_BY_EVERYONE in file.permissions) == published]
        images.set_permissions(ids, owner.permissions(published=published))
