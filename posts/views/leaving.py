"""Download a person's data, and delete their account with everything that belongs to it."""

import logging

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import session
from accounts.decorators import sign_in_required
from accounts.forms import DeleteAccountForm
from accounts.repositories.account import AccountRepository
from accounts.repositories.people import LastAdminError
from accounts.repositories.site_account import SiteAccountRepository
from accounts.request import Request, confirm_user
from core import errors, rate_limits
from core.appwrite_client import create_admin_client, create_session_client
from core.calls import run_concurrently
from posts import exports
from posts.access import audit
from posts.departures import Departure, Progress
from posts.profiles import ProfileRepository
from posts.repository import PostRepository

log = logging.getLogger(__name__)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def export(request: Request) -> HttpResponse:
    """Describe the archive with the user's data (GET), or send one part of the archive (POST)."""
    failure: errors.SiteError | None = None
    status = 200
    posts = PostRepository(create_session_client(request))
    if request.method == "POST":
        part = request.POST.get("part", "1")
        if not part.isascii() or not part.isdigit() or len(part) > 3 or part == "0":
            raise errors.NotFoundError
        confirm_user(request)  # if the session has ended, the archive would be empty
        try:
            rate_limits.EXPORTS.require(request.user.id)
        except errors.RateLimitedError as error:
            status, failure = 429, error
        else:
            own_account = AccountRepository(create_session_client(request))
            profiles = ProfileRepository(create_admin_client())
            archive = exports.archive(request, own_account, posts, profiles, int(part))
            name = f"biso-posts-{timezone.localdate():%Y-%m-%d}-{part}.zip"
            headers = {"Content-Disposition": f'attachment; filename="{name}"'}
            return HttpResponse(archive, content_type="application/zip", headers=headers)
    count = posts.count_mine(request.user)
    parts = range(1, exports.parts(count) + 1)
    context = {
        "count": count,
        "parts": parts,
        "failure": failure.sentence if failure else "",
        "per_part": exports.PER_PART,
    }
    return errors.with_retry_after(render(request, "posts/export.html", context, status=status), failure)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def delete_account(request: Request) -> HttpResponse:
    """Show what will be deleted (GET), or delete the account (POST). A large account needs several requests."""
    if request.method == "POST":
        confirm_user(request)  # the deletion uses the API key and depends on the person's current role
        progress = Progress.from_token(request.POST.get("progress", ""), request.user)
        if progress is not None:
            return _continue(request, progress)
    drafts, published, can_hand_over = run_concurrently(
        lambda: PostRepository(create_session_client(request)).count_mine(request.user, published=False),
        lambda: PostRepository(create_session_client(request)).count_mine(request.user, published=True),
        lambda: SiteAccountRepository(create_admin_client()).exists(),
    )
    data = request.POST if request.method == "POST" else None
    form = DeleteAccountForm(data, email=request.user.email, can_hand_over=bool(published) and can_hand_over)
    if form.is_valid():
        return _continue(request, Progress(request.user.id, form.hands_over))
    context = {"form": form, "drafts": drafts, "published": published, "can_hand_over": can_hand_over}
    return render(request, "posts/delete_account.html", context)


def _continue(request: Request, progress: Progress) -> HttpResponse:
    """Delete as much as time allows. Then show the progress, or sign the user out after the last batch."""
    departure = Departure(create_admin_client(), request.user, progress)
    failure: errors.SiteError | None = None
    status = 200
    try:
        if departure.run():
            return _gone(request, departure.progress)
    except LastAdminError as error:
        status, failure = 409, error
    except (errors.UnavailableError, errors.ConflictError) as error:
        log.error("deleting the account %s: %s", request.user.id, error)
        status, failure = 503, error
    context = {"progress": departure.progress, "status": status}
    return errors.with_retry_after(render(request, "posts/deleting_account.html", context, status=status), failure)


def _gone(request: Request, progress: Progress) -> HttpResponse:
    """Sign the user out, and tell the browser to delete its stored data."""
    audit.info(
        "user=%s act=delete_account deleted=%d handed_over=%d",
        request.user.id,
        progress.deleted,
        progress.handed_over,
    )
    response = redirect("posts:home")
    session.sign_out(response)
    response["Clear-Site-Data"] = '"cache", "storage"'
    messages.success(request, _("Your account is deleted. Thank you for writing with us."))
    return response
