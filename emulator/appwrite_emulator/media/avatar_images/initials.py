"""Initials of a name, transparent on a coloured background."""

import io

from appwrite_emulator.media.avatar_images.canvas import default_font

GROUNDS = ("fd366e", "fe9567", "7c67fe", "68a3fe", "85dbd8")
"""Background colours; the letters determine which is used."""


def letters_of(name: str) -> str:
    """Return the first letters of the first two words, as the real server does.

    Words are separated by spaces, or by underscores if there are no spaces. Words that do not start with an ASCII
    letter or digit are skipped, but only a letter from the second word ends the search: `a !b c` gives A and C.
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
    """Return the background colour: chosen by the last digit of the sum of the character codes."""
    return GROUNDS[sum(map(ord, letters)) % 10 % len(GROUNDS)]


def initials(letters: str, width: int, height: int, ground: str = "") -> bytes:
    """Return a PNG of this size with transparent letters. `ground` is three or six hex digits."""
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
