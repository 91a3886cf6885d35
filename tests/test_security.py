"""The rows of docs/security.md and docs/asvs.md name existing tests, and no item of the standard is missing."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
MEASURES, ASVS = ((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("security.md", "asvs.md"))
# The ids and levels of the items of levels 1 and 2 in OWASP ASVS 5.0.0, in the order of the standard.
ITEMS = [tuple(line.split()) for line in (ROOT / "tests" / "asvs_5.0_items.txt").read_text().splitlines()]
# Item, level, what we do, test or reason.
ROWS = re.findall(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| (.+) \| (.+) \|$", ASVS, re.MULTILINE)
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", MEASURES + ASVS)))


def test_named_tests_exist():
    texts = {file: (ROOT / file).read_text(encoding="utf-8") for file, _ in NAMED}
    assert len(NAMED) > 200
    assert [f"{file}::{test}" for file, test in NAMED if f"def {test}(" not in texts[file]] == []


def test_every_item_of_the_standard_has_one_row():
    assert (len(ITEMS), [level for _, level in ITEMS].count("1")) == (253, 70)
    assert [(item, level) for item, level, *_ in ROWS] == ITEMS
    assert len(re.findall(r"^\| \d", ASVS, re.MULTILINE)) == len(ITEMS)


def test_every_row_names_a_test_or_gives_a_reason():
    for item, _, what, proof in ROWS:
        if what in ("Not applicable", "Not met"):
            assert len(proof.split()) > 3, f"{item} has no reason"
        else:
            assert "::test_" in proof or len(proof.split()) > 3 or "](" in proof, item
    assert sum("::test_" in proof for *_, proof in ROWS) > 120


def test_every_measure_names_a_test():
    rows = [
        line
        for heading in ("### Account pre-hijacking", "### Links and invitations", "## Other measures")
        for line in MEASURES.partition(f"{heading}\n")[2].partition("\n## ")[0].partition("\n### ")[0].splitlines()
        if line.startswith("| ") and not line.startswith("| What we do")
    ]
    assert len(rows) > 80
    assert [row for row in rows if "::test_" not in row] == []
