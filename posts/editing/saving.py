"""Save a post from a form, without overwriting a version that the writer has not seen."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.request import Request
from core import errors
from core.appwrite_client import create_session_client
from posts import image_ids, models, scheduling
from posts.access import editable, publisher, record
from posts.editing import history, last_save
from posts.models import Plan, Post
from posts.repository import PostRepository
from posts.row_mapping import holds


@dataclass(frozen=True)
class Submission:
    """A submitted form. `base` is the version of the post that the writer has seen; None if the post was not saved yet.

    An autosave saves only the text, not the cover, and never changes a published post. `plan` is a new
    publication time for a draft; None keeps the time.
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
    """Create a post and return it. Submitting a form twice creates only one. Raise EditConflictError as `save` does."""
    posts = PostRepository(create_session_client(request))
    post_id, fields, plan = submission.post_id, submission.fields, submission.plan
    if plan and plan.at:
        scheduling.require_writer(request, request.user.id)
    try:
        with last_save.trying(post_id, request.user, submission.form_key, fields):
            post = posts.create(post_id, request.user, fields, publish=submission.is_publish, plan=plan)
    except errors.ConflictError:
        # The id is taken: by an earlier submission of this form or, very rarely, by an unrelated post.
        try:
            taken = posts.get(post_id)
        except errors.NotFoundError:
            taken = None
        if taken is not None and taken.author_id == request.user.id:
            return save(request, posts, taken, submission)
        post = posts.create(models.new_id(), request.user, fields, publish=submission.is_publish, plan=plan)
    last_save.remember(post, request.user, submission.form_key)
    act = _act(submission)
    record(request, "create" if act == "edit" else act, post, always=not submission.is_autosave)
    return post


def save(request: Request, posts: PostRepository, post: Post, submission: Submission) -> Post:
    """Save the form and return the post. Raise EditConflictError if the writer has not seen the stored version."""
    try:
        return _save_over(request, posts, post, submission)
    except EditConflictError:
        raise
    except errors.ConflictError:
        # The row was changed after we read it, perhaps by another submission of this form.
        return _save_over(request, posts, editable(request, posts, post.id), submission)


def _save_over(request: Request, posts: PostRepository, post: Post, submission: Submission) -> Post:
    fields, base = submission.fields, submission.base
    if submission.is_autosave and post.status == models.PUBLISHED:
        raise EditConflictError(post, _("This post is now published, so it no longer saves automatically."))
    plan = submission.plan
    if plan and post.status == models.PUBLISHED:
        raise EditConflictError(post, _("This post is already published, so it can’t be scheduled."))
    if holds(post, fields):
        if _is_as_wanted(post, submission):
            return post
    elif (base is None or base < post.version) and not last_save.is_of(post, request.user, submission.form_key):
        raise EditConflictError(post)
    if submission.is_autosave:  # leaves the cover file unchanged, which also saves a request
        post, fields = replace(post, cover_id=""), {**fields, "cover": None, "remove_cover": False}
    has_images = not submission.is_autosave and image_ids.find(post.content + fields["content"], post.id)
    if submission.is_publish or submission.is_unpublish or post.cover_id or fields["cover"] or has_images:
        posts = publisher(request, post)  # the files' permissions name the author
    if plan and plan.at:
        scheduling.require_writer(request, post.author_id)
    with last_save.trying(post.id, request.user, submission.form_key, fields):
        saved = _write(posts, post, fields, submission)
    last_save.remember(saved, request.user, submission.form_key)
    if submission.is_unpublish:
        history.end_link(saved)
    record(request, _act(submission), saved, always=not submission.is_autosave)
    return saved


def _write(posts: PostRepository, post: Post, fields: dict[str, Any], submission: Submission) -> Post:
    if submission.is_publish:
        return posts.publish(post, fields)
    if submission.is_unpublish:
        return posts.unpublish(post, fields)
    return posts.update(post, fields, submission.plan, is_autosave=submission.is_autosave)


def _is_as_wanted(post: Post, submission: Submission) -> bool:
    """Return whether the post already has the state that the submission asks for."""
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
