"""A canvas to draw on in abstract units, with anti-aliasing."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont


class Canvas:
    """A canvas of `width` by `height` units, each `unit` pixels wide. Colours are hex digits, coordinates units.

    It is drawn `finer` times larger and scaled down, which smooths the edges.
    """

    def __init__(self, width: float, height: float, unit: float, finer: int = 2) -> None:
        from PIL import Image, ImageDraw

        self.width, self.height, self._scale = width, height, unit * finer
        self.size = round(width * unit), round(height * unit)
        self._image: Image = Image.new("RGBA", (self.size[0] * finer, self.size[1] * finer), (0, 0, 0, 0))
        self._draw = ImageDraw.Draw(self._image)

    def png(self) -> bytes:
        from PIL import Image

        written = io.BytesIO()
        self._image.resize(self.size, Image.Resampling.BOX).save(written, "PNG", compress_level=1)
        return written.getvalue()

    def box(self, colour: str, x: float, y: float, width: float, height: float, *, round: float = 0) -> None:
        s = self._scale
        corners = (x * s, y * s, (x + width) * s - 1, (y + height) * s - 1)
        if corners[2] >= corners[0] and corners[3] >= corners[1]:
            self._draw.rounded_rectangle(corners, round * s, fill=f"#{colour}")

    def disc(self, colour: str, x: float, y: float, radius: float) -> None:
        s = self._scale
        self._draw.ellipse(((x - radius) * s, (y - radius) * s, (x + radius) * s, (y + radius) * s), fill=f"#{colour}")

    def ring(self, colour: str, x: float, y: float, radius: float, width: float) -> None:
        s = self._scale
        corners = ((x - radius) * s, (y - radius) * s, (x + radius) * s, (y + radius) * s)
        self._draw.ellipse(corners, outline=f"#{colour}", width=max(1, int(width * s)))

    def arc(self, colour: str, x: float, y: float, radius: float, width: float, start: float, end: float) -> None:
        """Draw part of a ring, clockwise from `start` to `end` in degrees; 0 is on the right."""
        s = self._scale
        corners = ((x - radius) * s, (y - radius) * s, (x + radius) * s, (y + radius) * s)
        self._draw.arc(corners, start, end, fill=f"#{colour}", width=max(1, int(width * s)))

    def polygon(self, colour: str, points: list[tuple[float, float]]) -> None:
        self._draw.polygon([(x * self._scale, y * self._scale) for x, y in points], fill=f"#{colour}")

    def line(self, colour: str, x1: float, y1: float, x2: float, y2: float, width: float) -> None:
        """Draw a bar between two points, with straight ends."""
        length = math.hypot(x2 - x1, y2 - y1)
        across, down = (y1 - y2) / length * width / 2, (x2 - x1) / length * width / 2
        corners = [
            (x1 + across, y1 + down),
            (x2 + across, y2 + down),
            (x2 - across, y2 - down),
            (x1 - across, y1 - down),
        ]
        self.polygon(colour, corners)

    def star(self, colour: str, x: float, y: float, radius: float, points: int = 5, inner: float = 0) -> None:
        """Draw a star with one point up; `inner` is the radius of the notches as a fraction of `radius`."""
        inner = inner or (0.382 if points == 5 else 0.55)
        corners = []
        for n in range(2 * points):
            r, angle = radius * (inner if n % 2 else 1), math.pi * n / points
            corners.append((x + r * math.sin(angle), y - r * math.cos(angle)))
        self.polygon(colour, corners)

    def moon(self, colour: str, x: float, y: float, radius: float, shift: float) -> None:
        """Draw a crescent, open to the right, or to the left if `shift` is negative."""
        from PIL import Image, ImageChops, ImageDraw

        def disc(at: float, r: float) -> Image.Image:
            mask, s = Image.new("L", self._image.size, 0), self._scale
            ImageDraw.Draw(mask).ellipse(((at - r) * s, (y - r) * s, (at + r) * s, (y + r) * s), fill=255)
            return mask

        crescent = ImageChops.subtract(disc(x, radius), disc(x + shift, radius * 0.82))
        self._image.paste(Image.new("RGBA", self._image.size, f"#{colour}"), mask=crescent)

    def put(self, other: Canvas, x: float, y: float, width: float, height: float) -> None:
        """Paste another canvas into a box."""
        s = self._scale
        corner, end = (round(x * s), round(y * s)), (round((x + width) * s), round((y + height) * s))
        self._image.paste(other._image.resize((end[0] - corner[0], end[1] - corner[1])), corner)

    def text(self, colour: str, x: float, y: float, text: str, size: float) -> None:
        """Draw text centred at this place, smaller if it would not fit."""
        wanted = size * self._scale
        room = 0.9 * self.width * self._scale
        font = default_font(wanted)
        if (length := font.getlength(text)) > room:
            font = default_font(wanted * room / length)
        self._draw.text((x * self._scale, y * self._scale), text, f"#{colour}", font, "mm")


def default_font(size: float) -> FreeTypeFont:
    """Return the font bundled with Pillow, so that all machines draw the same letters."""
    from PIL import ImageFont

    font = ImageFont.load_default(max(1.0, size))
    assert isinstance(font, ImageFont.FreeTypeFont)  # Pillow's wheels have FreeType
    return font
