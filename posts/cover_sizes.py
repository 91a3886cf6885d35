"""The sizes in which the site serves covers, and the part of the picture that each cover shows.

A cover is stored whole or slightly cropped. Its focal point is the position of the most important part, in percent of
the width and the height. The site crops each served picture at one of nine positions, which have Appwrite's names
(“gravity”). It chooses the position that shows the focal point closest to the middle.
"""

from django.urls import register_converter
from django.urls.converters import StringConverter

WIDTHS = (480, 960, 1680)
"""In pixels. They suit a card, a card on a high-density screen or as wide as a phone, and the top of a post."""
SHARED = (1200, 630)
"""Width and height, in pixels, of the picture for messengers and social networks. Most of them use this ratio."""

MIDDLE = 50
"""In percent of the width or height. A cover without a focal point is cropped around the middle."""


def gravity(x: int | None, y: int | None) -> str:
    """Return the name of the position that suits the focal point (x, y), or "" for the middle."""
    vertical = _side(y, "top", "bottom")
    horizontal = _side(x, "left", "right")
    return "-".join(filter(None, (vertical, horizontal)))


def _side(place: int | None, first: str, last: str) -> str:
    """Return the side of the picture to keep, or "" for the middle, so that `place` is closest to the crop's middle.

    The limits 40 and 60 suit crops that keep about three quarters of the picture, such as from 3:2 to a post's 2:1.
    """
    if place is None or 40 < place < 60:
        return ""
    return first if place <= 40 else last


GRAVITIES = {gravity(x, y) for x in (0, MIDDLE, 100) for y in (0, MIDDLE, 100)} - {""}
WHOLE = "whole"
"""In a URL, instead of a gravity, requests the uncropped picture, in which the author chooses the focal point."""


class Gravity(StringConverter):
    """`<gravity:…>` in a URL pattern."""

    regex = "|".join(sorted({*GRAVITIES, WHOLE}, reverse=True))


register_converter(Gravity, "gravity")


def height(width: int) -> int:
    """Return the height of a cover from its width. The ratio is always 3:2, so pages need not ask Appwrite for it."""
    return width * 2 // 3
