"""Each row of docs/security.md names tests that exist."""

import re
from pathlib import Path

from django.conf import settings

TEXT = (Path(settings.BASE_DIR) / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)))


def test_named_tests_exist():
    texts = {file: (Path(settings.BASE_DIR) / file).read_text(encoding="utf-8") for file, _ in NAMED}
    assert len(NAMED) > 50
    assert [f"{file}::{test}" for file, test in NAMED if f"def {test}(" not in texts[file]] == []


def test_every_row_names_a_test():
    rows = [line for line in TEXT.splitlines() if re.match(r"\| [\d8]", line)]
    assert len(rows) > 40
    assert [row for row in rows if "::test_" not in row] == []
