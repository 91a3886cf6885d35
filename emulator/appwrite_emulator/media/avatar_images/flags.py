"""Flags of countries, composed of stripes, crosses and simple emblems as described in `flag_table`."""

import math
from functools import lru_cache

from appwrite_emulator.media.avatar_images.canvas import Canvas
from appwrite_emulator.media.avatar_images.flag_table import COLOURS, FLAGS

WIDTH, HEIGHT = 40, 30
UNIT = 16
"""Pixels per unit; a flag is 640 by 480 pixels."""


@lru_cache(16)
def flag(code: str) -> bytes:
    """Return the flag as PNG; raise KeyError for an unknown country."""
    canvas = Canvas(WIDTH, HEIGHT, UNIT)
    for step in FLAGS[code].split(";"):
        word, *arguments = step.split()
        _WORDS[word](canvas, *arguments)
    return canvas.png()


# -- commands used in the table
# -----------------------------------------------------------------------------------------


def _stripes(arguments: tuple[str, ...]) -> list[tuple[str, float, float]]:
    """Parse `r w2 b` as three stripes, the second twice as wide: (colour, start, end), from 0 to 1."""
    parts = [(COLOURS[each[0]], float(each[1:] or 1)) for each in arguments]
    total, stripes, begin = sum(weight for _, weight in parts), [], 0.0
    for colour, weight in parts:
        stripes.append((colour, begin, begin + weight / total))
        begin += weight / total
    return stripes


def _horizontal(canvas: Canvas, *arguments: str) -> None:
    for colour, begin, _ in _stripes(arguments):
        canvas.box(colour, 0, begin * HEIGHT, WIDTH, (1 - begin) * HEIGHT)


def _vertical(canvas: Canvas, *arguments: str) -> None:
    for colour, begin, _ in _stripes(arguments):
        canvas.box(colour, begin * WIDTH, 0, (1 - begin) * WIDTH, HEIGHT)


def _box(canvas: Canvas, colour: str, *place: str) -> None:
    canvas.box(COLOURS[colour], *map(float, place))


def _cross(canvas: Canvas, colour: str, width: str, x: str = "20", y: str = "15") -> None:
    half = float(width) / 2
    canvas.box(COLOURS[colour], 0, float(y) - half, WIDTH, 2 * half)
    canvas.box(COLOURS[colour], float(x) - half, 0, 2 * half, HEIGHT)


def _saltire(canvas: Canvas, colour: str, width: str) -> None:
    _rising(canvas, colour, width)
    _falling(canvas, colour, width)


def _rising(canvas: Canvas, colour: str, width: str) -> None:
    canvas.line(COLOURS[colour], -8, HEIGHT + 6, WIDTH + 8, -6, float(width))


def _falling(canvas: Canvas, colour: str, width: str) -> None:
    canvas.line(COLOURS[colour], -8, -6, WIDTH + 8, HEIGHT + 6, float(width))


def _triangle(canvas: Canvas, colour: str, depth: str) -> None:
    """Draw a triangle at the hoist."""
    canvas.polygon(COLOURS[colour], [(0, 0), (float(depth), HEIGHT / 2), (0, HEIGHT)])


def _polygon(canvas: Canvas, colour: str, *places: str) -> None:
    numbers = [float(place) for place in places]
    canvas.polygon(COLOURS[colour], list(zip(numbers[::2], numbers[1::2], strict=True)))


def _disc(canvas: Canvas, colour: str, *place: str) -> None:
    canvas.disc(COLOURS[colour], *map(float, place))


def _ring(canvas: Canvas, colour: str, *place: str) -> None:
    canvas.ring(COLOURS[colour], *map(float, place))


def _star(canvas: Canvas, colour: str, x: str, y: str, radius: str, points: str = "5") -> None:
    canvas.star(COLOURS[colour], float(x), float(y), float(radius), int(points))


def _stars(canvas: Canvas, colour: str, radius: str, *places: str) -> None:
    """Draw stars of one size at several places."""
    for x, y in zip(places[::2], places[1::2], strict=True):
        canvas.star(COLOURS[colour], float(x), float(y), float(radius))


def _circle(canvas: Canvas, colour: str, x: str, y: str, distance: str, count: str, radius: str) -> None:
    """Draw stars in a circle."""
    for n in range(int(count)):
        angle = 2 * math.pi * n / int(count)
        at = float(x) + float(distance) * math.sin(angle), float(y) - float(distance) * math.cos(angle)
        canvas.star(COLOURS[colour], *at, float(radius))


def _sun(canvas: Canvas, colour: str, x: str, y: str, radius: str, rays: str = "16") -> None:
    canvas.star(COLOURS[colour], float(x), float(y), float(radius), int(rays), 0.6)
    canvas.disc(COLOURS[colour], float(x), float(y), float(radius) * 0.6)


def _wheel(canvas: Canvas, colour: str, x: str, y: str, radius: str, spokes: str) -> None:
    at, r = (float(x), float(y)), float(radius)
    canvas.ring(COLOURS[colour], *at, r, r / 8)
    for n in range(int(spokes)):
        angle = 2 * math.pi * n / int(spokes)
        canvas.line(COLOURS[colour], *at, at[0] + r * math.sin(angle), at[1] - r * math.cos(angle), r / 14)


def _moon(canvas: Canvas, colour: str, x: str, y: str, radius: str, shift: str = "") -> None:
    canvas.moon(COLOURS[colour], float(x), float(y), float(radius), float(shift or float(radius) / 3))


def _shield(canvas: Canvas, colour: str, x: str, y: str, width: str, height: str) -> None:
    """Draw a shield centred at this place."""
    cx, cy, half, tall = float(x), float(y), float(width) / 2, float(height)
    top = cy - tall / 2
    corners = [(cx - half, top), (cx + half, top), (cx + half, top + tall * 0.6), (cx, top + tall)]
    canvas.polygon(COLOURS[colour], [*corners, (cx - half, top + tall * 0.6)])


def _leaf(canvas: Canvas, colour: str, x: str, y: str, size: str) -> None:
    """Draw a maple leaf."""
    right = [(0, -1), (0.2, -0.62), (0.42, -0.72), (0.34, -0.2), (0.58, -0.42), (0.64, -0.3), (0.92, -0.36)]
    right += [(0.82, -0.05), (0.95, 0.05), (0.45, 0.42), (0.5, 0.58), (0.06, 0.52), (0.06, 1)]
    outline = right + [(-dx, dy) for dx, dy in reversed(right)]
    scale = float(size)
    canvas.polygon(COLOURS[colour], [(float(x) + dx * scale, float(y) + dy * scale) for dx, dy in outline])


def _tree(canvas: Canvas, colour: str, x: str, y: str, size: str) -> None:
    """Draw a cedar."""
    cx, cy, s = float(x), float(y), float(size)
    for width, top in ((0.5, -1), (0.8, -0.5), (1.1, 0)):
        foot = cy + (top + 0.7) * s
        canvas.polygon(COLOURS[colour], [(cx, cy + top * s), (cx + width * s, foot), (cx - width * s, foot)])
    canvas.box(COLOURS[colour], cx - 0.12 * s, cy + 0.6 * s, 0.24 * s, 0.4 * s)


def _bird(canvas: Canvas, colour: str, x: str, y: str, size: str) -> None:
    """Draw a bird with its wings spread."""
    right = [(0, -0.75), (0.16, -0.6), (0.14, -0.3), (1, -0.75), (0.85, 0.1), (0.3, 0.3), (0.35, 0.85), (0, 0.6)]
    outline = right + [(-dx, dy) for dx, dy in reversed(right)]
    scale = float(size)
    canvas.polygon(COLOURS[colour], [(float(x) + dx * scale, float(y) + dy * scale) for dx, dy in outline])


def _temple(canvas: Canvas, colour: str, x: str, y: str, size: str) -> None:
    """Draw three towers on steps."""
    cx, cy, s = float(x), float(y), float(size)
    canvas.box(COLOURS[colour], cx - s, cy + 0.55 * s, 2 * s, 0.3 * s)
    canvas.box(COLOURS[colour], cx - 0.8 * s, cy + 0.2 * s, 1.6 * s, 0.4 * s)
    for at, top in ((-0.6, -0.35), (0, -0.85), (0.6, -0.35)):
        middle = cx + at * s
        foot = cy + 0.25 * s
        corners = [(middle, cy + top * s), (middle + 0.25 * s, foot), (middle - 0.25 * s, foot)]
        canvas.polygon(COLOURS[colour], corners)


def _writing(canvas: Canvas, colour: str, x: str, y: str, width: str) -> None:
    """Draw a line of script as curls and dots."""
    begin, cy, length = float(x) - float(width) / 2, float(y), float(width)
    step = length / 8
    canvas.box(COLOURS[colour], begin, cy + 0.7, length, 0.6)
    for n in range(8):
        at = begin + n * step + step / 2
        canvas.arc(COLOURS[colour], at, cy, step * 0.55, 0.55, 0 if n % 2 else 90, 200 if n % 2 else 300)
        canvas.box(COLOURS[colour], at - 0.25, cy - (1.8 if n % 3 else 2.2), 0.5, 1.6 if n % 2 else 2.4)


def _jack(canvas: Canvas, x: str = "0", y: str = "0", width: str = "40", height: str = "30") -> None:
    """Draw the crosses of the Union Jack in a box."""
    left, top, w, h = float(x), float(y), float(width), float(height)
    crosses = Canvas(WIDTH, HEIGHT, UNIT)
    crosses.box(COLOURS["n"], 0, 0, WIDTH, HEIGHT)
    _saltire(crosses, "w", "6")
    _saltire(crosses, "r", "2")
    _cross(crosses, "w", "10")
    _cross(crosses, "r", "6")
    canvas.put(crosses, left, top, w, h)


_WORDS = {
    "h": _horizontal,
    "v": _vertical,
    "box": _box,
    "cross": _cross,
    "saltire": _saltire,
    "rising": _rising,
    "falling": _falling,
    "triangle": _triangle,
    "polygon": _polygon,
    "disc": _disc,
    "ring": _ring,
    "star": _star,
    "stars": _stars,
    "circle": _circle,
    "sun": _sun,
    "wheel": _wheel,
    "moon": _moon,
    "shield": _shield,
    "leaf": _leaf,
    "tree": _tree,
    "bird": _bird,
    "temple": _temple,
    "writing": _writing,
    "jack": _jack,
}
