"""Convert uploaded pictures to covers and text images: one format, no extreme aspect ratio, no camera metadata.

An upload may be malicious, so a picture's size is read from the header and checked before decoding.
"""

import io
import math
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto
from typing import NamedTuple, TypeVar

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError, features
from PIL.JpegImagePlugin import JpegImageFile

from posts import image_ids
from posts.cover_sizes import MIDDLE, WIDTHS, height
from posts.covers import image_metadata

MAX_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 25_000_000
"""The resolution of a good camera. Decoding needs up to 400 MB."""
MAX_PIXELS_JPEG = 50_000_000
"""The resolution of a good phone (8064 by 6048). Decoding needs 100 MB, because the decoder can reduce a JPEG."""
MAX_SCANS = 64
"""Scans in a progressive JPEG.

Ordinary files have about ten. A malicious file of 8 MB could contain 100,000 scans, and each takes time to decode.
"""

MAX_AREA = WIDTHS[-1] * height(WIDTHS[-1])
"""Pixels of a stored cover: as many as the site serves in the largest width."""
MAX_RATIO = 2
"""Width divided by height. Portrait pictures are cropped to a square or less, because nine positions are too coarse."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", *(["AVIF"] if features.check("avif") else []))
# A JPEG marker that starts a segment, and the segment's length. In scan data, 0xFF is followed by a zero byte.
SEGMENT = re.compile(rb"\xff([\x02-\xcf\xda-\xfe])(..)", re.DOTALL)
# EXIF orientation -> operation that turns the picture upright; 1 is already upright.
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
QUALITY = 88  # higher than `storage.QUALITY`, because Appwrite creates the served widths from this file

T = TypeVar("T")

Image.MAX_IMAGE_PIXELS = None  # Pillow's limit may only cause a warning, so `_opened` rejects large pictures instead
# Converting several large pictures at the same time would need a gigabyte. The crops that readers see have a separate
# lock, so that readers do not wait for uploads.
_converting, _cropping = threading.Lock(), threading.Lock()
MAX_UPLOADS = 3
"""Uploads that one process converts or queues at a time. More uploads would occupy the threads that serve pages."""
_uploads = threading.BoundedSemaphore(MAX_UPLOADS)


class PictureProblem(Enum):
    """The reason why a picture is not accepted."""

    TOO_MANY_BYTES = auto()
    TOO_MANY_PIXELS = auto()
    TOO_SMALL = auto()
    NOT_A_PICTURE = auto()
    BROKEN = auto()
    TOO_MANY_UPLOADS = auto()


class PictureError(ValueError):
    """The file cannot be used as a picture. `limit` is the exceeded limit in bytes or pixels, or 0 if there is none."""

    def __init__(self, reason: PictureProblem, limit: int = 0) -> None:
        super().__init__(reason.name)
        self.reason = reason
        self.limit = limit


def is_webp(content: bytes) -> bool:
    """Return whether the content has the signature of a WebP picture."""
    return content[:4] == b"RIFF" and content[8:12] == b"WEBP"


def is_jpeg(content: bytes) -> bool:
    """Return whether the content has the signature of a JPEG picture."""
    return content[:3] == b"\xff\xd8\xff"


Point = tuple[int, int]


class Cover(NamedTuple):
    """A cover as WebP, and its focal point in percent of its width and height."""

    content: bytes
    point: Point


def cover(content: bytes, point: Point = (MIDDLE, MIDDLE)) -> Cover:
    """Return the picture as a WebP cover: upright, in sRGB, with at most MAX_AREA pixels.

    `point` is the focal point, in percent of the picture's width and height. A portrait picture is cropped to a square
    around the focal point, and a picture wider than MAX_RATIO to that ratio. If the focal point is near an edge, more
    is cut off, down to the ratio 3:2, so that the point is closer to the middle. Pages show a smaller part (see
    `cover_sizes`).

    Only the first frame of an animation is kept. Only pixels are copied, which removes EXIF (including the location),
    comments and colour profiles. Raise PictureError if the file is not accepted.
    """

    def convert(picture: Image.Image) -> Cover:
        cut, moved = _cut(picture, point)
        return Cover(_webp(_in_srgb(cut)), moved)

    return _uploaded(content, convert, MAX_PIXELS_JPEG)


def part(content: bytes, size: tuple[int, int], side: str, quality: int, kind: str) -> bytes:
    """Return the largest part of the picture that has the ratio of `size`, resized to `size`.

    `side` is the position of the part, as returned by `cover_sizes.gravity`. `kind` is Pillow's name for the format of
    the result. Raise PictureError if the file is not accepted.
    """
    x = 0.0 if "left" in side else 1.0 if "right" in side else 0.5
    y = 0.0 if "top" in side else 1.0 if "bottom" in side else 0.5

    def convert(picture: Image.Image) -> bytes:
        fitted = ImageOps.fit(_in_srgb(picture), size, Image.Resampling.LANCZOS, centering=(x, y))
        return _encoded(fitted, kind, quality)

    with _cropping:
        return _converted(content, convert, MAX_PIXELS_JPEG)


class TextImage(NamedTuple):
    """An image for the text, as WebP, with its size in pixels."""

    content: bytes
    width: int
    height: int


def text_image(content: bytes) -> TextImage:
    """Return the picture as an image for the text.

    It is converted like a cover, but uncropped and within the limits in `image_ids`. Raise PictureError if the file is
    not accepted.
    """

    def convert(picture: Image.Image) -> TextImage:
        picture.thumbnail((image_ids.MAX_WIDTH, image_ids.MAX_HEIGHT), Image.Resampling.LANCZOS)
        return TextImage(_webp(_in_srgb(picture)), picture.width, picture.height)

    return _uploaded(content, convert, MAX_PIXELS)


def _uploaded(content: bytes, convert: Callable[[Image.Image], T], max_pixels_jpeg: int) -> T:
    """Call `_converted` for one upload at a time. Raise PictureError if MAX_UPLOADS other uploads are in progress."""
    if not _uploads.acquire(blocking=False):
        raise PictureError(PictureProblem.TOO_MANY_UPLOADS)
    try:
        with _converting:
            return _converted(content, convert, max_pixels_jpeg)
    finally:
        _uploads.release()


def _converted(content: bytes, convert: Callable[[Image.Image], T], max_pixels_jpeg: int) -> T:
    """Return the result of `convert` for the upright picture.

    If the picture cannot be decoded with its metadata, remove the metadata and try again.
    """
    if len(content) > MAX_BYTES:
        raise PictureError(PictureProblem.TOO_MANY_BYTES, MAX_BYTES)
    try:
        return _decoded(content, convert, max_pixels_jpeg)
    except PictureError as error:
        bare, exif = image_metadata.without(content)
        if error.reason not in (PictureProblem.NOT_A_PICTURE, PictureProblem.BROKEN) or bare == content:
            raise
        return _decoded(bare, convert, max_pixels_jpeg, exif)


def _decoded(content: bytes, convert: Callable[[Image.Image], T], max_pixels_jpeg: int, exif: bytes = b"") -> T:
    """Return the result of `convert` for the decoded picture. Raise PictureError if the file is not accepted.

    `exif` is the EXIF data that has already been removed from the file.
    """
    try:
        with _opened(content, max_pixels_jpeg) as picture:
            return convert(_in_bytes(_upright(picture, exif)))
    except PictureError:
        raise
    except Exception as error:
        # Decoders raise different exceptions for damaged files: OSError, SyntaxError, struct.error, KeyError…
        raise PictureError(PictureProblem.BROKEN) from error


def _upright(picture: Image.Image, exif: bytes) -> Image.Image:
    """Return the picture, rotated or mirrored according to its metadata.

    If the metadata cannot be read, return the picture unchanged.
    """
    picture.load()
    orientation = image_metadata.orientation(picture.info.get("exif") or exif)
    if orientation == 1:
        with suppress(Exception):  # Pillow also reads XMP, and EXIF stored as text in a PNG
            orientation = picture.getexif().get(image_metadata.ORIENTATION, 1)
    method = TURNS.get(orientation) if isinstance(orientation, int) else None
    return picture if method is None else picture.transpose(method)


def _opened(content: bytes, max_pixels_jpeg: int) -> Image.Image:
    """Read the picture's header and return the undecoded picture. The content determines the file type.

    Raise PictureError if the file is not a picture, or if decoding would take too much memory or time.
    """
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError:
        raise PictureError(PictureProblem.NOT_A_PICTURE) from None
    is_jpeg = isinstance(picture, JpegImageFile)  # true even if a phone has appended a second picture
    limit = max_pixels_jpeg if is_jpeg else MAX_PIXELS
    if picture.width * picture.height > limit:
        raise PictureError(PictureProblem.TOO_MANY_PIXELS, limit)
    if is_jpeg and _scans(content) > MAX_SCANS:
        raise PictureError(PictureProblem.BROKEN)
    picture.draft("RGB", (WIDTHS[-1], WIDTHS[-1]))  # affects only JPEGs
    return picture


def _scans(jpeg: bytes) -> int:
    """Return the number of scans in the picture itself, not in thumbnails or in data after the picture."""
    place, scans = 0, 0
    while (segment := SEGMENT.search(jpeg, place)) and END not in jpeg[place : segment.start()]:
        scans += segment[1] == SCAN
        place = segment.start() + 2 + int.from_bytes(segment[2], "big")
    return scans


def _in_bytes(picture: Image.Image) -> Image.Image:
    """Convert the picture to 8 bits per channel, as the next steps require."""
    if picture.mode.startswith("I"):  # 16-bit grey; Pillow would clip the values at 255
        return picture.convert("I").point(lambda grey: grey / 256).convert("L")
    if picture.mode == "P":
        return picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    return picture.convert("L") if picture.mode == "1" else picture


def _cut(picture: Image.Image, point: Point) -> tuple[Image.Image, Point]:
    """Return the picture, cropped and reduced, and the new position of the focal point.

    Raise PictureError if the picture is too small for the ratio 3:2, in which pages show covers.
    """
    if min(picture.width, picture.height * 3 // 2) < WIDTHS[0]:
        raise PictureError(PictureProblem.TOO_SMALL)
    width, left, x = _part(picture.width, point[0], picture.height * 3 // 2, picture.height * MAX_RATIO)
    tall, top, y = _part(picture.height, point[1], picture.width * 2 // 3, picture.width)
    scale = min(1, math.sqrt(MAX_AREA / (width * tall)))
    size = (round(width * scale), round(tall * scale))
    box = (left, top, left + width, top + tall)
    return picture.resize(size, Image.Resampling.LANCZOS, box=box), (x, y)


def _part(length: int, place: int, least: int, most: int) -> tuple[int, int, int]:
    """Return the length and start of the part to keep, and the new `place` within it, in percent.

    If `length` is at most `most`, keep everything. Otherwise keep the largest part that has `place` in its middle, but
    at least `least` and at most `most`.
    """
    middle = length * place / 100
    kept = length if length <= most else min(max(round(2 * min(middle, length - middle)), least), most)
    start = min(max(round(middle - kept / 2), 0), length - kept)
    return kept, start, min(max(round((middle - start) * 100 / kept), 0), 100)


def _in_srgb(picture: Image.Image) -> Image.Image:
    """Convert the picture to sRGB, on a white background if it is transparent."""
    profile = picture.info.get("icc_profile")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        background = Image.new("RGB", picture.size, "white")
        background.paste(picture, mask=picture)
        picture = background
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            picture = ImageCms.profileToProfile(picture, source, SRGB, outputMode="RGB") or picture
        except Exception:  # noqa: S110 - Pillow raises several kinds
            pass  # ignore a colour profile that is invalid or does not match the picture
    return picture.convert("RGB")


def _webp(picture: Image.Image) -> bytes:
    return _encoded(picture, "WEBP", QUALITY)


def _encoded(picture: Image.Image, kind: str, quality: int) -> bytes:
    without_metadata = Image.new("RGB", picture.size)
    without_metadata.paste(picture)
    output = io.BytesIO()
    without_metadata.save(output, kind, quality=quality, method=4)  # `method` affects only WebP
    return output.getvalue()
