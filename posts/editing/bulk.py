"""Publish, unpublish or delete several posts at once, for admins."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.request import Request
from core import errors
from core.appwrite_client import create_admin_client, create_session_client
from core.ids import is_id
from posts import policy
from posts.access import changer, record
from posts.editing import deletion, history, undo_store
from posts.mail import notices
from posts.models import Post
from posts.repository import PER_PAGE_OF_TABLES, PostRepository

log = logging.getLogger(__name__)

MAX_POSTS = PER_PAGE_OF_TABLES  # the number of posts on one page of the list


@dataclass
class Selection:
    """The posts that the admin has selected.

    `possible` contains the posts for which the action is possible, and `skipped` the others, each with the reason.
    `missing` is the number of selected posts that no longer exist.
    """

    possible: list[Post] = field(default_factory=list)
    skipped: list[tuple[Post, str]] = field(default_factory=list)
    missing: int = 0


def read_versions(values: Iterable[str]) -> dict[str, datetime]:
    """Return a dictionary of post id -> version from the values of the list's checkboxes.

    Raise NotFoundError if a value is invalid, or if there are more than MAX_POSTS.
    """
    versions = {}
    try:
        for value in values:
            post_id, _space, version = value.partition(" ")
            versions[post_id] = datetime.fromisoformat(version)
    except ValueError:
        raise errors.NotFoundError("not a post and its version") from None
    if len(versions) > MAX_POSTS or not all(map(is_id, versions)):
        raise errors.NotFoundError("too many posts, or an invalid id")
    if any(version.tzinfo is None for version in versions.values()):
        raise errors.NotFoundError("a version without a time zone")
    return versions


def select(request: Request, act: str, versions: dict[str, datetime], *, with_texts: bool) -> Selection:
    """Read the selected posts. Skip posts that have changed since the list was shown, and posts that need no change."""
    posts = PostRepository(create_session_client(request)).choose(list(versions), with_texts=with_texts)
    selection = Selection(missing=len(versions) - len(posts))
    for post in posts:
        if reason := _reason_to_skip(act, post, versions[post.id]):
            selection.skipped.append((post, reason))
        else:
            selection.possible.append(post)
    return selection


def _reason_to_skip(act: str, post: Post, version: datetime) -> str:
    if act == "publish" and post.is_published:
        return _("is already published")
    if act == "unpublish" and not post.is_published:
        return _("is already a draft")
    return _("has changed since you opened the list") if post.version != version else ""


@dataclass
class Outcome:
    """What `perform` has done.

    `failed` contains the unchanged posts, each with the reason. If `is_worth_repeating` is true, a second attempt may
    change them.
    """

    done: list[Post] = field(default_factory=list)
    failed: list[tuple[Post, str]] = field(default_factory=list)
    is_worth_repeating: bool = False


def perform(request: Request, act: str, posts: list[Post]) -> Outcome:
    """Perform the action `act` on `posts`, which must include their text. Stop if Appwrite does not respond.

    E-mail each author once about all their posts that were changed. Before this, call
    `accounts.decorators.confirm_admin`, because these actions use the API key.
    """
    outcome = Outcome()
    for number, post in enumerate(posts):
        try:
            ACTS[act](request, post)
        except (errors.UnavailableError, errors.RateLimitedError) as error:
            maybe = _("may have been changed, but the server didn’t respond")
            reason = maybe if error.may_have_happened else error.sentence or _("could not be reached")
            outcome.failed.append((post, reason))
            outcome.failed += [(rest, _("was not tried")) for rest in posts[number + 1 :]]
            outcome.is_worth_repeating = True
            break
        except errors.ConflictError:
            outcome.failed.append((post, _("was changed by someone else at the same time")))
        except errors.NotFoundError:
            outcome.failed.append((post, _("no longer exists")))
        except errors.SiteError as error:  # the page must list the posts that have already been changed
            log.error("act=%s of post %s failed: %s", act, post.id, error)
            outcome.failed.append((post, error.sentence or _("was rejected by the server")))
        else:
            outcome.done.append(post)
    notices.send(request, act, outcome.done)
    return outcome


def _publish(request: Request, post: Post) -> None:
    published = PostRepository(create_admin_client()).publish(policy.as_saved_by(request.user, post), is_checked=True)
    record(request, "publish", published, sends_mail=False)
    history.keep(request, published)


def _unpublish(request: Request, post: Post) -> None:
    draft = PostRepository(create_admin_client()).unpublish(policy.as_saved_by(request.user, post), is_checked=True)
    history.end_link(draft)
    record(request, "unpublish", draft, sends_mail=False)


def _delete(request: Request, post: Post) -> None:
    """Delete the post if it can be restored afterwards. Otherwise raise UnavailableError."""
    posts = changer(request, post)
    if not undo_store.put(request.user, post, posts.files.cover(post)):
        raise errors.UnavailableError(sentence=_("could not be stored for undo, so it was not deleted"))
    deletion.delete(request, posts, post, can_undo=True, sends_mail=False)


ACTS: dict[str, Callable[[Request, Post], None]] = {"publish": _publish, "unpublish": _unpublish, "delete": _delete}
