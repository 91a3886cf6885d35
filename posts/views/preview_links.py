"""Private links to drafts: the page for creating and revoking a link, and the page behind the link."""

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from urllib.parse import urlencode

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.decorators import View, sign_in_required
from accounts.models import ANONYMOUS
from accounts.repositories.people import PeopleRepository
from accounts.request import Request, confirm_user
from core import errors, rate_limits
from core.appwrite_client import create_admin_client, create_session_client
from core.calls import run_concurrently
from core.next_url import absolute
from posts import cover_sizes, image_ids, markdown, new_tables, policy
from posts.access import editable, record, require_editor
from posts.covers import fetching
from posts.covers.storage import CoverRepository, can_be_cover
from posts.covers.text_images import ImageRepository
from posts.models import Post, ShownPost, Source
from posts.preview_links import Key, PreviewLink, PreviewLinkRepository, read_key
from posts.repository import PostRepository
from posts.schema import PREVIEW_LINKS

# The salts keep the two views' earlier names, so that URLs signed before an update still work after the update.
COVER = signing.TimestampSigner(salt="posts.shared_cover")
IMAGE = signing.TimestampSigner(salt="posts.shared_image")
COVER_TTL = 3600  # seconds during which the page behind a link can load the cover and the images


def private(view: View) -> View:
    """Keep the response out of caches and search engines, and its URL out of the Referer header."""

    @wraps(view)
    def guarded(request: Request, *args: object, **kwargs: object) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "private, no-store"
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Referrer-Policy"] = "no-referrer"
        return response

    return guarded


# -- for the author and admins -----------------------------------------------------------------------------------------
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def share(request: Request, post_id: str) -> HttpResponse:
    """Show the private link to a draft (GET), or create a new link or revoke the link (POST)."""
    post = editable(request, PostRepository(create_session_client(request)), post_id)
    links = PreviewLinkRepository(create_admin_client())
    if request.method == "POST":
        return _changed(request, post, links)
    try:
        link, is_off = links.find(post.id), False
    except errors.NotFoundError:
        link, is_off = None, True
    if link is not None and not link.opens(post):
        link = None
    context = {"post": post, "link": link, "is_off": is_off, "url": _url(request, link) if link else ""}
    response = render(request, "posts/share.html", context)
    response["Cache-Control"] = "private, no-store"
    return response


def _url(request: Request, link: PreviewLink) -> str:
    return absolute(request, f"{reverse('posts:shared')}?{urlencode({'key': link.key})}")


def _changed(request: Request, post: Post, links: PreviewLinkRepository) -> HttpResponse:
    confirm_user(request)
    require_editor(request, post)
    if request.POST.get("act") == "revoke":
        links.revoke(post.id)
        record(request, "unshare", post)
        messages.success(request, _("The link no longer works."))
    elif not post.is_published:
        try:
            rate_limits.PREVIEW_LINKS.require(request.user.id)
            links.create(post, request.user)
        except errors.RateLimitedError as error:
            messages.error(request, error.sentence)
        except errors.NotFoundError as error:
            if not new_tables.is_missing(error, PREVIEW_LINKS):  # the page says why there is no link
                raise
        else:
            record(request, "share", post)
            messages.success(request, _("The link is ready. Copy it and send it to someone you trust."))
    return redirect("posts:share", post.id)


# -- for readers with the link -----------------------------------------------------------------------------------------
@private
@require_safe
def shared(request: Request) -> HttpResponse:
    """Show a draft to everyone who has the private link. If the post has been published, redirect to the post.

    The page is the same for everyone, so the visitor's session is not used.
    """
    key = read_key(request.GET.get("key", ""))
    if key is None:
        raise Http404
    found = _found(key)
    if found is None:
        return render(request, "posts/shared.html", {"user": ANONYMOUS}, status=410)
    link, post = found
    if post.is_published:
        return redirect(post.get_absolute_url())
    context = {
        "user": ANONYMOUS,
        "post": _with_cover(post),
        "link": link,
        "html": markdown.with_image_addresses(markdown.render(post.content, post_id=post.id), _image_url),
    }
    return render(request, "posts/shared.html", context)


@private
@require_safe
def draft_cover(request: Request, file_id: str, width: int) -> HttpResponse:
    """Serve a draft's cover for the page behind a private link. The URL must contain a signed key for this file."""
    try:
        signed, _separator, gravity = COVER.unsign(request.GET.get("key", ""), max_age=COVER_TTL).partition("~")
    except signing.BadSignature as error:
        raise Http404 from error
    if signed != file_id or not can_be_cover(file_id) or width not in cover_sizes.WIDTHS:
        raise Http404
    covers = CoverRepository(create_admin_client())
    return _picture(file_id, (width, gravity), lambda: covers.picture(file_id, width, gravity))


@private
@require_safe
def draft_image(request: Request, file_id: str, width: int) -> HttpResponse:
    """Serve a draft's text image for the page behind a private link, with the same check as `draft_cover`."""
    try:
        signed = IMAGE.unsign(request.GET.get("key", ""), max_age=COVER_TTL)
    except signing.BadSignature as error:
        raise Http404 from error
    image = image_ids.parse(file_id)
    if signed != file_id or image is None or width not in image.widths:
        raise Http404
    images = ImageRepository(create_admin_client())
    return _picture(file_id, (width, ""), lambda: images.picture(image, width))


def _image_url(file_id: str, width: int) -> str:
    return f"{reverse('draft_image', args=[file_id, width])}?{urlencode({'key': IMAGE.sign(file_id)})}"


def _picture(file_id: str, size: tuple[int, str], read: Callable[[], bytes]) -> HttpResponse:
    try:
        picture = fetching.fetch("key", file_id, size, read)
    except errors.NotFoundError as error:
        raise Http404 from error
    except errors.UnavailableError:
        return HttpResponse(status=503, content_type="text/plain", headers={"Retry-After": str(fetching.FAILURE_TTL)})
    return HttpResponse(picture, content_type="image/webp")


def _found(key: Key) -> tuple[PreviewLink, Post] | None:
    """Return the link and its post, or None if the link has expired or was revoked, or if the post must not be shown.

    The person who created the link must still be allowed to edit the post. Links created by blocked people and by
    former admins therefore stop working.
    """
    if key.expires_at <= timezone.now():
        return None
    rate_limits.PREVIEW_READS.require(key.post_id)
    client = create_admin_client()
    links, posts, people = PreviewLinkRepository(client), PostRepository(client), PeopleRepository(client)
    read: tuple[Callable[[], PreviewLink], Callable[[], Post]] = (
        lambda: links.matching(key),
        lambda: posts.get(key.post_id),
    )
    try:
        link, post = run_concurrently(*read)
        if not link.opens(post):
            return None
        creator = people.get(link.created_by)
    except errors.NotFoundError:
        return None
    return (link, post) if creator.is_active and policy.can_edit(creator.user, post) else None


def _with_cover(post: Post) -> ShownPost:
    """Return the post with cover URLs that work for an hour without a session."""
    gravity = cover_sizes.gravity(post.cover_x, post.cover_y)
    query = urlencode({"key": COVER.sign(f"{post.cover_id}~{gravity}")})
    sources = [
        Source(f"{reverse('draft_cover', args=[post.cover_id, width])}?{query}", width, cover_sizes.height(width))
        for width in cover_sizes.WIDTHS
        if post.cover_id
    ]
    return ShownPost(**{field.name: getattr(post, field.name) for field in fields(post)}, sources=tuple(sources))
