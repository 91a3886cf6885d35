"""Covers as readers get them: from our own origin, in three widths."""

import hashlib

from django.http import Http404, HttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from accounts.http import Request
from biso_site import errors
from biso_site.appwrite_client import create_guest_client, create_session_client
from posts import images, kept
from posts.covers import CoverRepository

FOR_ALL = "public, max-age=31536000, immutable"  # a new picture gets a new id, so nobody needs to ask twice
FOR_ONE = "private, no-store"


@require_safe
def kept_cover(request: Request, key: str) -> HttpResponse:
    """A picture that waits beside a form: for whoever has the key, signed in or signed out meanwhile."""
    picture = kept.find(key)
    if picture is None:
        raise Http404
    return HttpResponse(picture, content_type="image/webp", headers={"Cache-Control": FOR_ONE})


@require_safe
def cover(request: Request, file_id: str, width: int) -> HttpResponse:
    """A cover in one of its widths, for whoever may read its post: Appwrite decides, asked as a guest first. What a
    guest may see is the same for everybody and kept by every cache; a draft's is kept by none."""
    if width not in images.WIDTHS:
        raise Http404
    try:
        picture, readers = CoverRepository(create_guest_client()).picture(file_id, width), FOR_ALL
    except errors.NotFound:
        if not request.appwrite_session:
            raise
        picture, readers = CoverRepository(create_session_client(request)).picture(file_id, width), FOR_ONE
    etag = f'"{hashlib.sha256(picture).hexdigest()[:32]}"'
    response = HttpResponse(picture, content_type="image/webp", headers={"Cache-Control": readers, "ETag": etag})
    response = get_conditional_response(request, etag=etag, response=response) or response
    if readers is FOR_ALL:
        response["Cross-Origin-Resource-Policy"] = "cross-origin"  # feeds are read elsewhere, too
    return response
