"""Pictures that people upload, made into covers: one shape, one format, and nothing of what a camera knows.

Pure: bytes in, bytes out. Whoever sent them may wish us ill, so a picture's size is read from its head and judged
before anything is decoded.
"""

import io
import re
import threading
from contextlib import suppress
from enum import Enum, auto

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError, features
from PIL.JpegImagePlugin import JpegImageFile

from posts.cover_sizes import WIDTHS, height
from posts.covers import image_metadata

MAX_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 25_000_000
"""What a good camera takes. Decoded in up to 400 MB."""
MAX_PIXELS_JPEG = 50_000_000
"""What a good phone takes (8064 by 6048). Decoded in 100 MB, for a JPEG comes down to an eighth meanwhile."""
MAX_SCANS = 64
"""How many times a JPEG may go over its points to sharpen them: programs make some ten passes, and eight megabytes hold
a hundred thousand, of which each takes its time."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", *(["AVIF"] if features.check("avif") else []))
# In a JPEG: a marker that does not stand alone, with its length. In the data of a scan 0xFF comes with a zero.
SEGMENT = re.compile(rb"\xff([\x02-\xcf\xda-\xfe])(..)", re.DOTALL)
# What EXIF's orientation asks for; 1 is upright.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SCAN, END = b"\xda", b"\xff\xd9"
SRGB = ImageCms.createProfile("sRGB")
QUALITY = 88  # better than what is served: Appwrite makes the widths from it

Image.MAX_IMAGE_PIXELS = None  # Pillow would warn first and refuse later; `_opened` refuses at once
_one_at_a_time = threading.Lock()  # a few large pictures at the same time would be a gigabyte


class PictureProblem(Enum):
    """Why a picture is not taken."""

    TOO_MANY_BYTES = auto()
    TOO_MANY_PIXELS = auto()
    TOO_SMALL = auto()
    NOT_A_PICTURE = auto()
    BROKEN = auto()


class PictureError(ValueError):
    """This cannot be a cover; `reason` says why, `limit` how many bytes or pixels there may be."""

    def __init__(self, reason: PictureProblem, limit: int = 0) -> None:
        super().__init__(reason.name)
        self.reason = reason
        self.limit = limit


def is_webp(content: bytes) -> bool:
    """Whether these bytes say that they are a WebP picture."""
    return content[:4] == b"RIFF" and content[8:12] == b"WEBP"


def is_jpeg(content: bytes) -> bool:
    """Return whether these bytes say that they are a JPEG picture."""
    return content[:3] == b"\xff\xd8\xff"


def cover(content: bytes) -> bytes:
    """The picture as a cover in WebP: upright, in sRGB, its middle in 3:2, at most WIDTHS[-1] wide; of a moving one the
    first frame. It is painted anew, so EXIF with its GPS, comments and profiles stay behind. Raises PictureError."""
    if len(content) > MAX_BYTES:
        raise PictureError(PictureProblem.TOO_MANY_BYTES, MAX_BYTES)
    with _one_at_a_time:
        try:
            return _painted(content)
        except PictureError as error:
            bare, exif = image_metadata.without(content)
            if error.reason not in (PictureProblem.NOT_A_PICTURE, PictureProblem.BROKEN) or bare == content:
                raise
            return _painted(bare, exif)


def _painted(content: bytes, exif: bytes = b"") -> bytes:
    """Return the cover. `exif` is the EXIF that was removed from the file. Raises PictureError."""
    try:
        with _opened(content) as picture:
            return _webp(_in_srgb(_cut(_in_bytes(_upright(picture, exif)))))
    except PictureError:
        raise
    except Exception as error:
        # Decoders stumble over broken bytes each in its own way: OSError, SyntaxError, struct.error, KeyError…
        raise PictureError(PictureProblem.BROKEN) from error


def _upright(picture: Image.Image, exif: bytes) -> Image.Image:
    """Return the picture turned as its metadata says; as it is if that cannot be read."""
    picture.load()
    orientation = image_metadata.orientation(picture.info.get("exif") or exif)
    if orientation == 1:
        with suppress(Exception):  # Pillow also reads XMP, and EXIF stored as text in a PNG
            orientation = picture.getexif().get(image_metadata.ORIENTATION, 1)
    method = TURNS.get(orientation) if isinstance(orientation, int) else None
    return picture if method is None else picture.transpose(method)


def _opened(content: bytes) -> Image.Image:
    """The picture, of which only the head has been read. Its type is what its content says."""
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError:
        raise PictureError(PictureProblem.NOT_A_PICTURE) from None
    is_jpeg = isinstance(picture, JpegImageFile)  # also where a phone has put a second picture behind it
    limit = MAX_PIXELS_JPEG if is_jpeg else MAX_PIXELS
    if picture.width * picture.height > limit:
        raise PictureError(PictureProblem.TOO_MANY_PIXELS, limit)
    if is_jpeg and _scans(content) > MAX_SCANS:
        raise PictureError(PictureProblem.BROKEN)
    picture.draft("RGB", (WIDTHS[-1], WIDTHS[-1]))  # does nothing to what is no JPEG
    return picture


def _scans(jpeg: bytes) -> int:
    """How many scans the picture has. Those of small pictures within its segments, and of what follows it, are none."""
    place, scans = 0, 0
    while (segment := SEGMENT.search(jpeg, place)) and END not in jpeg[place : segment.start()]:
        scans += segment[1] == SCAN
        place = segment.start() + 2 + int.from_bytes(segment[2], "big")
    return scans


def _in_bytes(picture: Image.Image) -> Image.Image:
    """A byte for each colour of each point, as all that follows wants it."""
    if picture.mode.startswith("I"):  # sixteen bits of grey; Pillow would cut off what is above eight
        return picture.convert("I").point(lambda grey: grey / 256).convert("L")
    if picture.mode == "P":
        return picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    return picture.convert("L") if picture.mode == "1" else picture


def _cut(picture: Image.Image) -> Image.Image:
    """The middle of the picture in 3:2, not enlarged. Raises PictureError where it is less than the smallest width."""
    width = min(picture.width, picture.height * 3 // 2, WIDTHS[-1]) // 3 * 3
    if width < WIDTHS[0]:
        raise PictureError(PictureProblem.TOO_SMALL)
    return ImageOps.fit(picture, (width, height(width)), Image.Resampling.LANCZOS)


def _in_srgb(picture: Image.Image) -> Image.Image:
    """Red, green and blue as every screen understands them; what was transparent is white."""
    profile = picture.info.get("icc_profile")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        paper = Image.new("RGB", picture.size, "white")
        paper.paste(picture, mask=picture)
        picture = paper
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            picture = ImageCms.profileToProfile(picture, source, SRGB, outputMode="RGB") or picture
        except Exception:  # noqa: S110 - Pillow has several for it
            pass  # a profile nobody can read, or of another kind than the picture: its numbers count as they are
    return picture.convert("RGB")


def _webp(picture: Image.Image) -> bytes:
    clean = Image.new("RGB", picture.size)
    clean.paste(picture)
    written = io.BytesIO()
    clean.save(written, "WEBP", quality=QUALITY, method=4)
    return written.getvalue()
