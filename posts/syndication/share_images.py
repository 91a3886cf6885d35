"""Draw the site's icons, and link preview pictures for posts without a cover and for the site itself."""

import io
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from posts.cover_sizes import SHARED

FONTS = Path(__file__).parent.parent.parent / "static" / "fonts"
NAVY, WHITE, BLUE, SOFT = "#001731", "#ffffff", "#3da9e0", "#afc2d4"
WIDTH, HEIGHT = SHARED
MARGIN = 96
TOP, BOTTOM = 112, 450  # the title's area, in pixels from the top
SIZES = (116, 104, 92, 80, 70, 62, 54, 48)  # font sizes of the title, largest first
LINE = 1.14  # line height, relative to the font size
SCALE = 4  # shapes are drawn this much larger and then reduced, because Pillow does not smooth their edges
MAX_BYLINE = 480  # pixels
QUALITY = 85

Font = ImageFont.FreeTypeFont


def title_picture(title: str, byline: str) -> bytes | None:
    """Return a JPEG with the post's title, without emoji, or None if our typeface lacks letters of the title."""
    shown = _drawable(title)
    if not shown:
        return None
    picture = _canvas()
    draw = ImageDraw.Draw(picture)
    font, lines = _fitted(shown)
    for number, line in enumerate(lines):
        draw.text((MARGIN, TOP + number * font.size * LINE), line, WHITE, font)
    _corner(picture, MARGIN - 36, TOP - 22, 96, 9)
    _brand(picture, MARGIN, 520, 52)
    name = _font("regular", 34)
    if by := _drawable(byline):
        draw.text((WIDTH - MARGIN, 550), _shortened(by, name, MAX_BYLINE), SOFT, name, anchor="rm")
    return _jpeg(picture)


def site_picture() -> bytes:
    """Return the share image for pages that are not posts, as a JPEG."""
    picture = _canvas()
    _brand(picture, 250, 235, 160)
    return _jpeg(picture)


def icon(size: int, *, margin: float = 0.0) -> bytes:
    """Return the site's mark on navy as a square PNG. `margin` is the margin on each side, relative to `size`."""
    picture = Image.new("RGB", (size, size), NAVY)
    inner = round(size * (1 - 2 * margin))
    _mark(picture, (size - inner) // 2, (size - inner) // 2, inner)
    output = io.BytesIO()
    picture.save(output, "PNG", optimize=True)
    return output.getvalue()


def _canvas() -> Image.Image:
    return Image.new("RGB", (WIDTH, HEIGHT), NAVY)


def _jpeg(picture: Image.Image) -> bytes:
    output = io.BytesIO()
    picture.save(output, "JPEG", quality=QUALITY, optimize=True)
    return output.getvalue()


@cache
def _font(weight: str, size: int) -> Font:
    return ImageFont.truetype(FONTS / f"biso-serif-{weight}.woff2", size)


def _brand(picture: Image.Image, left: int, top: int, height: int) -> None:
    """Draw the mark and the site's name."""
    _mark(picture, left - height // 8, top, height, has_frame=False)
    draw, size, middle = ImageDraw.Draw(picture), round(height * 0.82), top + height // 2
    bold, left = _font("bold", size), left + round(height * 1.08)
    draw.text((left, middle), "BISO ", WHITE, bold, anchor="lm")
    draw.text((left + bold.getlength("BISO "), middle), "posts", BLUE, _font("regular", size), anchor="lm")


def _mark(picture: Image.Image, left: int, top: int, size: int, *, has_frame: bool = True) -> None:
    """Draw the mark, as in static/img/mark.svg (with a frame) or templates/includes/mark.html."""
    shape = Image.new("RGB", (size * SCALE, size * SCALE), NAVY)
    draw, unit = ImageDraw.Draw(shape), size * SCALE / 32
    near, far, half = (8, 25, 1.75) if has_frame else (5, 26, 2)  # the corner's ends, and half the stroke
    x, y, step = (16, 13.5, 6) if has_frame else (15, 12, 8)  # the chevron's start, and its width
    bars = [(near - half, near - half, near + half, far), (near - half, near - half, far, near + half)]
    for bar in bars:
        draw.rectangle([value * unit for value in bar], WHITE)
    d = half / 2**0.5
    upper = [(x + d, y - d), (x + step + 2 * d, y + step), (x + d, y + 2 * step + d)]
    lower = [(x - d, y + 2 * step - d), (x + step - 2 * d, y + step), (x - d, y + d)]
    draw.polygon([(x * unit, y * unit) for x, y in [*upper, *lower]], BLUE)
    picture.paste(shape.resize((size, size), Image.Resampling.LANCZOS), (left, top))


def _corner(picture: Image.Image, left: int, top: int, size: int, stroke: int) -> None:
    draw = ImageDraw.Draw(picture)
    draw.rectangle((left, top, left + size, top + stroke - 1), BLUE)
    draw.rectangle((left, top, left + stroke - 1, top + size), BLUE)


def _fitted(title: str) -> tuple[Font, list[str]]:
    """Return the largest font in which the title fits, and the title's lines. If none fits, shorten the title."""
    for size in SIZES:
        font = _font("bold", size)
        lines = _wrapped(title, font)
        if len(lines) <= _room(font):
            return font, lines
    lines = lines[: _room(font)]
    lines[-1] = _shortened(lines[-1] + " …", font, WIDTH - 2 * MARGIN)
    return font, lines


def _room(font: Font) -> int:
    return int((BOTTOM - TOP) / (font.size * LINE))


def _wrapped(text: str, font: Font) -> list[str]:
    """Return the lines of `text`. Break words that are longer than a line."""
    lines, line = [], ""
    for word in text.split():
        pieces = _pieces(word, font)
        longer = f"{line} {pieces[0]}".strip()
        if line and font.getlength(longer) > WIDTH - 2 * MARGIN:
            lines.append(line)
            longer = pieces[0]
        line = longer
        for piece in pieces[1:]:
            lines.append(line)
            line = piece
    return [*lines, line]


def _pieces(word: str, font: Font) -> list[str]:
    pieces = [""]
    for letter in word:
        if font.getlength(pieces[-1] + letter) > WIDTH - 2 * MARGIN:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _shortened(text: str, font: Font, width: int) -> str:
    """Return `text`. If it is too wide, replace the end with an ellipsis."""
    if font.getlength(text) <= width:
        return text
    text = text.rstrip(" …")
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _drawable(text: str) -> str:
    """Return `text` without emoji and without accents that our typeface lacks, or "" if it lacks a letter."""
    shown = []
    for character in unicodedata.normalize("NFC", text):
        if _is_drawable(character):
            shown.append(character)
            continue
        bare = unicodedata.normalize("NFKD", character)
        letters = [each for each in bare if not unicodedata.combining(each)]
        if all(_is_drawable(each) for each in letters):
            shown += letters
        elif any(unicodedata.category(each)[0] in "LN" for each in letters):
            return ""
    return " ".join("".join(shown).split())


@lru_cache(4096)
def _is_drawable(character: str) -> bool:
    font = _font("bold", 40)
    if character.isspace():
        return True
    return character.isprintable() and bytes(font.getmask(character)) != bytes(font.getmask("\ue000"))
