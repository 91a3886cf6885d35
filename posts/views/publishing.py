"""Publish or unpublish a post without changing its text, or cancel its schedule."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.decorators import sign_in_required
from accounts.request import Request
from core import errors
from core.appwrite_client import create_session_client
from core.next_url import next_url
from posts import policy
from posts.access import changer, editable, may_publish_at_once, publisher, record, require_publisher
from posts.editing import history
from posts.models import Post
from posts.repository import PostRepository


@require_POST
@sign_in_required
def publish(request: Request, post_id: str) -> HttpResponse:
    """Publish a post. If the signed-in user is not its author, first ask for confirmation."""
    post = editable(request, PostRepository(create_session_client(request)), post_id)
    require_publisher(request, post)
    is_others = post.author_id != request.user.id
    if is_others and post.is_published:  # the button was pressed twice
        messages.success(request, _("Published. Everyone can read it now."))
        return _redirect_back(request, post)
    if _has_changed(request, post):
        return _read_again(request, post)
    if not may_publish_at_once(request, post):
        return render(
            request, "posts/publish.html", {"post": post, "shown": post, "next": request.POST.get("next", "")}
        )
    posts = publisher(request, post)
    require_publisher(request, post)  # the person's role may have changed
    try:
        # Check the version of someone else's post, because its author could change the text just before the admin
        # publishes it.
        post = posts.publish(policy.as_saved_by(request.user, post), is_checked=is_others)
    except errors.ConflictError:
        return _read_again(request, post)
    record(request, "publish", post)
    history.keep(request, post)
    messages.success(request, _("Published. Everyone can read it now."))
    return _redirect_back(request, post)


@require_POST
@sign_in_required
def unpublish(request: Request, post_id: str) -> HttpResponse:
    """Make a post a draft again."""
    post = editable(request, PostRepository(create_session_client(request)), post_id)
    posts = publisher(request, post)
    post = posts.unpublish(policy.as_saved_by(request.user, post))
    history.end_link(post)
    record(request, "unpublish", post)
    who = (
        _("Only you and admins see it.")
        if post.author_id == request.user.id
        else _("Only the author and admins see it.")
    )
    messages.success(request, _("The post is a draft again.") + " " + who)
    return _redirect_back(request, post)


@require_POST
@sign_in_required
def unschedule(request: Request, post_id: str) -> HttpResponse:
    """Cancel a draft's schedule. The post remains a draft."""
    posts = PostRepository(create_session_client(request))
    post = editable(request, posts, post_id)
    if post.is_scheduled:
        post = changer(request, post).unschedule(post)
        record(request, "unschedule", post)
    messages.success(request, _("The post is no longer scheduled. It is still a draft."))
    return _redirect_back(request, post)


def _has_changed(request: Request, post: Post) -> bool:
    """Return whether someone else's draft is newer than the version on the page with the button."""
    seen = request.POST.get("version", "")
    return bool(seen) and post.author_id != request.user.id and seen != post.stamp


def _read_again(request: Request, post: Post) -> HttpResponse:
    messages.warning(request, _("The draft has changed since you opened the page. Read it again first."))
    return redirect("posts:detail", post.id)


def _redirect_back(request: Request, post: Post) -> HttpResponse:
    """Redirect to the list from which the form was submitted, if `next` names one, otherwise to the post."""
    return redirect(next_url(request) if request.POST.get("next") else reverse("posts:detail", args=[post.id]))
