"""Icons, flags, initials and QR codes; pictures and favicons of other hosts."""

import re
import zoneinfo
from collections.abc import Callable
from contextlib import suppress
from html.parser import HTMLParser
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urljoin, urlsplit

from appwrite_emulator import media_types, pictures, remote, svg
from appwrite_emulator.callers import Request
from appwrite_emulator.drawings.browsers import BROWSERS, browser
from appwrite_emulator.drawings.credit_cards import CARDS, credit_card
from appwrite_emulator.drawings.flag_table import FLAGS
from appwrite_emulator.drawings.flags import flag
from appwrite_emulator.drawings.initials import initials, letters_of
from appwrite_emulator.drawings.qr_codes import qr_code
from appwrite_emulator.errors import AppwriteError
from appwrite_emulator.kept_pictures import Picture, kept_or_made
from appwrite_emulator.params import Boolean, Colour, Float, Integer, Invalid, Json, ListOf, Param, Text, accepts
from appwrite_emulator.responses import Answer
from appwrite_emulator.rows.values import is_url

PNG, ICO, SVG = "image/png", "image/x-icon", "image/svg+xml"
LARGEST = 2000
"""Pixels of a side. 0 leaves it to the other side; both 0 is the size of the original."""
FOR_45_DAYS = {"Cache-Control": "private, max-age=3888000"}


class Code(Param):
    """One of a set, in small letters or capitals; given back in small ones."""

    def __init__(self, known: dict[str, Any]) -> None:
        super().__init__(required=True)
        self.known = known

    def clean(self, value: Any, project: Any) -> str:
        if not isinstance(value, str) or value.lower() not in self.known:
            raise Invalid(f"must be one of {', '.join(self.known)}")
        return value.lower()


class WebAddress(Param):
    """An http or https URL as PHP takes it for one: in ASCII, the scheme in small letters."""

    def clean(self, value: Any, project: Any) -> str:
        if not isinstance(value, str) or not value.startswith(("http://", "https://")) or not is_url(value):
            raise Invalid("must be an http or https URL")
        return value


# -- icons ------------------------------------------------------------------------------------------------------------


def _icon_getter(kind: str, known: dict[str, Any], draw: Callable[[str], bytes]) -> Callable[..., Answer]:
    """The handler of GET /avatars/KIND/{code}."""

    @accepts(
        code=Code(known),
        width=Integer(0, LARGEST, default=100),
        height=Integer(0, LARGEST, default=100),
        quality=Integer(-1, 100, default=-1),
    )
    def get_icon(request: Request, *, code: str, width: int, height: int, quality: int) -> Answer:
        key = (kind, code, width, height, quality)
        return _kept(key, lambda: Picture(_cropped(draw(code), width, height, quality), PNG))

    get_icon.__doc__ = f"GET /avatars/{kind}/{{code}}: drawn by us, cut to fill the size."
    return get_icon


get_browser = _icon_getter("browsers", BROWSERS, browser)
get_credit_card = _icon_getter("credit-cards", CARDS, credit_card)
get_flag = _icon_getter("flags", FLAGS, flag)


def _kept(key: tuple[Any, ...], make: Callable[[], Picture]) -> Answer:
    picture, headers = kept_or_made(("avatar", *key), make)
    return Answer(picture.content, content_type=picture.kind, headers=headers)


def _cropped(content: bytes, width: int, height: int, quality: int) -> bytes:
    return pictures.render(content, pictures.Wishes(width=width, height=height, quality=quality, output="png"))


# -- drawn on demand --------------------------------------------------------------------------------------------------


@accepts(
    name=Text(128, default=""),
    width=Integer(0, LARGEST, default=500),
    height=Integer(0, LARGEST, default=500),
    background=Colour(default=""),
)
def get_initials(request: Request, *, name: str, width: int, height: int, background: str) -> Answer:
    """GET /avatars/initials: of the name given, else of the caller's own; for nobody, an empty field."""
    if not width or not height:
        # The real server stumbles over it, with a 500.
        raise AppwriteError("general_argument_invalid", "A picture without width or height cannot be drawn.")
    user = request.caller.user
    if name in ("", "0") and user:  # PHP holds "0" for empty
        name = user.name
    picture = initials(letters_of(name), width, height, background)
    return Answer(picture, content_type=PNG, headers=FOR_45_DAYS)


@accepts(
    text=Text(512, required=True),
    size=Integer(1, 1000, default=400),
    margin=Integer(0, 10, default=1),
    download=Boolean(default=False),
)
def get_qr(request: Request, *, text: str, size: int, margin: int, download: bool) -> Answer:
    """GET /avatars/qr. The margin counts in modules, the squares that the code is made of."""
    headers = {"Content-Disposition": 'attachment; filename="qr.png"'} if download else {}
    return Answer(qr_code(text, size, margin), content_type=PNG, headers=headers | FOR_45_DAYS)


# -- of other hosts ---------------------------------------------------------------------------------------------------


@accepts(
    url=WebAddress(required=True),
    width=Integer(0, LARGEST, default=400),
    height=Integer(0, LARGEST, default=400),
)
def get_image(request: Request, *, url: str, width: int, height: int) -> Answer:
    """GET /avatars/image: the picture there, cut to fill the size, as a PNG. `remote` says whom we ask."""

    def make() -> Picture:
        answer = _fetch(request, url)
        if answer.status != 200:
            raise AppwriteError("avatar_image_not_found")
        return Picture(_converted(answer.content, width, height), PNG)

    return _kept(("image", url, width, height), make)


@accepts(url=WebAddress(required=True))
def get_favicon(request: Request, *, url: str) -> Answer:
    """GET /avatars/favicon: the icon that the page names, an SVG before any other and large before small."""
    return _kept(("favicon", url), lambda: _favicon(request, url))


ICON_SIDE = 56
REDIRECTS = 5


def _favicon(request: Request, url: str) -> Picture:
    icon, extension = _icon_named_by(_follow(request, url).content, url)
    answer = _follow(request, icon)
    if answer.status != 200:
        raise AppwriteError("avatar_icon_not_found")
    if extension == "svg":
        try:
            return Picture(svg.sanitised(answer.content), SVG)
        except svg.Unsafe as reason:
            raise AppwriteError("avatar_svg_sanitization_failed", str(reason)) from None
    if extension == "ico":
        # It goes out as it is, so it has to be a picture: else whatever the host has could be read through here.
        if media_types.of(answer.content) not in pictures.INPUTS | {"image/vnd.microsoft.icon", "image/bmp"}:
            raise AppwriteError("avatar_icon_not_found")
        return Picture(answer.content, ICO)
    return Picture(_converted(answer.content, ICON_SIDE, ICON_SIDE), PNG)


class _Links(HTMLParser):
    """The icons that a page names: address, and width times height as far as it says so."""

    def __init__(self) -> None:
        super().__init__()
        self.icons: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attributes}
        if tag == "link" and said.get("rel", "").lower() in ("icon", "shortcut icon"):
            sides = re.match(r"(\d{1,5})x(\d{1,5})", said.get("sizes", "").lower())
            self.icons.append((said.get("href", ""), int(sides[1]) * int(sides[2]) if sides else 0))


def _icon_named_by(page: bytes, url: str) -> tuple[str, str]:
    """Address and extension of the icon to take; `/favicon.ico` where the page names none."""
    links = _Links()
    with suppress(AssertionError):  # of some declarations that are none
        links.feed(page.decode(errors="replace"))
    best, most = (urljoin(url, "/favicon.ico"), "ico"), 0
    for href, space in links.icons:
        try:
            address = urljoin(url, href)
            extension = PurePosixPath(urlsplit(address).path).suffix.removeprefix(".")
        except ValueError:
            continue
        if extension == "svg":
            best, most = (address, extension), 2**63
        elif extension in ("ico", "png", "jpg", "jpeg") and space >= most:
            best, most = (address, extension), space
    return best


def _follow(request: Request, url: str) -> remote.Fetched:
    """What is there, after at most five redirects, each of them to a host that may be asked."""
    for _ in range(REDIRECTS + 1):
        answer = _fetch(request, url)
        if not 300 <= answer.status < 400 or not answer.location:
            return answer
        try:
            url = urljoin(url, answer.location.strip())
        except ValueError:
            break
    raise AppwriteError("avatar_remote_url_failed", "The redirects lead nowhere.")


def _fetch(request: Request, url: str) -> remote.Fetched:
    try:
        return remote.fetch(url, int(request.http.META.get("SERVER_PORT", 0)))
    except remote.Unreachable as reason:
        raise AppwriteError("avatar_remote_url_failed", str(reason)) from None


def _converted(content: bytes, width: int, height: int) -> bytes:
    """As a PNG of this size; a 500 for what is no picture, as there."""
    try:
        if media_types.of(content) not in pictures.INPUTS:
            raise pictures.Unreadable("no picture of a kind that is known")
        return _cropped(content, width, height, 80)
    except pictures.Unreadable as reason:
        raise AppwriteError("general_unknown", f"What is there cannot be read: {reason}.") from None


BROWSER_PERMISSIONS = (
    "geolocation", "camera", "microphone", "notifications", "midi", "push", "clipboard-read", "clipboard-write",
    "payment-handler", "usb", "bluetooth", "accelerometer", "gyroscope", "magnetometer", "ambient-light-sensor",
    "background-sync", "persistent-storage", "screen-wake-lock", "web-share", "xr-spatial-tracking",
)  # fmt: skip


class Timezone(Param):
    """The name of a time zone."""

    def clean(self, value: Any, project: Any) -> str:
        if not isinstance(value, str) or value.lower() not in {zone.lower() for zone in zoneinfo.available_timezones()}:
            raise Invalid("must be the name of a time zone")
        return value


@accepts(
    url=WebAddress(required=True),
    headers=Json(default=None),
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
    width=Integer(0, LARGEST, default=0),
    height=Integer(0, LARGEST, default=0),
    quality=Integer(-1, 100, default=-1),
    output=Text(choices=tuple(pictures.OUTPUTS), default=""),
)
def get_screenshot(request: Request, **wishes: Any) -> None:
    """GET /avatars/screenshots: refused, since it would take a browser."""
    raise AppwriteError("general_not_implemented", "Screenshots would take a browser, which the emulator has none of.")
