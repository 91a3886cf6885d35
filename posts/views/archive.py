"""The archive: all published posts by year and month, so that links lead to every post."""

import re
from datetime import date

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.request import Request, ensure_user
from core import errors
from core.ids import is_id
from core.public_pages import public_page
from posts.archive import months_until_now
from posts.public_archive import PublicArchive


@public_page("before")
@require_safe
def archive(request: Request) -> HttpResponse:
    """List the years with published posts, latest first.

    If the parameter `before` is given, list only earlier years.
    """
    before = request.GET.get("before") or str(timezone.localdate().year + 1)
    if not re.fullmatch("[12][0-9]{3}", before):
        raise errors.NotFoundError(f"no year {before[:20]!r}")
    ensure_user(request)
    years, has_more = PublicArchive().years(int(before))
    if not years and "before" in request.GET:
        raise errors.NotFoundError(f"no post before {before}")
    return render(request, "posts/archive.html", {"years": years, "before": years[-1] if has_more else None})


@public_page()
@require_safe
def archive_year(request: Request, year: int) -> HttpResponse:
    """List the months of a year with published posts and their number, latest first. Return 404 if there are none."""
    if not months_until_now(year):
        raise errors.NotFoundError(f"no year {year}")
    ensure_user(request)
    months = [(date(year, month, 1), count) for month, count in PublicArchive().months(year)]
    if not months:
        raise errors.NotFoundError(f"no posts in {year}")
    return render(request, "posts/archive_year.html", {"year": year, "months": months})


@public_page("after")
@require_safe
def archive_month(request: Request, year: int, month: int) -> HttpResponse:
    """List a month's posts, newest first. If the parameter `after` is given, begin after the post with this id."""
    after = request.GET.get("after", "")
    if month not in months_until_now(year) or (after and not is_id(after)):
        raise errors.NotFoundError(f"no month {year}-{month}")
    ensure_user(request)
    posts, cursor = PublicArchive().in_month(year, month, after)
    if not posts and not cursor:
        raise errors.NotFoundError(f"no posts in {year}-{month}")
    context = {"posts": posts, "month": date(year, month, 1), "after": after, "cursor": cursor}
    return render(request, "posts/archive_month.html", context)
