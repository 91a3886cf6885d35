"""Icons, flags, initials and QR codes, and images and favicons from other hosts."""

import re
import zoneinfo
from collections.abc import Callable
from contextlib import suppress
from html.parser import HTMLParser
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urljoin, urlsplit

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.http_client import ServerResponse
from appwrite_emulator.db.tables.column_types import is_url
from appwrite_emulator.http.parameters import (
    Assoc,
    Boolean,
    Colour,
    Float,
    Integer,
    ListOf,
    Param,
    ParameterError,
    Text,
    accepts,
)
from appwrite_emulator.http.responses import Response
from appwrite_emulator.media import image_transforms, media_types, remote_fetch, svg
from appwrite_emulator.media.avatar_images.icons import BROWSERS, CREDIT_CARDS, FLAGS, IconSet
from appwrite_emulator.media.avatar_images.lettered_images import initials_of, lettered_image
from appwrite_emulator.media.avatar_images.qr_codes import qr_code
from appwrite_emulator.media.image_cache import CachedImage, get_or_create

PNG, ICO, SVG = "image/png", "image/x-icon", "image/svg+xml"
MAX_SIDE = 2000
"""Maximum width and height in pixels. If one is 0, it is computed from the other. If both are 0, the size is kept."""
CACHE_45_DAYS = {"Cache-Control": "private, max-age=3888000"}


class Code(Param):
    """A code from a given set. Codes are case-insensitive, and are converted to lower case."""

    def __init__(self, known: tuple[str, ...]) -> None:
        super().__init__(required=True)
        self.known = known

    def clean(self, value: Any) -> str:
        if not isinstance(value, str) or value.lower() not in self.known:
            raise ParameterError(f"Value must be one of ({', '.join(self.known)})")
        return value.lower()


class WebAddress(Param):
    """An HTTP or HTTPS URL that PHP accepts: ASCII only, with a lower-case scheme."""

    def clean(self, value: Any) -> str:
        if not isinstance(value, str) or not value.startswith(("http://", "https://")) or not is_url(value):
            raise ParameterError("Value must be a valid URL with following schemes (http, https)")
        return value


# -- icons ------------------------------------------------------------------------------------------------------------


def _icon_getter(kind: str, icons: IconSet) -> Callable[..., Response]:
    """Build the handler for GET /avatars/KIND/{code}."""

    @accepts(
        code=Code(icons.codes),
        width=Integer(0, MAX_SIDE, default=100),
        height=Integer(0, MAX_SIDE, default=100),
        quality=Integer(-1, 100, default=-1),
    )
    def get_icon(request: Request, *, code: str, width: int, height: int, quality: int) -> Response:
        size = image_transforms.requested_size(icons.size, width, height)
        return _cached((kind, code, *size, quality), lambda: CachedImage(lettered_image(code.upper(), *size), PNG))

    get_icon.__doc__ = f"GET /avatars/{kind}/{{code}}: a placeholder with the code in letters."
    return get_icon


get_browser = _icon_getter("browsers", BROWSERS)
get_credit_card = _icon_getter("credit-cards", CREDIT_CARDS)
get_flag = _icon_getter("flags", FLAGS)


def _cached(key: tuple[object, ...], create: Callable[[], CachedImage]) -> Response:
    image, headers = get_or_create(("avatar", *key), create)
    return Response(image.content, content_type=image.content_type, headers=headers)


def _resized_png(content: bytes, width: int, height: int, quality: int) -> bytes:
    return image_transforms.render(
        content, image_transforms.Options(width=width, height=height, quality=quality, output="png")
    )


# -- drawn on demand --------------------------------------------------------------------------------------------------


@accepts(
    name=Text(128, default=""),
    width=Integer(0, MAX_SIDE, default=500),
    height=Integer(0, MAX_SIDE, default=500),
    background=Colour(default=""),
)
def get_initials(request: Request, *, name: str, width: int, height: int, background: str) -> Response:
    """GET /avatars/initials: draw the initials of `name`, or of the caller's name if `name` is empty.

    If a guest sends no name, the image is blank.
    """
    if not width or not height:
        # The real server responds with 500 here.
        raise AppwriteError("general_argument_invalid", "Parameters `width` and `height` must be greater than 0.")
    user = request.caller.user
    if name in ("", "0") and user:  # PHP treats "0" as empty
        name = user.name
    picture = lettered_image(initials_of(name), width, height, background)
    return Response(picture, content_type=PNG, headers=CACHE_45_DAYS)


@accepts(
    text=Text(512, required=True),
    size=Integer(1, 1000, default=400),
    margin=Integer(0, 10, default=1),
    download=Boolean(default=False),
)
def get_qr(request: Request, *, text: str, size: int, margin: int, download: bool) -> Response:
    """GET /avatars/qr. The margin is measured in modules, which are the squares of the code."""
    headers = {"Content-Disposition": 'attachment; filename="qr.png"'} if download else {}
    return Response(qr_code(text, size, margin), content_type=PNG, headers=headers | CACHE_45_DAYS)


# -- from other hosts --------------------------------------------------------------------------------------------------


@accepts(
    url=WebAddress(required=True),
    width=Integer(0, MAX_SIDE, default=400),
    height=Integer(0, MAX_SIDE, default=400),
)
def get_image(request: Request, *, url: str, width: int, height: int) -> Response:
    """GET /avatars/image: return a remote image as a PNG, cropped to fill the requested size.

    `remote_fetch` defines the allowed hosts.
    """

    def make() -> CachedImage:
        fetched = _fetch(request, url)
        if fetched.status != 200:
            raise AppwriteError("avatar_image_not_found")
        return CachedImage(_image_to_png(fetched.content, width, height), PNG)

    return _cached(("image", url, width, height), make)


@accepts(url=WebAddress(required=True))
def get_favicon(request: Request, *, url: str) -> Response:
    """GET /avatars/favicon: return the page's icon: an SVG if the page links to one, otherwise the largest icon."""
    return _cached(("favicon", url), lambda: _fetch_favicon(request, url))


ICON_SIDE = 56
MAX_REDIRECTS = 5


def _fetch_favicon(request: Request, url: str) -> CachedImage:
    icon, extension = _find_icon(_fetch_with_redirects(request, url).content, url)
    fetched = _fetch_with_redirects(request, icon)
    if fetched.status != 200:
        raise AppwriteError("avatar_icon_not_found")
    if extension == "svg":
        try:
            return CachedImage(svg.sanitise(fetched.content), SVG)
        except svg.UnsafeSvgError as reason:
            raise AppwriteError("avatar_svg_sanitization_failed", str(reason)) from None
    if extension == "ico":
        # The icon is returned unchanged, so check that it is an image. Otherwise this route could expose any content
        # on the host.
        if media_types.detect(fetched.content) not in image_transforms.INPUTS | {
            "image/vnd.microsoft.icon",
            "image/bmp",
        }:
            raise AppwriteError("avatar_icon_not_found")
        return CachedImage(fetched.content, ICO)
    return CachedImage(_image_to_png(fetched.content, ICON_SIDE, ICON_SIDE), PNG)


class _Links(HTMLParser):
    """Parser that collects a page's icon links.

    For each link, it stores the URL and the icon's area in pixels (0 if unknown).
    """

    def __init__(self) -> None:
        super().__init__()
        self.icons: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        if tag == "link" and values.get("rel", "").lower() in ("icon", "shortcut icon"):
            size = re.match(r"(\d{1,5})x(\d{1,5})", values.get("sizes", "").lower())
            self.icons.append((values.get("href", ""), int(size[1]) * int(size[2]) if size else 0))


def _find_icon(page: bytes, url: str) -> tuple[str, str]:
    """Return the best icon's URL and extension. If the page links to no icon, return `/favicon.ico`."""
    links = _Links()
    with suppress(AssertionError):  # raised for some malformed declarations
        links.feed(page.decode(errors="replace"))
    best, best_area = (urljoin(url, "/favicon.ico"), "ico"), 0
    for href, area in links.icons:
        try:
            address = urljoin(url, href)
            extension = PurePosixPath(urlsplit(address).path).suffix.removeprefix(".")
        except ValueError:
            continue
        if extension == "svg":
            best, best_area = (address, extension), 2**63
        elif extension in ("ico", "png", "jpg", "jpeg") and area >= best_area:
            best, best_area = (address, extension), area
    return best


def _fetch_with_redirects(request: Request, url: str) -> ServerResponse:
    """Fetch the URL, and follow at most five redirects. Each redirect must lead to an allowed host."""
    for _ in range(MAX_REDIRECTS + 1):
        fetched = _fetch(request, url)
        if not 300 <= fetched.status < 400 or not fetched.location:
            return fetched
        try:
            url = urljoin(url, fetched.location.strip())
        except ValueError:
            break
    raise AppwriteError("avatar_remote_url_failed", "Too many redirects, or a redirect to an invalid URL.")


def _fetch(request: Request, url: str) -> ServerResponse:
    try:
        return remote_fetch.fetch(url, int(request.http.META.get("SERVER_PORT", 0)))
    except remote_fetch.FetchError as reason:
        raise AppwriteError("avatar_remote_url_failed", str(reason)) from None


def _image_to_png(content: bytes, width: int, height: int) -> bytes:
    """Convert the image to a PNG of `width` x `height`. As on the real server, other content returns 500."""
    try:
        if media_types.detect(content) not in image_transforms.INPUTS:
            raise image_transforms.UnreadableImageError("not an image of a supported type")
        return _resized_png(content, width, height, 80)
    except image_transforms.UnreadableImageError as reason:
        raise AppwriteError("general_unknown", f"The image could not be read: {reason}.") from None


BROWSER_PERMISSIONS = (
    "geolocation", "camera", "microphone", "notifications", "midi", "push", "clipboard-read", "clipboard-write",
    "payment-handler", "usb", "bluetooth", "accelerometer", "gyroscope", "magnetometer", "ambient-light-sensor",
    "background-sync", "persistent-storage", "screen-wake-lock", "web-share", "xr-spatial-tracking",
)  # fmt: skip


class Timezone(Param):
    """Name of a time zone in the tz database."""

    def clean(self, value: Any) -> str:
        if not isinstance(value, str) or value.lower() not in {zone.lower() for zone in zoneinfo.available_timezones()}:
            raise ParameterError("Value must be a valid time zone, such as `Europe/Oslo`")
        return value


@accepts(
    url=WebAddress(required=True),
    headers=Assoc(default=None),
    viewport_width=Integer(1, 1920, default=1280),
    viewport_height=Integer(1, 1080, default=720),
    scale=Float(0.1, 3, default=1.0),
    theme=Text(choices=("light", "dark"), default="light"),
    user_agent=Text(512, default=""),
    fullpage=Boolean(default=False),
    locale=Text(10, default=""),
    timezone=Timezone(default=""),
    latitude=Float(-90, 90, default=0.0),
    longitude=Float(-180, 180, default=0.0),
    accuracy=Float(0, 100_000, default=0.0),
    touch=Boolean(default=False),
    permissions=ListOf(Text(choices=BROWSER_PERMISSIONS), default=()),
    sleep=Integer(0, 10, default=0),
    width=Integer(0, MAX_SIDE, default=0),
    height=Integer(0, MAX_SIDE, default=0),
    quality=Integer(-1, 100, default=-1),
    output=Text(choices=tuple(image_transforms.OUTPUTS), default=""),
)
def get_screenshot(request: Request, **_options: Any) -> None:
    """GET /avatars/screenshots: not implemented, because it needs a browser."""
    raise AppwriteError("general_not_implemented", "Screenshots are not emulated, because they need a browser.")
