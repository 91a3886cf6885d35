"""Draw the icons and the picture for link previews, and write them to static/img.

.venv/bin/python -m tools.images
"""

from pathlib import Path

from posts.syndication import share_images

TARGET = Path(__file__).parent.parent / "static" / "img"
FILES = {
    "share.jpg": share_images.site_picture,
    "apple-touch-icon.png": lambda: share_images.icon(180, margin=0.04),
    "icon-192.png": lambda: share_images.icon(192, margin=0.1),  # Android crops up to a tenth on each side
    "icon-512.png": lambda: share_images.icon(512, margin=0.1),
}


def main() -> None:
    for name, draw in FILES.items():
        (TARGET / name).write_bytes(draw())
        print(f"{name}: {(TARGET / name).stat().st_size} bytes")


if __name__ == "__main__":
    main()
