"""The ids and sizes of images in the text. An id contains the image's size, so pages need not ask Appwrite for it.

In the text, an image is `![description](/posts/image/ID/ "caption")`. The caption is optional. An id begins with a
hash of the post id, so a post can show only images that were uploaded for it.
"""

import base64
import hashlib
import re
import secrets
from typing import NamedTuple

MAX_WIDTH = 1600  # in pixels: more than twice the width of the text
MAX_HEIGHT = 3200  # in pixels: two phone screens; such a file is below 5 MB, so one request can upload it to Appwrite
WIDTHS = (480, 960)  # in pixels, in addition to the image's own width
MAX_IMAGES = 30  # per post
MAX_SHOWN_HEIGHT = 720  # in CSS pixels, about as high as a laptop's window
COLUMN = 608  # the width of the text in CSS pixels (--read in biso.css)

PATH = "/posts/image/"
ID = r"[a-z2-7]{16}-[a-z2-7]{8}-[1-9][0-9]{0,3}x[1-9][0-9]{0,3}"
IN_TEXT = re.compile(rf"{PATH}({ID})/")
URL = re.compile(rf"{PATH}{ID}/(?:[1-9][0-9]{{0,3}}/)?")
SIZED_URL = re.compile(rf"{PATH}({ID})/([1-9][0-9]{{0,3}})/")
SRCSET = re.compile(rf"{URL.pattern} [0-9]+w(?:, {URL.pattern} [0-9]+w)*")
LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


class Image(NamedTuple):
    """An image in the text, with the size of its stored file in pixels."""

    id: str
    width: int
    height: int

    @property
    def url(self) -> str:
        return f"{PATH}{self.id}/"

    @property
    def widths(self) -> tuple[int, ...]:
        """Return the widths in which the site serves the image, narrowest first."""
        return (*(width for width in WIDTHS if width < self.width), self.width)

    def height_for(self, width: int) -> int:
        return max(1, round(self.height * width / self.width))

    def attributes(self) -> dict[str, str]:
        """Return the attributes of the `img` element. Tall images are shown narrower than the text."""
        shown = min(self.width, max(1, round(self.width * MAX_SHOWN_HEIGHT / self.height)))
        src = next((width for width in self.widths if width >= min(shown, WIDTHS[-1])), self.width)
        return {
            "src": f"{self.url}{src}/",
            "srcset": ", ".join(f"{self.url}{width}/ {width}w" for width in self.widths),
            "sizes": f"(min-width: 44rem) {min(shown, COLUMN)}px, min(92vw, {shown}px)",
            "width": str(shown),
            "height": str(self.height_for(shown)),
            "loading": "lazy",
        }


def new(post_id: str, width: int, height: int) -> Image:
    """Return a new image of the given size for the post. Its id contains 40 random bits."""
    secret = "".join(secrets.choice(LETTERS) for _ in range(8))
    return Image(f"{prefix(post_id)}{secret}-{width}x{height}", width, height)


def parse(file_id: str) -> Image | None:
    """Return the image with this id, or None if the id is invalid or contains a size above the limits."""
    if not re.fullmatch(ID, file_id):
        return None
    width, height = map(int, file_id.rpartition("-")[2].split("x"))
    return Image(file_id, width, height) if width <= MAX_WIDTH and height <= MAX_HEIGHT else None


def prefix(post_id: str) -> str:
    """Return the prefix of the post's image ids. It has 80 bits, so two posts never share a prefix."""
    return base64.b32encode(hashlib.sha256(post_id.encode()).digest()[:10]).decode().lower() + "-"


def find(text: str, post_id: str) -> tuple[str, ...]:
    """Return the ids of the post's own images in `text`, in order of appearance, at most MAX_IMAGES."""
    if not post_id or PATH not in text:
        return ()
    own = prefix(post_id)
    ids = (match[1] for match in IN_TEXT.finditer(text) if match[1].startswith(own))
    return tuple(dict.fromkeys(file_id for file_id in ids if parse(file_id)))[:MAX_IMAGES]
