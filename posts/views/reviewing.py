"""Reviews: authors who cannot publish ask for a review, and admins publish their drafts or send them back."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.decorators import admin_required, confirmed_admin_required, sign_in_required
from accounts.request import Request
from core import errors
from core.appwrite_client import create_admin_client, create_session_client
from core.next_url import next_url
from core.pagination import page_number
from posts import policy
from posts.access import editable, record
from posts.editing import review_requests
from posts.forms import ReviewForm
from posts.repository import PostRepository
from posts.reviews import ReviewRepository, waiting


@require_POST
@sign_in_required
def review(request: Request, post_id: str) -> HttpResponse:
    """Ask for a review of the signed-in author's draft, or withdraw this request."""
    post = editable(request, PostRepository(create_session_client(request)), post_id)
    if request.POST.get("act") == "withdraw":
        review_requests.withdraw(request, post)
        messages.success(request, _("You have withdrawn the request. The post is still a draft."))
    else:
        review_requests.ask(request, post)
        messages.success(request, review_requests.asked())
    return redirect(next_url(request) if request.POST.get("next") else reverse("posts:detail", args=[post.id]))


# -- for admins --------------------------------------------------------------------------------------------------------
@never_cache
@require_safe
@admin_required
def reviews(request: Request) -> HttpResponse:
    """List the drafts that are waiting for a review, oldest request first."""
    _require_reviews()
    page = waiting(create_session_client(request), page_number(request))
    return render(request, "manage/reviews.html", {"page": page})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@confirmed_admin_required  # the note is written with the API key
def send_back(request: Request, post_id: str) -> HttpResponse:
    """Ask what the author should change (GET), or send the draft back with this note (POST)."""
    _require_reviews()
    post = PostRepository(create_session_client(request)).get(post_id)
    if not post.is_in_review:
        messages.info(request, _("This draft is no longer waiting for a review."))
        return redirect("manage:reviews")
    form = ReviewForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "manage/send_back.html", {"post": post, "form": form})
    post = ReviewRepository(create_admin_client()).send_back(post, form.cleaned_data["note"])
    record(request, "send_back", post)
    messages.success(request, _("The draft has been sent back. The author sees your note next to it."))
    return redirect("manage:reviews")


def _require_reviews() -> None:
    """Raise NotFoundError on a site where every member can publish."""
    if not policy.has_reviews():
        raise errors.NotFoundError
