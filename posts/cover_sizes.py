"""The sizes in which the site serves covers, and the part of the picture that each cover shows.

A cover is stored whole or slightly cropped. Its focal point is the position of the most important part, in percent of
the width and the height. When Appwrite crops a picture, it supports nine positions (“gravity”), one for each ninth of
the picture. The site uses the position whose ninth contains the focal point.
"""

from django.urls import register_converter
from django.urls.converters import StringConverter

WIDTHS = (480, 960, 1680)
"""In pixels: for a card; for a card on a high-density screen or across a phone's width; for the top of a post."""
SHARED = (1200, 630)
"""Width and height in pixels of the picture for messengers and social networks, most of which use this ratio."""

MIDDLE = 50
"""In percent of the width or height. A cover without a focal point is cropped to the middle."""


def gravity(x: int | None, y: int | None) -> str:
    """Return Appwrite's name for the ninth of the picture with this focal point; "" for the middle."""
    vertical = _third(y, "top", "bottom")
    horizontal = _third(x, "left", "right")
    return "-".join(filter(None, (vertical, horizontal)))


def _third(place: int | None, first: str, last: str) -> str:
    if place is None or 33 < place < 67:
        return ""
    return first if place <= 33 else last


GRAVITIES = {gravity(x, y) for x in (0, MIDDLE, 100) for y in (0, MIDDLE, 100)} - {""}
WHOLE = "whole"
"""Used instead of a gravity for the uncropped picture, in which the author chooses the focal point."""


class Gravity(StringConverter):
    """`<gravity:…>` in a URL pattern."""

    regex = "|".join(sorted({*GRAVITIES, WHOLE}, reverse=True))


register_converter(Gravity, "gravity")


def height(width: int) -> int:
    """Return the height for this width. The ratio is always 3:2, so pages need not ask Appwrite for the height."""
    return width * 2 // 3
