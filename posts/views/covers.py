"""Serve covers and text images from our own origin as WebP. Also serve covers as JPEG for other sites."""

import hashlib
import logging
from collections.abc import Callable

from django.http import Http404, HttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from accounts.request import Request
from core import errors
from core.appwrite_client import SessionClient, create_guest_client, create_session_client
from core.public_pages import public_page
from posts import cover_sizes, image_ids
from posts.covers import fetching
from posts.covers.storage import CoverRepository, can_be_cover
from posts.covers.text_images import ImageRepository
from posts.editing import pending_covers

log = logging.getLogger(__name__)

FOR_ALL = "public, max-age=31536000, immutable"  # a new picture gets a new URL, so cached covers never become stale
FOR_ONE = "private, no-store"
# The preview of a draft reloads its images after every few words, so the author's browser may cache them. Signing out
# clears the browser's cache.
FOR_ONE_BROWSER = "private, max-age=3600"
SHARED = cover_sizes.SHARED[0]  # distinguishes requests for the JPEG, because no other cover has this width


@require_safe
def pending_cover(request: Request, key: str) -> HttpResponse:
    """Serve an unsaved form's picture to anyone with its key, because the session may end before the form is saved."""
    picture = pending_covers.find(key)
    if picture is None:
        raise Http404
    return HttpResponse(picture, content_type="image/webp", headers={"Cache-Control": FOR_ONE})


@public_page(share="covers")
@require_safe
def cover(request: Request, file_id: str, width: int, gravity: str = "") -> HttpResponse:
    """Serve a post's cover to people who can read the post.

    `width` must be one of `cover_sizes.WIDTHS`, and `gravity` is the position of the crop.

    Appwrite checks the permission: the site requests the cover first as a guest, and then with the visitor's session.
    Any cache may store a cover that guests can see, but no cache may store a draft's cover.
    """
    if width not in cover_sizes.WIDTHS or not can_be_cover(file_id):
        raise Http404

    def read(client: SessionClient) -> bytes:
        return CoverRepository(client).picture(file_id, width, gravity)

    return _served(request, file_id, (width, gravity), read, "image/webp")


@public_page(share="covers")
@require_safe
def shared_cover(request: Request, file_id: str, gravity: str = "") -> HttpResponse:
    """Serve the cover as JPEG for messengers and social networks, with the same permission checks as `cover`."""
    if not can_be_cover(file_id):
        raise Http404

    def read(client: SessionClient) -> bytes:
        return CoverRepository(client).shared_picture(file_id, gravity)

    return _served(request, file_id, (SHARED, gravity), read, "image/jpeg")


@public_page(share="covers")
@require_safe
def image(request: Request, file_id: str, width: int = 0) -> HttpResponse:
    """Serve an image in a post's text to people who can read the post, with the same permission checks as `cover`.

    If `width` is 0, serve the stored width. The author's browser may cache a draft's image for an hour.
    """
    stored = image_ids.parse(file_id)
    if stored is None or (width and width not in stored.widths):
        raise Http404
    width = width or stored.width

    def read(client: SessionClient) -> bytes:
        return ImageRepository(client).picture(stored, width)

    return _served(request, file_id, (width, ""), read, "image/webp", for_one=FOR_ONE_BROWSER)


def _served(
    request: Request,
    file_id: str,
    size: tuple[int, str],
    read: Callable[[SessionClient], bytes],
    kind: str,
    *,
    for_one: str = FOR_ONE,
) -> HttpResponse:
    """Serve the picture fetched by `read`. `for_one` is the Cache-Control header if guests cannot see the picture."""
    try:
        picture, is_public = _picture(request, file_id, size, read)
    except errors.UnavailableError as error:
        log.warning("cover %s: %s", file_id, error)
        headers = {"Cache-Control": FOR_ONE, "Retry-After": str(fetching.FAILURE_TTL)}
        return HttpResponse(status=503, content_type="text/plain", headers=headers)
    etag = f'"{hashlib.sha256(picture).hexdigest()[:32]}"'
    headers = {"Cache-Control": FOR_ALL if is_public else for_one, "ETag": etag}
    response = HttpResponse(picture, content_type=kind, headers=headers)
    response = get_conditional_response(request, etag=etag, response=response) or response
    if is_public:
        response["Cross-Origin-Resource-Policy"] = "cross-origin"  # feed readers on other sites may show the cover
    return response


def _picture(
    request: Request, file_id: str, size: tuple[int, str], read: Callable[[SessionClient], bytes]
) -> tuple[bytes, bool]:
    """Return the picture, and whether guests can see it. Raise NotFoundError if this visitor cannot see it."""
    try:
        return fetching.fetch("", file_id, size, lambda: read(create_guest_client())), True
    except errors.NotFoundError:
        if not request.appwrite_session:
            raise
    session = request.appwrite_session
    return fetching.fetch(session, file_id, size, lambda: read(create_session_client(request))), False
