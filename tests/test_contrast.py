"""Style sheets and fonts: contrast, sizes, and identical copies for the site and the emulator."""

import re
from itertools import product
from pathlib import Path

import pytest
from PIL import ImageFont

ROOT = Path(__file__).parent.parent
STYLE = ROOT / "static" / "css" / "biso.css"
FONTS = sorted((ROOT / "static" / "fonts").glob("*.woff2"))
EMULATOR_FILES = ROOT / "emulator" / "appwrite_emulator" / "admin" / "static"

TEXT = 4.5  # WCAG 2.2, 1.4.3
SHAPE = 3.0  # WCAG 2.2, 1.4.11: field borders and the focus ring

SURFACES = ["paper", "mist", "rise"]
PAIRS = [
    *product(["ink", "soft", "link", "bad"], SURFACES, [TEXT]),
    *product(["edge", "focus"], SURFACES, [SHAPE]),
    *product(["ink", "link"], ["info-bg", "warn-bg"], [TEXT]),
    ("ink", "good-bg", TEXT),
    ("ink", "bad-bg", TEXT),
    ("soft", "info-bg", TEXT),
    ("bad", "bad-bg", TEXT),
    ("on-bad", "bad", TEXT),
    ("good", "paper", TEXT),
    ("good", "good-bg", TEXT),
    ("on-blue", "blue", TEXT),
    ("on-blue", "blue-hover", TEXT),
    ("mast-ink", "mast", TEXT),
    ("navy", "yellow", TEXT),
    ("mark-ink", "mark", TEXT),
]
# The masthead, lead and footer are navy in both colour schemes, so they always use the colours of the dark scheme.
ON_NAVY = [("blue", TEXT), ("yellow", TEXT), ("soft", TEXT), ("link", TEXT), ("focus", SHAPE)]


def colours(block: str) -> dict[str, tuple[str, str]]:
    """Return the colour custom properties in a block of the style sheet, as name -> (light, dark)."""
    found = {}
    for name, value in re.findall(r"--([\w-]+):\s*([^;]+);", block):
        if hexes := re.findall(r"#[0-9a-f]{6}\b", value):
            found[name] = (hexes[0], hexes[-1])
    return found


def block(selector: str, file: Path = STYLE) -> str:
    """Return the declarations of the first rule for `selector`, up to its first nested rule."""
    return file.read_text().split(f"{selector} {{", 1)[1].split("{", 1)[0].split("}", 1)[0]


SITE = colours(block(":root"))
EMULATOR = SITE | colours(block("[data-app=emulator]", EMULATOR_FILES / "emulator.css"))
EMULATOR["mast-ink"] = EMULATOR["ink"]  # the block sets it to var(--ink), which `colours` does not resolve


def contrast(one: str, other: str) -> float:
    """Return the WCAG contrast ratio of two colours, written as #rrggbb."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast_is_computed_as_in_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    # BISO's blue has too little contrast for text.
    assert contrast("#3da9e0", "#ffffff") == pytest.approx(2.6, abs=0.05)


@pytest.mark.parametrize("palette", [SITE, EMULATOR], ids=["site", "emulator"])
@pytest.mark.parametrize("time", [0, 1], ids=["day", "night"])
def test_colours_have_enough_contrast(palette, time):
    ratios = {pair: contrast(palette[pair[0]][time], palette[pair[1]][time]) for pair in PAIRS}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < pair[2]} == {}


def test_colours_have_enough_contrast_with_navy():
    ratios = {(front, least): contrast(SITE[front][1], SITE["mast"][1]) for front, least in ON_NAVY}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < pair[1]} == {}


def test_emulator_has_the_same_style_sheet():
    assert (EMULATOR_FILES / "style.css").read_bytes() == STYLE.read_bytes(), (
        "Copy static/css/biso.css over the emulator's."
    )


def test_style_sheets_load_no_files_except_our_fonts():
    sheets = [*STYLE.parent.glob("*.css"), EMULATOR_FILES / "emulator.css"]
    assert {file for sheet in sheets for file in re.findall(r"url\((.*?)\)|@import", sheet.read_text())} == {
        f'"../fonts/{font.name}"' for font in FONTS
    }


def test_fonts_are_small_and_have_their_licence():
    assert sum(font.stat().st_size for font in FONTS) < 30_000
    licence = (STYLE.parent.parent / "fonts" / "OFL.txt").read_text(encoding="utf-8")
    assert 'Reserved Font Names "Charis" and "SIL"' in licence  # so the family has a different name
    assert {ImageFont.truetype(font).getname() for font in FONTS} == {("BISO Serif", "Bold"), ("BISO Serif", "Regular")}


@pytest.mark.parametrize("font", FONTS, ids=lambda font: font.stem)
def test_fonts_contain_norwegian_and_sami_letters(font):
    missing = ImageFont.truetype(font, 40).getmask("\ue000").getbbox()
    letters = "æøåÆØÅéàčđŋšŧž«»‘’“”–—…€"
    assert [each for each in letters if ImageFont.truetype(font, 40).getmask(each).getbbox() == missing] == []


def test_templates_have_no_inline_style_or_script():
    inline = re.compile(r"""<style|\sstyle\s*=|\son\w+\s*=|<script(?![^>]*\ssrc=)|javascript:""")
    # Mail programs need inline styles.
    pages = [page for page in sorted((ROOT / "templates").rglob("*.html")) if page.parent.name != "mail"]
    assert len(pages) > 20
    assert [page.name for page in pages if inline.search(page.read_text(encoding="utf-8"))] == []
