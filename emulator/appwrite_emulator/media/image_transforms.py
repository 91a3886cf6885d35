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
"""Output format -> media type. The names of the formats are also file extensions."""
INPUTS = frozenset({"image/jpeg", "image/gif", "image/png", "image/webp", "image/avif", "image/heic"})
"""Media types that count as images."""
ANIMATED_FORMATS = frozenset({"gif", "webp"})
CENTRE = "center"
GRAVITIES = (
    "center", "top-left", "top", "top-right", "left", "right", "bottom-left", "bottom", "bottom-right",
)  # fmt: skip
ORIENTATION = 0x0112
ROTATION_BY_ORIENTATION = {3: 180, 6: 90, 8: 270}
"""EXIF orientation -> clockwise rotation that turns the image upright, in degrees. Mirroring is ignored."""
DEFAULT_QUALITY = 92
"""Default quality. ImageMagick uses this value if the original's quality is unknown."""
_PNG, _JPEG, _JPEG_END = b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"\xff\xd9"
MAX_PIXELS = 80_000_000
"""Maximum number of pixels in an image, and in all frames of a preview together. It limits memory use."""


class UnreadableImageError(ValueError):
    """The content is not an image, or is too large to process."""


@dataclass(frozen=True)
class Options:
    """Parameters of a preview. 0 means that a value was not requested. Colours are hex digits without `#`."""

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


def render(content: bytes, options: Options) -> bytes:
    """Return a preview of the image in `content`. Animations stay animated.

    Raise `UnreadableImageError` if the content cannot be opened as an image.
    """
    from PIL import Image, ImageSequence, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(_as_readable(content))) as image:
            is_animated = getattr(image, "is_animated", False) and options.output in ANIMATED_FORMATS
            width, height = requested_size(image.size, options.width, options.height)
            count = getattr(image, "n_frames", 1) if is_animated else 1
            if max(image.width * image.height, width * height * count) > MAX_PIXELS:
                raise UnreadableImageError("too large")
            duration, loop = image.info.get("duration", 100), image.info.get("loop", 0)
            rotation = 0 if is_animated else ROTATION_BY_ORIENTATION.get(image.getexif().get(ORIENTATION, 0), 0)
            originals = (_to_rgb(frame) for frame in (ImageSequence.Iterator(image) if is_animated else [image]))
            # The EXIF rotation is applied last, so the requested width may become the height.
            frames = [_rotate(_transform(frame, options), rotation) for frame in originals]
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UnreadableImageError(str(error)) from None
    return _encode(frames, options, {"duration": duration, "loop": loop} if is_animated else {})


def file_icon() -> bytes:
    """Return the icon for files that are not images: a sheet of paper with a folded corner."""
    from PIL import Image, ImageDraw

    paper, ink = (255, 255, 255, 255), (144, 164, 174, 255)
    image = Image.new("RGBA", (1200, 800), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.polygon([(460, 220), (660, 220), (740, 300), (740, 580), (460, 580)], fill=paper, outline=ink, width=6)
    draw.polygon([(660, 220), (660, 300), (740, 300)], fill=ink)
    for y in range(380, 540, 40):
        draw.line([(510, y), (690, y)], fill=ink, width=8)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _as_readable(content: bytes) -> bytes:
    """Change the content so that Pillow accepts what ImageMagick accepts.

    Add an end marker to a truncated JPEG, so that the missing part becomes grey. Remove a PNG's text chunks, which
    may be too large for Pillow, but keep the chunk with the EXIF orientation.
    """
    if content.startswith(_JPEG):
        return content + _JPEG_END
    return _without_texts(content) if content.startswith(_PNG) else content


def _without_texts(png: bytes) -> bytes:
    kept, at = [_PNG], len(_PNG)
    while at < len(png):
        end = at + 12 + int.from_bytes(png[at : at + 4])  # length, type, content and checksum
        is_text = png[at + 4 : at + 8] in (b"tEXt", b"zTXt", b"iTXt")
        if not is_text or png.startswith(b"Raw profile type exif", at + 8):
            kept.append(png[at:end])
        at = end
    return b"".join(kept)


def _to_rgb(image: Image) -> Image:
    """Convert to RGB, or to RGBA if there is transparency.

    Reduce 16-bit channels to 8 bits by keeping the high byte.
    """
    if image.mode.startswith("I;16"):
        transparent = image.info.get("transparency")
        image = image.point(lambda value: value * (1 / 256)).convert("L")
        if transparent is not None:
            image.info["transparency"] = transparent >> 8
    has_alpha = image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info
    return image.convert("RGBA" if has_alpha else "RGB")


def _transform(image: Image, options: Options) -> Image:
    size = requested_size(image.size, options.width, options.height)
    image = _crop(image, options)
    if 0 < options.opacity < 1:
        image = image.convert("RGBA")
        image.putalpha(round(255 * options.opacity))
    if options.background:
        image = _add_background(image, options.background)
    if options.border_width:
        image = _add_border(image, options)
    if options.border_radius:
        image = _round_corners(image, size, options)
    return _rotate(image, options.rotation % 360)


# -- size -------------------------------------------------------------------------------------------------------------


def requested_size(original: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    """Return the requested size, where 0 means not requested. If only one side is requested, keep the aspect ratio."""
    if not width and not height:
        return original
    aspect = original[0] / original[1]
    return width or max(1, int(height * aspect)), height or max(1, int(width / aspect))


def _crop(image: Image, options: Options) -> Image:
    """Scale and crop the image to about the requested size."""
    from PIL import Image, ImageOps

    width, height = requested_size(image.size, options.width, options.height)
    if options.gravity == CENTRE:
        is_same = image.size == (width, height)
        return image if is_same else ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)
    aspect = image.width / image.height
    # The real server scales the image by the longer requested side instead of filling the frame. For wide frames, it
    # multiplies by the aspect ratio instead of dividing. The previews are therefore stretched, or smaller than
    # requested.
    if width > height:
        scaled = width, max(1, int(width * aspect))
    else:
        scaled = max(1, int(height * aspect)), height
    image = image.resize(scaled, Image.Resampling.BOX)
    left, top = _crop_offset(options.gravity, scaled[0] - width, scaled[1] - height)
    box = (max(0, left), max(0, top), min(scaled[0], left + width), min(scaled[1], top + height))
    return image.crop(box)


def _crop_offset(gravity: str, free_width: int, free_height: int) -> tuple[int, int]:
    """Return the crop's top left corner. `gravity` is case-sensitive: if it is in upper case, the crop is centred."""
    left = 0 if "left" in gravity else free_width if "right" in gravity else int(free_width / 2)
    top = 0 if "top" in gravity else free_height if "bottom" in gravity else int(free_height / 2)
    return left, top


# -- colour -----------------------------------------------------------------------------------------------------------


def _parse_colour(digits: str) -> tuple[int, int, int]:
    """Parse `ff8800` or `f80`."""
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


def _add_background(image: Image, digits: str) -> Image:
    """Place the image on a background colour, removing transparency."""
    from PIL import Image

    canvas = Image.new("RGB", image.size, _parse_colour(digits))
    canvas.paste(image, mask=image if image.mode == "RGBA" else None)
    return canvas


def _add_border(image: Image, options: Options) -> Image:
    """Add a border on all sides. Its colour also fills transparent areas."""
    from PIL import Image

    border = options.border_width
    framed = Image.new(
        "RGB", (image.width + 2 * border, image.height + 2 * border), _parse_colour(options.border_color)
    )
    framed.paste(image, (border, border), image if image.mode == "RGBA" else None)
    return framed


def _round_corners(image: Image, size: tuple[int, int], options: Options) -> Image:
    """Round the corners.

    As on the real server, corners of images without transparency become black. `size` is the image's size without the
    border.
    """
    from PIL import Image, ImageChops, ImageDraw

    border = options.border_width
    box = (border, border, max(border, size[0] - border - 1), max(border, size[1] - border - 1))
    mask = Image.new("L", image.size, 0)
    ImageDraw.Draw(mask).rounded_rectangle(box, options.border_radius, fill=255)
    if image.mode == "RGBA":
        image.putalpha(ImageChops.multiply(image.getchannel("A"), mask))
    else:
        image = Image.composite(image, Image.new("RGB", image.size), mask)
    if not border:
        return image
    canvas = Image.new("RGBA", size, (0, 0, 0, 0))
    outline = (*_parse_colour(options.border_color), 255)
    ImageDraw.Draw(canvas).rounded_rectangle(box, options.border_radius, outline=outline, width=border)
    canvas.alpha_composite(image.convert("RGBA").crop((0, 0, *size)))
    return canvas


def _rotate(image: Image, degrees: int) -> Image:
    """Rotate clockwise. Angles that are not multiples of 90° leave transparent corners."""
    from PIL import Image

    if degrees == 0:
        return image
    if degrees % 90:
        return _rotate_freely(image, math.radians(degrees))
    quarter = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}
    return image.transpose(quarter[degrees])


def _rotate_freely(image: Image, angle: float) -> Image:
    """Rotate about the centre. As in ImageMagick, the canvas is slightly larger than needed."""
    from PIL import Image

    cos, sin = math.cos(angle), math.sin(angle)
    x, y = image.width / 2, image.height / 2
    left, width = _canvas_range(x, abs(x * cos) + abs(y * sin))
    top, height = _canvas_range(y, abs(x * sin) + abs(y * cos))
    # This transform maps points of the canvas to points of the image.
    across = cos, sin, x + cos * (left - x) + sin * (top - y)
    down = -sin, cos, y - sin * (left - x) + cos * (top - y)
    affine = Image.Transform.AFFINE
    return image.convert("RGBA").transform((width, height), affine, (*across, *down), Image.Resampling.BICUBIC)


def _canvas_range(middle: float, extent: float) -> tuple[int, int]:
    """Return the start and length of a canvas whose content extends by `extent` on both sides of `middle`."""
    start = math.floor(middle - extent - 0.5)
    return start, math.ceil(middle + extent - start + 0.5)


# -- format -----------------------------------------------------------------------------------------------------------


def _encode(frames: list[Image], options: Options, animation: dict[str, int]) -> bytes:
    quality = DEFAULT_QUALITY if options.quality < 0 else options.quality
    buffer = io.BytesIO()
    arguments: dict[str, object] = {"quality": quality}
    if animation:
        arguments |= {"save_all": True, "append_images": frames[1:], **animation}
    if options.output in ("jpg", "jpeg"):
        frames = [frame.convert("RGB") for frame in frames]  # transparent areas show the colour stored for them
    format = OUTPUTS[options.output].removeprefix("image/").upper()
    frames[0].save(buffer, format, **arguments)
    return buffer.getvalue()
