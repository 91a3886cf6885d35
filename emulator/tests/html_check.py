"""Check that the emulator's pages are valid, accessible HTML."""

import re
from collections import Counter
from itertools import pairwise
from xml.etree.ElementTree import Element

import html5lib

REFERENCES = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "list", "form")


def check(text: str, language: str) -> None:
    """Fail if the page has an HTML error, a broken reference, a field without a label, or a skipped heading level."""
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
    assert tree.get("lang") == language
    ids = Counter(element.get("id") for element in tree.iter() if element.get("id"))
    assert [name for name, count in ids.items() if count > 1] == []
    assert missing_references(tree, ids) == []
    labelled = {label.get("for") for label in tree.iter("label")}
    assert all(field.get("id") in labelled for field in fields_outside_labels(tree)), "a field has no label"
    assert len(list(tree.iter("h1"))) == 1
    assert len(list(tree.iter("main"))) == 1
    levels = [int(element.tag[1]) for element in tree.iter() if re.fullmatch("h[1-6]", str(element.tag))]
    assert all(level <= previous + 1 for previous, level in pairwise(levels))
    (title,) = tree.iter("title")
    assert (title.text or "").strip()
    assert all(script.get("src") and script.get("defer") is not None for script in tree.iter("script"))


def missing_references(tree: Element, ids: Counter[str]) -> list[str]:
    names = [(element, name) for element in tree.iter() for name in REFERENCES if element.get(name)]
    targets = [target for element, name in names for target in element.get(name, "").split()]
    links = [link.get("href", "") for link in tree.iter("a")]
    targets += [href[1:] for href in links if href.startswith("#")]
    return [target for target in targets if target not in ids]


def fields_outside_labels(tree: Element) -> list[Element]:
    fields = [field for kind in ("input", "textarea", "select") for field in tree.iter(kind)]
    inside = {field for label in tree.iter("label") for field in label.iter()}
    return [field for field in fields if field.get("type") not in ("hidden", "submit") and field not in inside]
