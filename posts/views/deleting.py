"""Delete a post after confirmation, and restore it within ten minutes."""

from dataclasses import replace

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.decorators import sign_in_required
from accounts.request import Request
from core import errors
from core.appwrite_client import create_session_client
from posts import models, policy
from posts.access import changer, editable, publisher, record, require_editor
from posts.editing import deletion, undo_store
from posts.models import Post
from posts.repository import PostRepository


@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def delete(request: Request, post_id: str) -> HttpResponse:
    """Ask for confirmation (GET), or delete the post (POST). The next page has a button to restore the post."""
    posts = PostRepository(create_session_client(request))
    try:
        post = editable(request, posts, post_id)
    except errors.NotFoundError:
        stored = undo_store.find(request.user, post_id) if request.method == "POST" else None
        if stored is None:
            raise
        # An earlier request deleted the row, but Appwrite's response may have been lost, so finish the deletion.
        changer(request, stored[0]).files.discard(stored[0], can_undo=True)
        record(request, "delete", stored[0])
        return redirect("posts:mine")
    if request.method == "POST":
        posts = changer(request, post)
        # Store the post first, so that it can be restored. If that fails, ask again before deleting the post for good.
        can_undo = undo_store.put(request.user, post, posts.files.cover(post))
        if not can_undo and request.POST.get("act") != "for good":
            return render(request, "posts/delete.html", {"post": post, "for_good": True}, status=503)
        deletion.delete(request, posts, post, can_undo=can_undo)
        if not can_undo:
            messages.success(request, _("The post is deleted."))
        return redirect("posts:mine")
    return render(request, "posts/delete.html", {"post": post})


@require_POST
@sign_in_required
def undo(request: Request, post_id: str) -> HttpResponse:
    """Restore a post that the signed-in user has deleted.

    The post keeps its id. If another post now has the id, create a draft with a new id instead.
    """
    stored = undo_store.find(request.user, post_id)
    if stored is None:
        if undo_store.is_available():
            messages.warning(request, _("The post can no longer be restored. We keep deleted posts for ten minutes."))
        else:
            messages.warning(request, _("We can’t restore the post at the moment. Try again in a few minutes."))
        return redirect("posts:mine")
    deleted, picture = stored
    require_editor(request, deleted)
    posts = publisher(request, deleted)
    deleted = policy.as_saved_by(request.user, deleted)
    try:
        post = posts.restore(deleted, picture)
    except errors.ConflictError:
        post = _restored(posts, deleted) or posts.restore(_as_new_draft(deleted), picture)
    undo_store.forget(request.user, post_id)
    record(request, "undo", post)
    if post.id != deleted.id:
        messages.warning(request, _("Another post now has this address. Your text is still here, as a new draft."))
    elif deleted.cover_id and not post.cover_id:
        messages.warning(request, _("The post is restored. Its cover is missing: choose it again."))
    else:
        messages.success(request, _("The post is restored."))
    return redirect("posts:detail", post.id)


def _restored(posts: PostRepository, deleted: Post) -> Post | None:
    """Return the post if an earlier click has already restored it, otherwise None."""
    try:
        post = posts.get(deleted.id)
    except errors.NotFoundError:
        return None
    return post if (post.author_id, post.created_at) == (deleted.author_id, deleted.created_at) else None


def _as_new_draft(post: Post) -> Post:
    return replace(post, id=models.new_id(), status=models.DRAFT, published_at=None)
