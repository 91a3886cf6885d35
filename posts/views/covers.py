"""Serve covers from our own origin: as WebP in three widths for our pages, and as JPEG for other sites."""

import hashlib
import logging

from django.http import Http404, HttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from accounts.request import Request
from core import errors
from core.appwrite_client import SessionClient, create_guest_client, create_session_client
from core.public_pages import public_page
from posts import cover_sizes
from posts.covers import fetching
from posts.covers.storage import CoverRepository, can_be_cover
from posts.editing import pending_covers

log = logging.getLogger(__name__)

FOR_ALL = "public, max-age=31536000, immutable"  # a new picture gets a new URL, so cached covers never become outdated
FOR_ONE = "private, no-store"
SHARED = cover_sizes.SHARED[0]  # this width selects the JPEG


@require_safe
def pending_cover(request: Request, key: str) -> HttpResponse:
    """Serve the picture from an unsaved form. Only its key is needed, because the session may end before the save."""
    picture = pending_covers.find(key)
    if picture is None:
        raise Http404
    return HttpResponse(picture, content_type="image/webp", headers={"Cache-Control": FOR_ONE})


@public_page(share="covers")
@require_safe
def cover(request: Request, file_id: str, width: int, gravity: str = "") -> HttpResponse:
    """Serve a cover in one of its widths, cropped at one of its positions, to people who may read its post.

    Appwrite checks the permission. The cover is first requested as a guest, then with the visitor's session. Any cache
    may store a cover that guests may see, but no cache may store a draft's cover.
    """
    if width not in cover_sizes.WIDTHS:
        raise Http404
    return _served(request, file_id, width, "image/webp", gravity)


@public_page(share="covers")
@require_safe
def shared_cover(request: Request, file_id: str, gravity: str = "") -> HttpResponse:
    """Serve the cover as JPEG for messengers and social networks, with the same permission checks as `cover`."""
    return _served(request, file_id, SHARED, "image/jpeg", gravity)


def _served(request: Request, file_id: str, width: int, kind: str, gravity: str) -> HttpResponse:
    if not can_be_cover(file_id):
        raise Http404
    try:
        picture, readers = _picture(request, file_id, width, gravity)
    except errors.UnavailableError as error:
        log.warning("cover %s: %s", file_id, error)
        headers = {"Cache-Control": FOR_ONE, "Retry-After": str(fetching.FAILURE_TTL)}
        return HttpResponse(status=503, content_type="text/plain", headers=headers)
    etag = f'"{hashlib.sha256(picture).hexdigest()[:32]}"'
    response = HttpResponse(picture, content_type=kind, headers={"Cache-Control": readers, "ETag": etag})
    response = get_conditional_response(request, etag=etag, response=response) or response
    if readers is FOR_ALL:
        response["Cross-Origin-Resource-Policy"] = "cross-origin"  # other sites may show it in feeds
    return response


def _picture(request: Request, file_id: str, width: int, gravity: str) -> tuple[bytes, str]:
    """Return the cover and its Cache-Control header. Raise NotFoundError if this visitor may not see the cover."""
    try:
        return _fetch("", create_guest_client(), file_id, width, gravity), FOR_ALL
    except errors.NotFoundError:
        if not request.appwrite_session:
            raise
    return _fetch(request.appwrite_session, create_session_client(request), file_id, width, gravity), FOR_ONE


def _fetch(caller: str, client: SessionClient, file_id: str, width: int, gravity: str) -> bytes:
    covers = CoverRepository(client)
    size = width, gravity
    if width == SHARED:
        return fetching.fetch(caller, file_id, size, lambda: covers.shared_picture(file_id, gravity))
    return fetching.fetch(caller, file_id, size, lambda: covers.picture(file_id, width, gravity))
