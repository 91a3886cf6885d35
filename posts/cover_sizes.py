"""The sizes of the covers that the site serves."""

WIDTHS = (480, 960, 1680)
"""In pixels: for a card; for a card on a high-density screen or a full-width phone; for the top of a post."""
SHARED = (1200, 630)
"""Width and height in pixels of the picture for messengers and social networks; most of them use this ratio."""


def height(width: int) -> int:
    """Return the height for this width. The ratio is always 3:2, so pages need no call to Appwrite."""
    return width * 2 // 3
