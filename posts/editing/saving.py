"""Save a post from a form, without overwriting a version that the author has not seen."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.request import Request, confirm_user
from core import errors, rate_limits
from core.appwrite_client import create_admin_client, create_session_client
from posts import image_ids, models, policy, scheduling
from posts.access import editable, publisher, record, require_publisher, review_needed
from posts.editing import history, last_save
from posts.models import Plan, Post
from posts.repository import PostRepository
from posts.row_mapping import holds

# The limit for a person who cannot publish, because the site writes their drafts with its API key.
MAX_RESTRICTED_DRAFTS = 20


@dataclass(frozen=True)
class Submission:
    """A submitted form.

    `base` is the version of the post that the author has seen, or None for a new post. An autosave saves only the text,
    not the cover, and never changes a published post. `plan` is a draft's new publication time, or None to keep the
    current time.
    """

    post_id: str
    fields: dict[str, Any]
    form_key: str
    base: datetime | None
    is_publish: bool = False
    is_autosave: bool = False
    is_unpublish: bool = False
    plan: Plan | None = None


class EditConflictError(errors.ConflictError):
    """The form would overwrite a version that the writer has not seen, or an autosave would change a published post."""

    def __init__(self, post: Post, sentence: str = "") -> None:
        super().__init__(f"row {post.id} has changed", sentence=sentence)
        self.post = post


def create(request: Request, submission: Submission) -> Post:
    """Create a post and return it.

    Submitting the same form twice creates only one post. Raise EditConflictError in the same cases as `save`.
    """
    own_posts = PostRepository(create_session_client(request))
    if submission.plan and submission.plan.at:
        scheduling.require_author_can_publish(request, request.user.id)
    if policy.can_publish_own(request.user):
        return _create(request, own_posts, own_posts, submission)
    _require_draft_left(request, own_posts, submission)
    return _create(request, PostRepository(create_admin_client()), own_posts, submission)


def _require_draft_left(request: Request, own_posts: PostRepository, submission: Submission) -> None:
    """Check that the site can create a draft with its API key for this person, who cannot publish.

    Read the person from Appwrite again. Raise NotAllowedError if they want to publish, or already have
    MAX_RESTRICTED_DRAFTS drafts.
    """
    if submission.is_publish:
        raise review_needed()
    rate_limits.RESTRICTED_WRITES.require(request.user.id)
    confirm_user(request)
    is_saved_already = last_save.has_saved(request.user, submission.post_id)
    if not is_saved_already and own_posts.count_drafts(request.user) >= MAX_RESTRICTED_DRAFTS:
        sentence = _(
            "You have %(limit)s drafts, which is the limit. Delete one of them first. Your text is still here."
        )
        raise errors.NotAllowedError(sentence=sentence % {"limit": MAX_RESTRICTED_DRAFTS})


def _create(request: Request, posts: PostRepository, own_posts: PostRepository, submission: Submission) -> Post:
    post_id, fields, plan = submission.post_id, submission.fields, submission.plan
    try:
        with last_save.trying(post_id, request.user, submission.form_key, fields):
            post = posts.create(post_id, request.user, fields, publish=submission.is_publish, plan=plan)
    except errors.ConflictError:
        # An earlier submission of this form, or very rarely an unrelated post, already uses the id.
        try:
            taken = own_posts.get(post_id)
        except errors.NotFoundError:
            taken = None
        if taken is not None and taken.author_id == request.user.id:
            return save(request, own_posts, taken, submission)
        post = posts.create(models.new_id(), request.user, fields, publish=submission.is_publish, plan=plan)
    last_save.remember(post, request.user, submission.form_key)
    act = _act(submission)
    record(request, "create" if act == "edit" else act, post, always=not submission.is_autosave)
    return post


def save(request: Request, posts: PostRepository, post: Post, submission: Submission) -> Post:
    """Save the form and return the post. Raise EditConflictError if the writer has not seen the newest version."""
    try:
        return _save_over(request, posts, post, submission)
    except EditConflictError:
        raise
    except errors.ConflictError:
        # The row has changed since we read it, perhaps because this form was submitted twice.
        return _save_over(request, posts, editable(request, posts, post.id), submission)


def _save_over(request: Request, posts: PostRepository, post: Post, submission: Submission) -> Post:
    fields, base, plan = submission.fields, submission.base, submission.plan
    _require_possible(request, post, submission)
    if holds(post, fields):
        if _is_as_wanted(request.user, post, submission):
            return post
    elif (base is None or base < post.version) and not last_save.is_of(post, request.user, submission.form_key):
        raise EditConflictError(post)
    if submission.is_autosave:  # leave the cover file unchanged, which also saves a request
        post, fields = replace(post, cover_id=""), {**fields, "cover": None, "remove_cover": False}
    posts = _repository(request, posts, post, fields, submission)
    if plan and plan.at:
        scheduling.require_author_can_publish(request, post.author_id)
    with last_save.trying(post.id, request.user, submission.form_key, fields):
        saved = _write(posts, request.user, post, fields, submission)
    last_save.remember(saved, request.user, submission.form_key)
    if submission.is_unpublish:
        history.end_link(saved)
    record(request, _act(submission), saved, always=not submission.is_autosave)
    return saved


def _require_possible(request: Request, post: Post, submission: Submission) -> None:
    """Raise an error if the person is not allowed to save the post in this way, or if its status prevents it."""
    is_published = post.status == models.PUBLISHED
    if submission.is_autosave and is_published:
        raise EditConflictError(post, _("This post is now published, so it no longer saves automatically."))
    if submission.plan and is_published:
        raise EditConflictError(post, _("This post is already published, so it can’t be scheduled."))
    if submission.is_publish or (is_published and not submission.is_unpublish):
        require_publisher(request, post)


def _repository(
    request: Request, posts: PostRepository, post: Post, fields: dict[str, Any], submission: Submission
) -> PostRepository:
    """Return the repository that can write the post and its files: `posts`, or a repository with the API key."""
    needs_key = post.author_id == request.user.id and policy.needs_key(request.user, post)
    has_files = post.cover_id or fields["cover"]  # the files' permissions name the author
    if not submission.is_autosave:
        has_files = has_files or image_ids.find(post.content + fields["content"], post.id)
    if not (submission.is_publish or submission.is_unpublish or has_files or needs_key):
        return posts
    posts = publisher(request, post)
    _require_possible(request, post, submission)  # the person's role may have changed
    return posts


def _write(posts: PostRepository, user: User, post: Post, fields: dict[str, Any], submission: Submission) -> Post:
    # An autosave does not change the files, so the row must keep the same owner as the files.
    if submission.is_autosave:
        return posts.update(post, fields, submission.plan, is_autosave=True)
    after = policy.as_saved_by(user, post)
    if submission.is_publish:
        return posts.publish(after, fields)
    if submission.is_unpublish:
        return posts.unpublish(after, fields)
    return posts.update(post, fields, submission.plan, owner=None if after == post else policy.owner_of(after))


def _is_as_wanted(user: User, post: Post, submission: Submission) -> bool:
    """Return whether the post already has the requested state, and the owner that a save would set."""
    if not submission.is_autosave and policy.as_saved_by(user, post) != post:
        return False
    if submission.is_publish:
        return post.is_published
    if submission.is_unpublish:
        return post.status == models.DRAFT
    return submission.plan is None or submission.plan.at == post.scheduled_at


def _act(submission: Submission) -> str:
    """Return the name of the submission's action in the audit log."""
    if submission.is_publish:
        return "publish"
    if submission.is_unpublish:
        return "unpublish"
    if submission.plan:
        return "schedule" if submission.plan.at else "unschedule"
    return "edit"
