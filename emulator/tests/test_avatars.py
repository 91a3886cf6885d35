"""Avatars through the official SDK: icons, flags, initials, QR codes, and images from other hosts."""

import hashlib
import io
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from appwrite.client import Client
from appwrite.enums.browser import Browser
from appwrite.enums.credit_card import CreditCard
from appwrite.enums.flag import Flag
from appwrite.input_file import InputFile
from appwrite.services.avatars import Avatars
from appwrite.services.storage import Storage
from PIL import Image

from appwrite_emulator.testing import Emulator
from imagetools import png
from tests.conftest import GUEST, client

RED, BLUE = (255, 0, 0), (0, 0, 255)


@pytest.fixture
def avatars(guest: Client) -> Avatars:
    return Avatars(guest)


def open_png(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    assert image.format == "PNG"
    return image


# -- icons ------------------------------------------------------------------------------------------------------------


def test_get_browser_returns_an_icon_for_every_browser(avatars):
    drawn = {avatars.get_browser(code, width=40, height=40) for code in Browser}
    assert len(drawn) == len(Browser)
    assert {open_png(each).size for each in drawn} == {(40, 40)}


def test_get_credit_card_returns_an_icon_for_every_card(avatars):
    drawn = {avatars.get_credit_card(code) for code in CreditCard}
    assert len(drawn) == len(CreditCard)
    assert {open_png(each).size for each in drawn} == {(100, 100)}


def test_get_flag_returns_a_flag_for_every_country(avatars):
    drawn = {avatars.get_flag(code, width=80, height=60) for code in Flag}
    assert len(drawn) == len(Flag)
    assert {open_png(each).size for each in drawn} == {(80, 60)}


@pytest.mark.parametrize("size", [(80, 80), (200, 40), (60, 200)])
def test_icons_show_their_code_in_the_centre_at_any_size(avatars, size):
    for drawn in (
        avatars.get_flag("no", *size),
        avatars.get_browser("ff", *size),
        avatars.get_credit_card("targeta-shopping", *size),
    ):
        left, top, right, bottom = letters_in(open_png(drawn))
        assert (left > 0, top > 0, right < size[0], bottom < size[1]) == (True,) * 4
        assert abs((left + right - size[0]) / 2) < 0.1 * size[0]
        assert abs((top + bottom - size[1]) / 2) < 0.1 * size[1]


def letters_in(drawn: Image.Image) -> tuple[int, int, int, int]:
    """Return the bounding box of the transparent letters."""
    box = drawn.getchannel("A").point(lambda alpha: 255 - alpha).getbbox()
    assert box is not None
    return box


def test_icon_keeps_its_aspect_ratio_if_at_most_one_side_is_given(avatars):
    assert open_png(avatars.get_flag("no", width=0, height=30)).size == (40, 30)
    assert open_png(avatars.get_flag("no", width=0, height=0)).size == (640, 480)
    assert open_png(avatars.get_credit_card("visa", width=120, height=0)).size == (120, 90)
    assert open_png(avatars.get_browser("ff", width=0, height=0)).size == (2048, 2048)


def test_codes_ignore_case(avatars, expect_error):
    assert avatars.get_flag("NO") == avatars.get_flag("no")
    for get in (avatars.get_flag, avatars.get_browser, avatars.get_credit_card):
        with expect_error("general_argument_invalid", 400):
            get("zz9")


def test_icon_is_cached(emulator):
    url, headers = f"{emulator.endpoint}/avatars/flags/no", GUEST
    first, second = (requests.get(url, headers=headers, timeout=20) for _ in range(2))
    assert (first.headers["X-Appwrite-Cache"], second.headers["X-Appwrite-Cache"]) == ("miss", "hit")
    assert second.headers["Cache-Control"] == "private, max-age=15552000"
    assert first.content == second.content
    emulator.reset()
    assert requests.get(url, headers=headers, timeout=20).headers["X-Appwrite-Cache"] == "miss"


def test_avatars_require_no_project(emulator):
    for path in ("flags/no", "initials?name=Ada", "qr?text=hello"):
        response = requests.get(f"{emulator.endpoint}/avatars/{path}", timeout=20)
        assert (response.status_code, response.headers["Content-Type"]) == (200, "image/png")


# -- initials and QR codes --------------------------------------------------------------------------------------------


def test_get_initials_draws_transparent_letters_on_a_coloured_background(avatars):
    drawn = open_png(avatars.get_initials("Ada Lovelace", 100, 60))
    assert (drawn.size, drawn.getpixel((1, 1))) == ((100, 60), (0xFE, 0x95, 0x67, 255))
    left, top, right, bottom = letters_in(drawn)
    assert abs((left + right) / 2 - 50) < 8
    assert abs((top + bottom) / 2 - 30) < 6
    assert drawn.getchannel("A").getextrema()[0] < 40


def test_get_initials_uses_the_name_of_the_signed_in_user(avatars, alice):
    own = Avatars(alice.client).get_initials(width=80, height=80)
    assert own == avatars.get_initials("Alice", 80, 80)
    assert own != avatars.get_initials(width=80, height=80)


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("ada lovelace", "Ada Lovelace"),
        ("ada_lovelace", "Ada Lovelace"),
        ("Ada B Lovelace", "A B"),
        ("Ada !B Lovelace", "A L"),
        ("  Plato  ", "P"),
        ("Øystein Ås", "!"),
        ("4 you", "4 Y"),
    ],
)
def test_initials_are_the_first_letters_of_two_words(avatars, name, like):
    assert avatars.get_initials(name, 60, 60) == avatars.get_initials(like, 60, 60)


def test_initials_are_drawn_on_the_given_background(avatars, expect_error):
    assert open_png(avatars.get_initials("Ada", 50, 50, "0a5")).getpixel((0, 0)) == (0, 0xAA, 0x55, 255)
    for background in ("#00aa55", "green", "00aa5"):
        with expect_error("general_argument_invalid", 400):
            avatars.get_initials("Ada", 50, 50, background)
    with expect_error("general_argument_invalid", 400):
        avatars.get_initials("Ada", 0, 50)
    with expect_error("general_argument_invalid", 400):
        avatars.get_initials("n" * 129)


@pytest.mark.parametrize("text", ["https://example.com/book/1", "blåbær 日本", "12345", "x" * 512, "日" * 512])
def test_get_qr_returns_a_readable_code(avatars, text):
    code = open_png(avatars.get_qr(text, size=600, margin=2)).convert("L")
    assert code.size == (600, 600)
    assert read_qr_code(modules_of(code, 2)) == text


def modules_of(code: Image.Image, margin: int) -> list[list[bool]]:
    """Return the QR code's modules by row, True if dark. Try every size until the finder patterns match."""
    row = [code.getpixel((x, code.height // 2)) < 128 for x in range(code.width)]
    assert any(row)
    for count in range(21, 178, 4):
        step = code.width / (count + 2 * margin)
        modules = [
            [
                code.getpixel((int((x + margin + 0.5) * step), int((y + margin + 0.5) * step))) < 128
                for x in range(count)
            ]
            for y in range(count)
        ]
        finder = [all(modules[y][:7]) for y in (0, 6)] + [modules[0][7] is False, all(row[0] for row in modules[:7])]
        if all(finder) and all(modules[6][x] is (x % 2 == 0) for x in range(8, count - 8)):
            return modules
    raise AssertionError("no QR code")


def read_qr_code(modules: list[list[bool]]) -> str:
    """Return the text of an undamaged code with the error correction level L, in numeric or byte mode."""
    from segno import consts

    count = len(modules)
    version = (count - 17) // 4
    mask = int("".join(str(int(dark)) for dark in modules[8][2:5]), 2) ^ 0b101
    masks: list[Callable[[int, int], int]] = [
        lambda y, x: (y + x) % 2,
        lambda y, x: y % 2,
        lambda y, x: x % 3,
        lambda y, x: (y + x) % 3,
        lambda y, x: (y // 2 + x // 3) % 2,
        lambda y, x: y * x % 2 + y * x % 3,
        lambda y, x: (y * x % 2 + y * x % 3) % 2,
        lambda y, x: ((y + x) % 2 + y * x % 3) % 2,
    ]
    positions = consts.ALIGNMENT_POS[version - 2] if version > 1 else ()
    corners = {(6, 6), (6, count - 7), (count - 7, 6)}
    centres = [(y, x) for y in positions for x in positions if (y, x) not in corners]

    def is_data(y: int, x: int) -> bool:
        in_finder = (y < 9 and (x < 9 or x >= count - 8)) or (y >= count - 8 and x < 9)
        in_version = version >= 7 and ((y < 6 and x >= count - 11) or (x < 6 and y >= count - 11))
        in_alignment = any(abs(y - row) < 3 and abs(x - column) < 3 for row, column in centres)
        return not (in_finder or in_version or in_alignment or 6 in (y, x))

    bits = ""
    columns = [*range(count - 1, 6, -2), 5, 3, 1]
    for number, column in enumerate(columns):
        rows = range(count) if number % 2 else range(count - 1, -1, -1)
        places = ((y, x) for y in rows for x in (column, column - 1) if is_data(y, x))
        bits += "".join(str(int(modules[y][x] ^ (masks[mask](y, x) == 0))) for y, x in places)
    codewords = iter([int(bits[place : place + 8], 2) for place in range(0, len(bits) - 7, 8)])
    groups = consts.ECC[version][consts.ERROR_LEVEL_L]
    lengths = [group.num_data for group in groups for _ in range(group.num_blocks)]
    blocks: list[list[int]] = [[] for _ in lengths]
    for place in range(max(lengths)):
        for block, length in zip(blocks, lengths, strict=True):
            if place < length:
                block.append(next(codewords))
    data = "".join(f"{word:08b}" for block in blocks for word in block)

    def take(length: int) -> int:
        nonlocal data
        value, data = int(data[:length], 2), data[length:]
        return value

    if take(4) == 1:
        digits = take(10)
        groups_of_three = [take({1: 4, 2: 7, 3: 10}[min(3, digits - done)]) for done in range(0, digits, 3)]
        return "".join(map(str, groups_of_three))
    return bytes(take(8) for _ in range(take(8 if version < 10 else 16))).decode()


@pytest.mark.parametrize(
    ("options", "digest"),
    [
        ({}, "c484bc366bfed1fa97c2615adb3454de17f2764352fff211784b4d38937fe073"),
        ({"size": 200}, "e694e3fa4e0cf49b4b58727cecc22bebf8e798042403e6a144ffbc9ff6767339"),
        ({"size": 200, "margin": 10}, "279d805543a9d28dbde8242f2245cb2a736c978c14666b80e7a72ef9982a6205"),
    ],
)
def test_qr_code_has_the_pixels_of_appwrites_own_test_pictures(avatars, options, digest):
    code = open_png(avatars.get_qr("url:https://appwrite.io/", **options))
    assert (code.mode, hashlib.sha256(code.tobytes()).hexdigest()) == ("L", digest)


def test_qr_code_can_be_downloaded(emulator):
    url, headers = f"{emulator.endpoint}/avatars/qr", GUEST
    saved = requests.get(url, {"text": "x", "download": "1"}, headers=headers, timeout=20)
    shown = requests.get(url, {"text": "x", "download": "0"}, headers=headers, timeout=20)
    assert saved.headers["Content-Disposition"] == 'attachment; filename="qr.png"'
    assert "Content-Disposition" not in shown.headers
    assert shown.headers["Cache-Control"] == "private, max-age=3888000"


# -- other hosts ------------------------------------------------------------------------------------------------------

Page = tuple[int, dict[str, str], bytes]


@pytest.fixture
def site() -> Iterator["Site"]:
    """Serve a website on this machine. `site.pages` contains its pages."""
    with Site() as site:
        yield site


class Site:
    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.requested: list[str] = []
        pages, requested = self.pages, self.requested

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                requested.append(self.path)
                status, headers, body = pages.get(self.path, (404, {}, b"nothing"))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "Site":
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def add(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> str:
        """Add a page and return its URL."""
        self.pages[path] = (status, headers, body)
        return self.origin + path

    def add_page(self, links: str) -> str:
        return self.add("/", f"<!doctype html><title>A site</title>{links}<p>Hello".encode())


@pytest.fixture(scope="module")
def fetching_emulator() -> Iterator[Emulator]:
    """Start an emulator that is allowed to fetch from every port on this machine."""
    emulator = Emulator()
    emulator._arguments += ["--fetch-from", "127.0.0.1"]
    with emulator:
        yield emulator


@pytest.fixture
def fetching_avatars(fetching_emulator: Emulator) -> Avatars:
    fetching_emulator.reset()
    return Avatars(client(fetching_emulator))


def test_get_image_fetches_images_from_the_emulator_itself(emulator, server, avatars):
    Storage(server).create_bucket("open", "Open", ['read("any")'])
    Storage(server).create_file("open", "red", InputFile.from_bytes(png(64, 48), "red.png"))
    url = f"{emulator.endpoint}/storage/buckets/open/files/red/view?project=default"
    image = open_png(avatars.get_image(url, 32, 32)).convert("RGB")
    assert (image.size, image.getpixel((2, 16)), image.getpixel((29, 16))) == ((32, 32), RED, BLUE)
    assert open_png(avatars.get_image(url)).size == (400, 400)
    assert open_png(avatars.get_image(url, 0, 0)).size == (64, 48)


def test_other_hosts_are_not_fetched_by_default(site, avatars, expect_error):
    url = site.add("/red.png", png(64, 48))
    for get in (avatars.get_image, avatars.get_favicon):
        for address in (url, url.replace("127.0.0.1", "localhost"), "https://example.com/red.png"):
            with expect_error("avatar_remote_url_failed", 404):
                get(address)
    assert site.requested == []


def test_forged_host_header_is_not_fetched(emulator, site):
    host = site.origin.removeprefix("http://")
    response = requests.get(
        f"{emulator.endpoint}/avatars/image",
        {"url": site.add("/red.png", png(64, 48))},
        headers={"Host": host, "X-Appwrite-Project": "default"},
        timeout=20,
    )
    assert (response.status_code, site.requested) == (404, [])


def test_image_from_an_allowed_host_is_fetched_and_cached(site, fetching_avatars, expect_error):
    url = site.add("/red.png", png(64, 48))
    assert open_png(fetching_avatars.get_image(url, 20, 10)).size == (20, 10)
    assert open_png(fetching_avatars.get_image(url, 20, 10)).size == (20, 10)
    assert site.requested == ["/red.png"]  # the second response came from the cache
    with expect_error("avatar_image_not_found", 404):
        fetching_avatars.get_image(site.origin + "/missing.png")
    with expect_error("avatar_remote_url_failed", 404):
        fetching_avatars.get_image(
            url.replace("127.0.0.1", "localhost")
        )  # the option allows the IP address, but not host names that resolve to this address
    with expect_error("general_unknown", 500):
        fetching_avatars.get_image(site.add("/page", b"<!doctype html><p>no picture"))
    with expect_error("general_unknown", 500):
        fetching_avatars.get_image(site.add("/eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"))


def test_image_redirect_is_not_followed(site, fetching_avatars, expect_error):
    there = site.add("/there.png", png(8, 8))
    with expect_error("avatar_image_not_found", 404):
        fetching_avatars.get_image(site.add("/moved.png", status=302, Location=there))
    assert site.requested == ["/moved.png"]


def test_oversized_image_is_rejected(site, fetching_avatars, expect_error):
    with expect_error("avatar_remote_url_failed", 404):
        fetching_avatars.get_image(site.add("/huge.png", b"\x89PNG\r\n\x1a\n" + bytes(10_000_000)))


@pytest.mark.parametrize(
    "url",
    [
        "pictures",
        "ftp://127.0.0.1/x.png",
        "javascript:alert(1)",
        "file:///etc/hostname",
        "",
        "http://",
        "http://a b/x",
        "http://example.com/ø",
        "http://[::1/x",
        "http://example.com:port/",
    ],
)
def test_only_http_urls_are_fetched(fetching_avatars, expect_error, url):
    for get in (fetching_avatars.get_image, fetching_avatars.get_favicon, fetching_avatars.get_screenshot):
        with expect_error("general_argument_invalid", 400):
            get(url)


def test_get_favicon_returns_the_largest_icon_of_the_page(site, fetching_avatars):
    site.add("/small.png", png(16, 16, lambda *_: (*RED, 255)))
    site.add("/icons/large.png", png(64, 64, lambda *_: (*BLUE, 255)))
    url = site.add_page(
        '<link rel="icon" sizes="16x16" href="/small.png">'
        '<link rel="Shortcut Icon" sizes="64x64" href="icons/large.png">'
        '<link rel="icon" sizes="32x32" href="/small.png"><link rel="apple-touch-icon" href="/other.png">'
        '<link rel="icon" sizes="99x99" href="http://[broken/icon.png"><link rel=icon sizes=99x99 href=/icon.tiff>'
    )
    image = open_png(fetching_avatars.get_favicon(url))
    assert (image.size, image.convert("RGB").getpixel((28, 28))) == ((56, 56), BLUE)
    assert site.requested == ["/", "/icons/large.png"]


def favicon(emulator: Emulator, url: str) -> requests.Response:
    headers = GUEST
    return requests.get(f"{emulator.endpoint}/avatars/favicon", {"url": url}, headers=headers, timeout=20)


def ico() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (16, 16), RED).save(written, "ICO")
    return written.getvalue()


def test_page_without_an_icon_link_uses_favicon_ico(site, fetching_emulator, fetching_avatars):
    url = site.add_page("")
    site.add("/favicon.ico", ico())
    response = favicon(fetching_emulator, url)
    assert (response.status_code, response.headers["Content-Type"], response.content) == (200, "image/x-icon", ico())


def test_favicon_that_is_not_an_image_is_rejected(site, fetching_emulator, fetching_avatars, expect_error):
    with expect_error("avatar_icon_not_found", 404):
        fetching_avatars.get_favicon(site.add_page(""))
    site.add("/favicon.ico", b"user=secret")  # the route must return only images
    with expect_error("avatar_icon_not_found", 404):
        fetching_avatars.get_favicon(site.add_page(""))
    site.add("/icon.png", b"no picture")
    with expect_error("general_unknown", 500):
        fetching_avatars.get_favicon(site.add_page('<link rel="icon" href="/icon.png">'))


def test_svg_favicon_is_preferred_and_sanitised(site, fetching_emulator, fetching_avatars):
    site.add("/large.png", png(64, 64))
    site.add(
        "/icon.svg",
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        b' viewBox="0 0 9 9" onload="alert(1)"><script>alert(2)</script><defs><linearGradient id="g"/></defs>'
        b'<a href="https://example.com"><path d="M0 0"/></a><use xlink:href="#g"/><use href="https://example.com/x#y"/>'
        b'<image href="https://example.com/pixel.png"/><rect width="9" height="9" fill="url(#g)" onclick="x()"'
        b' style="fill: url(https://example.com/p)"/><foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p>'
        b'</foreignObject><animate attributeName="href" to="javascript:alert(3)"/></svg>',
    )
    url = site.add_page('<link rel="icon" href="/icon.svg"><link rel="icon" sizes="64x64" href="/large.png">')
    response = favicon(fetching_emulator, url)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "image/svg+xml")
    for gone in ("script", "alert", "onload", "onclick", "example.com", "foreignObject", "animate", "<image"):
        assert gone not in response.text
    for kept in ('viewBox="0 0 9 9"', 'fill="url(#g)"', 'xlink:href="#g"', "<rect"):
        assert kept in response.text


@pytest.mark.parametrize(
    "content",
    [b"<svg", b"<html/>", b'<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>', b""],
)
def test_svg_favicon_that_cannot_be_sanitised_is_rejected(site, fetching_avatars, expect_error, content):
    site.add("/icon.svg", content)
    with expect_error("avatar_svg_sanitization_failed", 400):
        fetching_avatars.get_favicon(site.add_page('<link rel="icon" href="/icon.svg">'))


def test_favicon_follows_redirects_only_to_allowed_hosts(site, fetching_avatars, expect_error):
    site.add_page('<link rel="icon" href="/old.png">')
    site.add("/new.png", png(16, 16))
    site.add("/old.png", status=301, Location="/new.png")
    assert open_png(fetching_avatars.get_favicon(site.add("/start", status=302, Location=site.origin + "/"))).size == (
        56,
        56,
    )
    with expect_error("avatar_remote_url_failed", 404):
        fetching_avatars.get_favicon(site.add("/away", status=302, Location="http://169.254.169.254/latest/meta-data"))
    with expect_error("avatar_remote_url_failed", 404):
        fetching_avatars.get_favicon(site.add("/round", status=302, Location="/round"))
    with expect_error("avatar_remote_url_failed", 404):
        fetching_avatars.get_favicon(site.add("/nowhere", status=302, Location="http://[broken"))


@pytest.mark.parametrize("html", [b"<![if", b"<!DOCTYPE [", b"\xff\xfe\x00", b"<link rel=icon href>", b""])
def test_malformed_page_has_no_icon_link(site, fetching_emulator, fetching_avatars, html):
    site.add("/favicon.ico", ico())
    assert favicon(fetching_emulator, site.add("/page", html)).headers["Content-Type"] == "image/x-icon"


def test_get_screenshot_is_not_implemented(avatars, expect_error):
    with expect_error("general_not_implemented", 405):
        avatars.get_screenshot("https://example.com", timezone="europe/oslo", permissions=["camera"])
    wrong: list[Callable[[], Any]] = [
        lambda: avatars.get_screenshot("https://example.com", viewport_width=1921),
        lambda: avatars.get_screenshot("https://example.com", timezone="Europe/Nowhere"),
        lambda: avatars.get_screenshot("https://example.com", permissions=["everything"]),
        lambda: avatars.get_screenshot("https://example.com", scale=0.01),
    ]
    for call in wrong:
        with expect_error("general_argument_invalid", 400):
            call()


@pytest.mark.parametrize(
    ("url", "refusal"),
    [
        ("http://127.0.0.1:9/x", (404, "avatar_remote_url_failed")),
        ("http://someone@127.0.0.1:9/x", (404, "avatar_remote_url_failed")),
        ("HTTP://127.0.0.1:9/x", (400, "general_argument_invalid")),
        ("http://a_b.example.com/", (400, "general_argument_invalid")),
        ("http://127.0.0.1:99999/", (400, "general_argument_invalid")),
        ("//example.com", (400, "general_argument_invalid")),
    ],
)
@pytest.mark.parametrize("kind", ["image", "favicon"])
def test_urls_on_other_hosts_are_rejected(call_api, kind, url, refusal):
    assert call_api("GET", f"/avatars/{kind}", params={"url": url})[:2] == refusal
