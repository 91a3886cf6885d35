"""The sizes in which covers are served."""

WIDTHS = (480, 960, 1680)
"""In pixels: a card; a card on a sharp screen, or a phone's whole width; the head of a post."""
SHARED = (1200, 630)
"""Width and height in pixels of the picture for messengers and social networks; most of them use this ratio."""


def height(width: int) -> int:
    """Return the height of a cover of this width: always 3:2, so that a page knows it without a call to Appwrite."""
    return width * 2 // 3
