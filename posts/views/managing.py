"""Pages where admins manage all posts and the featured posts. Each change adds a line to the audit log."""

from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import admin_required, confirm_admin
from accounts.repositories.people import PeopleRepository
from accounts.request import Request
from core import errors
from core.appwrite_client import create_admin_client, create_session_client
from core.calls import run_concurrently
from core.next_url import next_url
from core.pagination import MAX_TOTAL, page_number
from core.text_fields import clean_pasted
from posts import policy, reviews
from posts.access import audit, record
from posts.featured import MAX_FEATURED, ON_FRONT_PAGE, FeaturedRepository
from posts.filters import REVIEW, STATUSES, AllFilters
from posts.models import OrphanRow, Post
from posts.repository import PostRepository

MAX_ADDRESS = 320  # characters


@never_cache
@require_safe
@admin_required
def posts(request: Request) -> HttpResponse:
    """List every post and every orphan row, most recently changed first.

    Up to four requests run concurrently. If some authors need a review, a fifth request reads the drafts in review.
    Without a search, the page shows a count for each status: two requests count the posts with other statuses, the
    response with the list contains a third count, and the fourth is calculated from these three. The list of drafts in
    review needs one more count. A search has no counts, because each count would read all posts again. The `address`
    parameter is an author's e-mail address. It redirects to the list filtered by the author's id.
    """
    filters = AllFilters.of(request.GET)
    number = page_number(request)
    if address := clean_pasted(request.GET.get("address", ""))[:MAX_ADDRESS]:
        confirm_admin(request)
        person = PeopleRepository(create_admin_client()).at_address(address)
        if person is None:
            return render(request, "manage/posts.html", {"filters": filters, "unknown_address": address})
        return redirect(filters.with_author(person.user.id).url)
    if not filters.can_find:
        status = 400 if filters.is_too_long else 200
        return render(request, "manage/posts.html", {"filters": filters}, status=status)
    client = create_session_client(request)
    repository = PostRepository(client)
    counted = [] if filters.search else [status for status in STATUSES if status != filters.status]
    if filters.status != REVIEW:
        del counted[2:]
    page, featured, waiting, *numbers = run_concurrently(
        lambda: repository.all_rows(number, filters),
        FeaturedRepository(client).chosen,
        lambda: reviews.waiting(client, 1) if policy.has_reviews() else None,
        *(partial(repository.count, filters.with_status(status)) for status in counted),
    )
    totals = _totals(filters.status, page.total, dict(zip(counted, numbers, strict=True)))
    if waiting and not filters.with_status(""):
        totals.setdefault(REVIEW, waiting.total)
    context = {
        "page": page,
        "filters": filters,
        "waiting": waiting and waiting.total,
        "statuses": filters.statuses(totals),
        "active": filters.active_with(_name_of(filters.author, page.items)),
        "rows": [(item, isinstance(item, OrphanRow), _is_featured(item, featured)) for item in page.items],
    }
    return render(request, "manage/posts.html", context)


def _totals(status: str, listed: int, counted: dict[str, int]) -> dict[str, int]:
    """Return a dictionary of status -> number of posts, in which "" stands for all posts.

    `listed` is the number of posts with this `status`. `counted` contains the counts for two other STATUSES, or for
    all of them if `status` is REVIEW. If `counted` is empty, or if Appwrite stopped counting at MAX_TOTAL, return only
    the known counts.
    """
    totals = {**counted, status: listed}
    if not counted or max(totals.values()) >= MAX_TOTAL:
        return totals
    if status:
        totals[""] = sum(totals[each] for each in STATUSES)
    else:
        (rest,) = {*STATUSES} - {*counted}
        totals[rest] = listed - sum(counted.values())
    return totals


def _name_of(author_id: str, items: list[Post | OrphanRow]) -> str:
    """Return the author's name from one of their own posts, because other people's rows could contain a false name."""
    return next((item.author_name for item in items if isinstance(item, Post) and item.author_id == author_id), "")


def _is_featured(item: Post | OrphanRow, chosen: dict[str, str]) -> bool:
    return isinstance(item, Post) and chosen.get(item.id) == item.author_id


@never_cache
@require_safe
@admin_required
def featured(request: Request) -> HttpResponse:
    """List the featured posts in order, including deleted posts and drafts, which readers do not see."""
    client = create_session_client(request)
    chosen = FeaturedRepository(client).chosen()
    posts = {post.id: post for post in PostRepository(client).get_many(chosen)}
    context = {"rows": [(post_id, posts.get(post_id)) for post_id in chosen], "shown": ON_FRONT_PAGE}
    return render(request, "manage/featured.html", context)


@require_POST
@admin_required
def feature(request: Request, post_id: str) -> HttpResponse:
    """Put a published post first on the front page."""
    client = create_session_client(request)
    post = PostRepository(client).get(post_id)
    if not post.is_published:
        raise errors.ConflictError(sentence=_("Only a published post can be featured."))
    try:
        FeaturedRepository(client).add(post)
    except errors.ConflictError:
        sentence = ngettext(
            "%(most)s post is featured.", "%(most)s posts are featured. That is the limit.", MAX_FEATURED
        )
        messages.error(request, sentence % {"most": MAX_FEATURED} + " " + _("Remove one of them first."))
        return redirect("manage:featured")
    record(request, "feature", post)
    messages.success(request, _("The post is featured. It appears first on the front page."))
    return redirect(next_url(request, "manage:featured"))


@require_POST
@admin_required
def unfeature(request: Request, post_id: str) -> HttpResponse:
    """Stop featuring a post, even if it has been deleted."""
    FeaturedRepository(create_session_client(request)).remove(post_id)
    audit.info("user=%s act=unfeature post=%s", request.user.id, post_id)
    messages.success(request, _("The post is no longer featured."))
    return redirect(next_url(request, "manage:featured"))


@require_POST
@admin_required
def move(request: Request, post_id: str) -> HttpResponse:
    """Move a featured post one position up or down, then redirect to its row, so that the admin can move it again."""
    step = 1 if request.POST.get("act") == "down" else -1
    FeaturedRepository(create_session_client(request)).move(post_id, step)
    audit.info("user=%s act=move post=%s step=%d", request.user.id, post_id, step)
    return redirect(f"{reverse('manage:featured')}#post-{post_id}")


@require_POST
@admin_required
def remove_orphan(request: Request, row_id: str) -> HttpResponse:
    """Delete an orphan row."""
    PostRepository(create_session_client(request)).remove_orphan(row_id)
    audit.info("user=%s act=remove_orphan row=%s", request.user.id, row_id)
    messages.success(request, _("The row is deleted."))
    return redirect(next_url(request, "manage:posts"))
