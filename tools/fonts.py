# /// script
# requires-python = ">=3.11"
# dependencies = ["fonttools==4.61.1", "brotli==1.2.0"]
# ///
"""Make the files in static/fonts from Charis SIL, and print the metrics for the fallback fonts in biso.css.

    apt-get install fonts-sil-charis
    .venv/bin/uv run --script tools/fonts.py [FOLDER]

FOLDER must contain CharisSIL-Regular.ttf and CharisSIL-Bold.ttf. The default is the folder of Debian's package. The
licence reserves the names “Charis” and “SIL”, so the subsets have a different name.
"""

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

SOURCE = Path("/usr/share/fonts/truetype/charis")
TARGET = Path(__file__).parent.parent / "static" / "fonts"
FAMILY = "BISO Serif"
FILES = {"Regular": "biso-serif-regular.woff2", "Bold": "biso-serif-bold.woff2"}
MAX_SIZE = 30_000  # bytes of both files together
# Western European letters, the letters of the Sami languages, and the punctuation and signs that people type.
RANGES = [
    (0x20, 0x7E), (0xA0, 0xFF), (0x10C, 0x10D), (0x110, 0x111), (0x14A, 0x14B), (0x152, 0x153), (0x160, 0x161),
    (0x166, 0x167), (0x17D, 0x17E), (0x2009, 0x2011), (0x2013, 0x2014), (0x2018, 0x201A), (0x201C, 0x201E),
    (0x2022, 0x2022), (0x2026, 0x2026), (0x202F, 0x202F), (0x2030, 0x2030), (0x2032, 0x2033), (0x2039, 0x203A),
    (0x20AC, 0x20AC), (0x2122, 0x2122), (0x2190, 0x2193), (0x2212, 0x2212),
]  # fmt: skip
COPYRIGHT, LICENCE, LICENCE_URL = 0, 13, 14  # ids of names in a font


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SOURCE
    TARGET.mkdir(exist_ok=True)
    size = 0
    for style, name in FILES.items():
        font = subset(folder / f"CharisSIL-{style}.ttf", style)
        font.save(TARGET / name)
        size += (TARGET / name).stat().st_size
        head, line = font["head"].unitsPerEm, font["hhea"]
        print(f"{name}: ascent {line.ascent / head:.4f}, descent {-line.descent / head:.4f}, mean {mean(font):.4f}")
    print(f"{size} bytes")
    if size > MAX_SIZE:
        sys.exit(f"The files must not exceed {MAX_SIZE} bytes in total.")


def subset(path: Path, style: str) -> TTFont:
    """Return the font with only the characters in RANGES, without hinting and Graphite tables. Also write OFL.txt."""
    font = TTFont(path)
    (TARGET / "OFL.txt").write_text(font["name"].getDebugName(LICENCE).replace("\r\n", "\n").strip() + "\n")
    options = Options(layout_features=["liga"], hinting=False, notdef_outline=True)
    options.name_IDs = [COPYRIGHT, LICENCE_URL]
    options.drop_tables += ["Silf", "Silt", "Glat", "Gloc", "Feat", "Sill", "FFTM", "GPOS", "gasp"]
    options.flavor = "woff2"
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[code for first, last in RANGES for code in range(first, last + 1)])
    subsetter.subset(font)
    names = {
        LICENCE: "SIL Open Font License, Version 1.1",
        1: FAMILY,
        2: style,
        4: f"{FAMILY} {style}",
        6: f"BISOSerif-{style}",
    }
    for name_id, text in names.items():
        font["name"].setName(text, name_id, 3, 1, 0x409)
    font.flavor = "woff2"
    return font


def mean(font: TTFont) -> float:
    """Return the mean width in em of the characters in a Norwegian and an English sentence."""
    text = "Studentene på BI skriver om livet på campus, med æ, ø og å. Students at BI write about life on campus."
    characters, widths = font.getBestCmap(), font["hmtx"]
    return sum(widths[characters[ord(letter)]][0] for letter in text) / font["head"].unitsPerEm / len(text)


if __name__ == "__main__":
    main()
