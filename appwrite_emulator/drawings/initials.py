"""Initials of a name, cut out of a coloured field."""

import io

from appwrite_emulator.drawings.canvas import default_font

GROUNDS = ("fd366e", "fe9567", "7c67fe", "68a3fe", "85dbd8")
"""One of these is chosen by the letters."""


def letters_of(name: str) -> str:
    """The first letters of the first two words, as the real server finds them.

    Words are parted by spaces, or by underscores where there is no space; ones that do not begin with an ASCII letter
    or digit have none. It stops after the second word only if that has one, so `a !b c` gives A and C.
    """
    words = name.split(" ")
    words = words if len(words) > 1 else name.split("_")
    letters = ""
    for place, word in enumerate(words):
        if word[:1].isascii() and word[:1].isalnum():
            letters += word[0].upper()
            if place == 1:
                break
    return letters


def ground_of(letters: str) -> str:
    """The colour for these letters: by the last digit of the sum of their codes."""
    return GROUNDS[sum(map(ord, letters)) % 10 % len(GROUNDS)]


def initials(letters: str, width: int, height: int, ground: str = "") -> bytes:
    """A PNG of this size, the letters transparent in it. `ground` is three or six hex digits."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGBA", (width, height), f"#{ground or ground_of(letters)}")
    if letters:
        mask = Image.new("L", picture.size, 255)
        font = default_font(min(width, height) / 2)
        ImageDraw.Draw(mask).text((width / 2, height / 2), letters, 0, font, "mm")
        picture.putalpha(mask)
    written = io.BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()
