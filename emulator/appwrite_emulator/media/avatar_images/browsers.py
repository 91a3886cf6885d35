"""Browser icons: a window in the browser's colours with its initials, without the makers' logos."""

from functools import lru_cache
from typing import NamedTuple

from appwrite_emulator.media.avatar_images.canvas import Canvas

SIDE = 64
UNIT = 32
"""Pixels per unit; an icon is 2048 by 2048 pixels."""
GLASS, INK = "ffffff", "1f2937"


class Browser(NamedTuple):
    name: str
    letters: str
    frame: str
    accent: str


BROWSERS = {
    "aa": Browser("Avant Browser", "Av", "e8871e", "ffd28f"),
    "an": Browser("Android WebView Beta", "An", "3f9d4f", "b7e4a0"),
    "ch": Browser("Google Chrome", "Ch", "2f6fde", "f6c344"),
    "ci": Browser("Google Chrome (iOS)", "Ci", "2f6fde", "d9483b"),
    "cm": Browser("Google Chrome (Mobile)", "Cm", "2f6fde", "3f9d4f"),
    "cr": Browser("Chromium", "Cr", "4a7fc1", "a9c8ef"),
    "ff": Browser("Mozilla Firefox", "Fx", "e2562b", "ffb13d"),
    "sf": Browser("Safari", "Sa", "1d8fd8", "e5484d"),
    "mf": Browser("Mobile Safari", "Ms", "1d8fd8", "a9d6f5"),
    "ps": Browser("Microsoft Edge", "Ed", "0d6e9f", "4cc38a"),
    "oi": Browser("Microsoft Edge (iOS)", "Ei", "0d6e9f", "7fd3e6"),
    "om": Browser("Opera Mini", "Om", "b3192c", "f3a6ae"),
    "op": Browser("Opera", "Op", "d1213a", "ffc1c8"),
    "on": Browser("Opera (Next)", "On", "4d5566", "d1213a"),
}


@lru_cache(16)
def browser(code: str) -> bytes:
    """Return the icon as PNG; raise KeyError for an unknown browser."""
    each = BROWSERS[code]
    canvas = Canvas(SIDE, SIDE, UNIT, finer=1)  # no oversampling: the icon is scaled down anyway
    canvas.box(each.frame, 3, 6, 58, 52, round=9)
    canvas.box(GLASS, 7, 19, 50, 35, round=5)
    for x, colour in ((11, each.accent), (18, GLASS), (25, GLASS)):
        canvas.disc(colour, x, 12.5, 2.4)
    canvas.box(GLASS, 31, 10, 25, 5, round=2.5)
    canvas.text(INK, 32, 35, each.letters, 26)
    canvas.box(each.accent, 16, 48.4, 32, 2.6, round=1.3)
    return canvas.png()
