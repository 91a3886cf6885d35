"""All posts of all authors, and what stands on the front page: for admins. Each change is a line in the audit log."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import admin_required
from accounts.request import Request
from core import errors
from core.appwrite_client import create_session_client, run_concurrently
from core.next_url import next_url
from core.pagination import page_number
from posts import models
from posts.access import audit, record
from posts.featured import MAX_FEATURED, ON_FRONT_PAGE, FeaturedRepository
from posts.filters import AllFilters
from posts.models import OrphanRow, Post
from posts.repository import PostRepository


@never_cache
@require_safe
@admin_required
def posts(request: Request) -> HttpResponse:
    """Every post and every row that is none, last change first, with counts by status. Three calls, side by side: of
    the counts one is the list's own, and one follows from the others."""
    filters = AllFilters.of(request.GET)
    number = page_number(request)
    if not filters.can_find:
        status = 400 if filters.is_too_long else 200
        return render(request, "manage/posts.html", {"filters": filters}, status=status)
    client = create_session_client(request)
    repository = PostRepository(client)
    page, other, featured = run_concurrently(
        lambda: repository.all_rows(number, filters),
        lambda: repository.count(filters.with_status("" if filters.status else models.DRAFT)),
        FeaturedRepository(client).chosen,
    )
    context = {
        "page": page,
        "filters": filters,
        "statuses": filters.statuses(*_counts(filters.status, page.total, other)),
        "author": filters.remove_author(_name_of(filters.author, page.items)),
        "rows": [(item, isinstance(item, OrphanRow), _is_featured(item, featured)) for item in page.items],
    }
    return render(request, "manage/posts.html", context)


def _counts(status: str, listed: int, other: int) -> tuple[int, int, int]:
    """All, drafts and published, from how many are listed and how many of the other kind there are."""
    if not status:
        return listed, other, listed - other
    rest = other - listed
    return (other, listed, rest) if status == models.DRAFT else (other, rest, listed)


def _name_of(author_id: str, items: list[Post | OrphanRow]) -> str:
    """Found in a post of theirs: others can name them, too."""
    return next((item.author_name for item in items if isinstance(item, Post) and item.author_id == author_id), "")


def _is_featured(item: Post | OrphanRow, chosen: dict[str, str]) -> bool:
    return isinstance(item, Post) and chosen.get(item.id) == item.author_id


@never_cache
@require_safe
@admin_required
def featured(request: Request) -> HttpResponse:
    """The featured posts in their order. One that is a draft again, or gone, keeps its place and is not shown."""
    client = create_session_client(request)
    chosen = FeaturedRepository(client).chosen()
    found = {post.id: post for post in PostRepository(client).get_many(chosen)}
    context = {"rows": [(post_id, found.get(post_id)) for post_id in chosen], "shown": ON_FRONT_PAGE}
    return render(request, "manage/featured.html", context)


@require_POST
@admin_required
def feature(request: Request, post_id: str) -> HttpResponse:
    """Put a published post first on the front page."""
    client = create_session_client(request)
    post = PostRepository(client).get(post_id)
    if not post.is_published:
        raise errors.Conflict(sentence=_("Only a published post can be featured."))
    try:
        FeaturedRepository(client).add(post)
    except errors.Conflict:
        sentence = ngettext(
            "%(most)s post is featured.", "%(most)s posts are featured. That is the limit.", MAX_FEATURED
        )
        messages.error(request, sentence % {"most": MAX_FEATURED} + " " + _("Take one of them away first."))
        return redirect("manage:featured")
    record(request, "feature", post, always=True)
    messages.success(request, _("The post is featured. It appears first on the front page."))
    return redirect(next_url(request, "manage:featured"))


@require_POST
@admin_required
def unfeature(request: Request, post_id: str) -> HttpResponse:
    """Take a post, there still or not, from the front page."""
    FeaturedRepository(create_session_client(request)).remove(post_id)
    audit.info("user=%s act=unfeature post=%s", request.user.id, post_id)
    messages.success(request, _("The post is no longer featured."))
    return redirect(next_url(request, "manage:featured"))


@require_POST
@admin_required
def move(request: Request, post_id: str) -> HttpResponse:
    """Move a featured post a place up or down, and come back to its row: it may have further to go."""
    step = 1 if request.POST.get("act") == "down" else -1
    FeaturedRepository(create_session_client(request)).move(post_id, step)
    audit.info("user=%s act=move post=%s step=%d", request.user.id, post_id, step)
    return redirect(f"{reverse('manage:featured')}#post-{post_id}")


@require_POST
@admin_required
def remove_orphan(request: Request, row_id: str) -> HttpResponse:
    """Delete a row that is no post. It names nobody, so there is nobody to ask."""
    PostRepository(create_session_client(request)).remove_orphan(row_id)
    audit.info("user=%s act=remove_orphan row=%s", request.user.id, row_id)
    messages.success(request, _("The row is deleted."))
    return redirect(next_url(request, "manage:posts"))
