"""Image processing for previews: resize, crop, border, rotate and convert, as in utopia-php/image.

Pillow is imported on first use, because it is slow to load.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

OUTPUTS = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "png": "image/png",
    "webp": "image/webp",
    "avif": "image/avif",
}
"""Output formats, which are also the file extensions that select them, with media types."""
INPUTS = frozenset({"image/jpeg", "image/gif", "image/png", "image/webp", "image/avif", "image/heic"})
"""Media types that count as images."""
MOVING = frozenset({"gif", "webp"})
CENTRE = "center"
GRAVITIES = (
    "center", "top-left", "top", "top-right", "left", "right", "bottom-left", "bottom", "bottom-right",
)  # fmt: skip
ORIENTATION = 0x0112
UPRIGHT = {3: 180, 6: 90, 8: 270}
"""EXIF orientation -> clockwise rotation in degrees that turns the image upright. Mirrored orientations are ignored."""
QUALITY = 92
"""Default quality: ImageMagick's, if the original's is unknown."""
MOST_PIXELS = 80_000_000
"""Maximum pixels of an image, and of all frames of a preview together, to limit memory."""


class Unreadable(ValueError):
    """The content is not an image, or is too large to process."""


@dataclass(frozen=True)
class Wishes:
    """Parameters of a preview. 0 means not requested; colours are hex digits without `#`."""

    width: int = 0
    height: int = 0
    gravity: str = CENTRE
    quality: int = -1
    border_width: int = 0
    border_color: str = ""
    border_radius: int = 0
    opacity: float = 1.0
    rotation: int = 0
    background: str = ""
    output: str = "png"


def render(content: bytes, wishes: Wishes) -> bytes:
    """Return the preview of the image in `content`; animations stay animated.

    Raise `Unreadable` if it cannot be opened.
    """
    from PIL import Image, ImageSequence, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content)) as picture:
            moving = getattr(picture, "is_animated", False) and wishes.output in MOVING
            width, height = requested_size(picture.size, wishes.width, wishes.height)
            count = getattr(picture, "n_frames", 1) if moving else 1
            if max(picture.width * picture.height, width * height * count) > MOST_PIXELS:
                raise Unreadable("too large")
            duration, loop = picture.info.get("duration", 100), picture.info.get("loop", 0)
            upright = 0 if moving else UPRIGHT.get(picture.getexif().get(ORIENTATION, 0), 0)
            each = (_plain(frame) for frame in (ImageSequence.Iterator(picture) if moving else [picture]))
            # EXIF orientation is applied last, so a requested width may become the height.
            frames = [_turned(_shaped(frame, wishes), upright) for frame in each]
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise Unreadable(str(error)) from None
    return _saved(frames, wishes, {"duration": duration, "loop": loop} if moving else {})


def icon() -> bytes:
    """Return the icon for files that are not images: a sheet of paper with a folded corner."""
    from PIL import Image, ImageDraw

    sheet, ink = (255, 255, 255, 255), (144, 164, 174, 255)
    picture = Image.new("RGBA", (1200, 800), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.polygon([(460, 220), (660, 220), (740, 300), (740, 580), (460, 580)], fill=sheet, outline=ink, width=6)
    draw.polygon([(660, 220), (660, 300), (740, 300)], fill=ink)
    for y in range(380, 540, 40):
        draw.line([(510, y), (690, y)], fill=ink, width=8)
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()


def _plain(picture: Image) -> Image:
    """Convert to RGB, or RGBA if there is transparency."""
    clear = picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info
    return picture.convert("RGBA" if clear else "RGB")


def _shaped(picture: Image, wishes: Wishes) -> Image:
    size = requested_size(picture.size, wishes.width, wishes.height)
    picture = _cropped(picture, wishes)
    if 0 < wishes.opacity < 1:
        picture = picture.convert("RGBA")
        picture.putalpha(round(255 * wishes.opacity))
    if wishes.background:
        picture = _on(picture, wishes.background)
    if wishes.border_width:
        picture = _bordered(picture, wishes)
    if wishes.border_radius:
        picture = _rounded(picture, size, wishes)
    return _turned(picture, wishes.rotation % 360)


# -- size -------------------------------------------------------------------------------------------------------------


def requested_size(original: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    """Return the requested size; 0 means not requested. A single side keeps the aspect ratio, rounding down."""
    if not width and not height:
        return original
    aspect = original[0] / original[1]
    return width or max(1, int(height * aspect)), height or max(1, int(width / aspect))


def _cropped(picture: Image, wishes: Wishes) -> Image:
    """Return the image in about the requested size."""
    from PIL import Image, ImageOps

    width, height = requested_size(picture.size, wishes.width, wishes.height)
    if wishes.gravity == CENTRE:
        fits = picture.size == (width, height)
        return picture if fits else ImageOps.fit(picture, (width, height), Image.Resampling.LANCZOS)
    aspect = picture.width / picture.height
    # The real server scales by the longer requested side, not to fill the frame, and for wide frames multiplies by the
    # aspect ratio instead of dividing. Such previews come out stretched, or smaller than requested.
    if width > height:
        scaled = width, max(1, int(width * aspect))
    else:
        scaled = max(1, int(height * aspect)), height
    picture = picture.resize(scaled, Image.Resampling.BOX)
    left, top = _corner(wishes.gravity, scaled[0] - width, scaled[1] - height)
    box = (max(0, left), max(0, top), min(scaled[0], left + width), min(scaled[1], top + height))
    return picture.crop(box)


def _corner(gravity: str, spare_width: int, spare_height: int) -> tuple[int, int]:
    """Return the crop's top left corner. The match is case-sensitive: a gravity in upper case crops from the centre."""
    left = 0 if "left" in gravity else spare_width if "right" in gravity else int(spare_width / 2)
    top = 0 if "top" in gravity else spare_height if "bottom" in gravity else int(spare_height / 2)
    return left, top


# -- colour -----------------------------------------------------------------------------------------------------------


def _colour(digits: str) -> tuple[int, int, int]:
    """Parse `ff8800` or `f80`."""
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


def _on(picture: Image, digits: str) -> Image:
    """Place the image on a background colour, removing transparency."""
    from PIL import Image

    ground = Image.new("RGB", picture.size, _colour(digits))
    ground.paste(picture, mask=picture if picture.mode == "RGBA" else None)
    return ground


def _bordered(picture: Image, wishes: Wishes) -> Image:
    """Add a border on all sides; its colour also fills transparent areas."""
    from PIL import Image

    border = wishes.border_width
    framed = Image.new("RGB", (picture.width + 2 * border, picture.height + 2 * border), _colour(wishes.border_color))
    framed.paste(picture, (border, border), picture if picture.mode == "RGBA" else None)
    return framed


def _rounded(picture: Image, size: tuple[int, int], wishes: Wishes) -> Image:
    """Round the corners.

    As on the real server, corners of images without transparency become black, and with a border the size excludes it.
    """
    from PIL import Image, ImageChops, ImageDraw

    border = wishes.border_width
    box = (border, border, max(border, size[0] - border - 1), max(border, size[1] - border - 1))
    mask = Image.new("L", picture.size, 0)
    ImageDraw.Draw(mask).rounded_rectangle(box, wishes.border_radius, fill=255)
    if picture.mode == "RGBA":
        picture.putalpha(ImageChops.multiply(picture.getchannel("A"), mask))
    else:
        picture = Image.composite(picture, Image.new("RGB", picture.size), mask)
    if not border:
        return picture
    canvas = Image.new("RGBA", size, (0, 0, 0, 0))
    outline = (*_colour(wishes.border_color), 255)
    ImageDraw.Draw(canvas).rounded_rectangle(box, wishes.border_radius, outline=outline, width=border)
    canvas.alpha_composite(picture.convert("RGBA").crop((0, 0, *size)))
    return canvas


def _turned(picture: Image, degrees: int) -> Image:
    """Rotate clockwise; angles that are not multiples of 90° leave transparent corners."""
    from PIL import Image

    if degrees == 0:
        return picture
    if degrees % 90:
        return _slanted(picture, math.radians(degrees))
    quarter = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}
    return picture.transpose(quarter[degrees])


def _slanted(picture: Image, angle: float) -> Image:
    """Rotate about the centre, on a canvas slightly larger than needed, computed as in ImageMagick."""
    from PIL import Image

    cos, sin = math.cos(angle), math.sin(angle)
    x, y = picture.width / 2, picture.height / 2
    left, width = _ground(x, abs(x * cos) + abs(y * sin))
    top, height = _ground(y, abs(x * sin) + abs(y * cos))
    # Maps points of the canvas to points of the image.
    across = cos, sin, x + cos * (left - x) + sin * (top - y)
    down = -sin, cos, y - sin * (left - x) + cos * (top - y)
    turn = Image.Transform.AFFINE
    return picture.convert("RGBA").transform((width, height), turn, (*across, *down), Image.Resampling.BICUBIC)


def _ground(middle: float, reach: float) -> tuple[int, int]:
    """Return start and length of the canvas for content that extends `reach` to both sides of `middle`."""
    start = math.floor(middle - reach - 0.5)
    return start, math.ceil(middle + reach - start + 0.5)


# -- format -----------------------------------------------------------------------------------------------------------


def _saved(frames: list[Image], wishes: Wishes, movement: dict[str, int]) -> bytes:
    quality = QUALITY if wishes.quality < 0 else wishes.quality
    written = io.BytesIO()
    options: dict[str, object] = {"quality": quality}
    if movement:
        options |= {"save_all": True, "append_images": frames[1:], **movement}
    if wishes.output in ("jpg", "jpeg"):
        frames = [frame.convert("RGB") for frame in frames]  # transparent areas show the colour below them
    format = OUTPUTS[wishes.output].removeprefix("image/").upper()
    frames[0].save(written, format, **options)
    return written.getvalue()
