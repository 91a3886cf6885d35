"""Compress responses as Appwrite does: by media type and size, with gzip or deflate."""

import gzip
import zlib
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

MIN_SIZE = 1024
"""Bodies larger than this many bytes are compressed."""
LEVEL = 1
"""Compression level. It is low, because CPU time matters more than size on the same machine."""

COMPRESSIBLE = frozenset(
    {
        "application/json",
        "application/javascript",
        "application/xml",
        "application/xhtml+xml",
        "application/rss+xml",
        "application/ld+json",
        "application/geo+json",
        "application/manifest+json",
        "application/wasm",
        "font/otf",
        "font/ttf",
        "image/svg+xml",
        "image/vnd.microsoft.icon",
        "image/x-icon",
        "multipart/mixed",
        "text/css",
        "text/html",
        "text/javascript",
        "text/plain",
        "text/xml",
    }
)


def _deflate(body: bytes) -> bytes:
    """Compress without zlib's header and checksum, as PHP's `gzdeflate` does."""
    compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(body) + compressor.flush()


_CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: gzip.compress(body, LEVEL),
    "deflate": _deflate,
}


def compress(response: HttpResponse, http: HttpRequest) -> HttpResponse:
    """Compress the body in place if this is worthwhile.

    The client must accept a known coding, and the body must have a suitable type and size. Return the response.
    """
    coding = _choose(http.headers.get("Accept-Encoding", ""))
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if coding and len(response.content) > MIN_SIZE and media_type in COMPRESSIBLE:
        response.content = _CODINGS[coding](response.content)
        response["Content-Encoding"] = coding
        response["Vary"] = "Accept-Encoding"
        response["X-Utopia-Compression"] = "true"
    return response


def _choose(accepted: str) -> str:
    """Return the known coding with the highest quality. If several have the same quality, return the first.

    Return "" if the client accepts none of them. As on the real server, quality 0 does not exclude a coding.
    """
    qualities: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, _, parameter = part.strip().partition(";")
        if name in _CODINGS:
            qualities.setdefault(name, _quality(parameter))
    return max(qualities, key=lambda name: qualities[name], default="")


def _quality(parameter: str) -> float:
    try:
        return float(parameter.strip().removeprefix("q=")) if parameter else 1.0
    except ValueError:
        return 0.0
