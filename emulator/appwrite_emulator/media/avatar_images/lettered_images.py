"""Images with a few transparent letters on a coloured background: a name's initials, and placeholders for icons."""

import io

BACKGROUNDS = ("fd366e", "fe9567", "7c67fe", "68a3fe", "85dbd8")
"""Background colours. The letters determine which one is used."""


def initials_of(name: str) -> str:
    """Return the first letters of the first two words, as the real server does.

    Words are separated by spaces, or by underscores if there are no spaces. Words that do not start with an ASCII
    letter or digit are skipped. If the second word is skipped, a later word can give a letter instead, so `a !b c`
    gives A and C.
    """
    words = name.split(" ")
    words = words if len(words) > 1 else name.split("_")
    letters = ""
    for index, word in enumerate(words):
        if word[:1].isascii() and word[:1].isalnum():
            letters += word[0].upper()
            if index == 1:
                break
    return letters


def background_of(letters: str) -> str:
    """Return the background colour, which depends on the last digit of the sum of all character codes."""
    return BACKGROUNDS[sum(map(ord, letters)) % 10 % len(BACKGROUNDS)]


def lettered_image(letters: str, width: int, height: int, background: str = "") -> bytes:
    """Return a PNG of the given size with transparent letters. `background` is three or six hex digits."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGBA", (width, height), f"#{background or background_of(letters)}")
    if letters:
        size = max(1.0, min(width, height) / 2)
        font = ImageFont.load_default(size)  # bundled with Pillow, so that all machines draw the same letters
        if (length := font.getlength(letters)) > (available := 0.9 * width):
            font = ImageFont.load_default(max(1.0, size * available / length))
        mask = Image.new("L", image.size, 255)
        ImageDraw.Draw(mask).text((width / 2, height / 2), letters, 0, font, "mm")
        image.putalpha(mask)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
