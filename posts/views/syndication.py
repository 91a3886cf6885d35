"""Feeds, pictures for link previews, the sitemap and robots.txt."""

import hashlib
from functools import partial
from typing import Any, cast

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, parse_http_date_safe
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_safe

from accounts.request import Request
from core import errors
from core.next_url import absolute
from core.public_pages import public_page
from posts.filters import Filters
from posts.models import Post
from posts.public_posts import PublicPosts
from posts.syndication import feeds, share_images

# These pages are in the sitemap in both languages.
PAGES = ("posts:home", "posts:list", "posts:topics", "posts:archive")
MAX_SITEMAP = 5000  # posts; search engines accept ten times as many


@public_page(*Filters.PARAMETERS)
@require_safe
def feed(request: Request) -> HttpResponse:
    """Return an Atom feed of the newest posts. It accepts the same filters as the list."""
    return _feed(request, feeds.Atom, Filters.of(request.GET))


@public_page(*Filters.PARAMETERS)
@require_safe
def feed_rss(request: Request) -> HttpResponse:
    """Return an RSS feed of the newest posts. It accepts the same filters as the list."""
    return _feed(request, feeds.Rss, Filters.of(request.GET))


@public_page()
@require_safe
def feed_of_author(request: Request, user_id: str) -> HttpResponse:
    """Return an Atom feed of one person's newest posts, or 404 if the person has published nothing."""
    posts = PublicPosts().newest_texts_by(user_id, feeds.LENGTH)
    name = posts[0].author_name
    title = _("Posts by %(name)s") % {"name": name} if name else _("Posts by a member")
    link = reverse("posts:by_author", args=[user_id])
    result = feeds.feed(feeds.Atom, posts, partial(absolute, request), title=title, link=link, path=request.path)
    response = HttpResponse(result.writeString("utf-8"), content_type=result.content_type)
    return _conditional(request, response, posts)


@public_page()
@require_safe
def topic_feed(request: Request, topic: str) -> HttpResponse:
    """Return an Atom feed of the newest posts with one topic."""
    return _feed(request, feeds.Atom, Filters(tag=topic))


@public_page()
@require_safe
def topic_feed_rss(request: Request, topic: str) -> HttpResponse:
    """Return an RSS feed of the newest posts with one topic."""
    return _feed(request, feeds.Rss, Filters(tag=topic))


def _feed(request: Request, kind: type[feeds.Atom] | type[feeds.Rss], filters: Filters) -> HttpResponse:
    if filters.is_too_long:
        raise errors.NotFoundError("the search is too long")
    posts = PublicPosts().newest_texts(feeds.LENGTH, filters)
    title = f"BISO posts {filters.in_words}".strip()
    result = feeds.feed(
        kind, posts, partial(absolute, request), title=title, link=filters.url, path=request.get_full_path()
    )
    response = HttpResponse(result.writeString("utf-8"), content_type=result.content_type)
    return _conditional(request, response, posts)


def _conditional(request: Request, response: HttpResponse, posts: list[Post]) -> HttpResponse:
    """Return `response` with ETag and Last-Modified, or 304 if the client already has this version."""
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    response["ETag"] = etag
    changed = max((int(max(post.version, post.published_at or post.version).timestamp()) for post in posts), default=0)
    if changed:
        response["Last-Modified"] = http_date(changed)
    # If the newest post is unpublished, the feed's date becomes earlier. Therefore only an equal date means “not
    # modified”.
    is_same_date = parse_http_date_safe(request.headers.get("If-Modified-Since", "")) == changed
    last_modified = changed if is_same_date else None
    return cast(HttpResponse, get_conditional_response(request, etag, last_modified, response))


@public_page(share="covers")
@require_safe
def share_image(request: Request, post_id: str) -> HttpResponse:
    """Return the link preview picture of a post without a cover, or 404 for a draft.

    If our typeface lacks letters of the title, return the site's own picture.
    """
    post = PublicPosts().get(post_id)
    if not post.is_published or post.id != post_id:
        raise errors.NotFoundError(f"{post_id} has no picture")
    byline = " · ".join(filter(None, [post.author_name, post.get_campus_display()]))
    picture = share_images.title_picture(post.title, byline) or share_images.site_picture()
    return HttpResponse(picture, content_type="image/jpeg")


@public_page()
@require_safe
def sitemap(request: Request) -> HttpResponse:
    """Return the sitemap: the newest posts, and, in both languages, the pages from which all posts can be reached."""
    posts = PublicPosts().newest_links(MAX_SITEMAP)
    pages: list[dict[str, Any]] = []
    for language in ("nb", "en"):
        with override(language):
            pages += [{"url": absolute(request, reverse(name))} for name in PAGES]
    pages += [{"url": absolute(request, post.get_absolute_url()), "changed": post.updated_at} for post in posts]
    return render(request, "sitemap.xml", {"pages": pages}, content_type="application/xml; charset=utf-8")


@public_page()
@require_safe
def robots(request: Request) -> HttpResponse:
    """Return robots.txt. It excludes pages that require sign-in, and searches, which are unlimited in number."""
    context = {"prefixes": ["", "/en"], "sitemap": absolute(request, reverse("sitemap"))}
    return render(request, "robots.txt", context, content_type="text/plain; charset=utf-8")
