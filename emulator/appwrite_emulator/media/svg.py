"""Sanitising of SVG images: no scripts and no external references, so that they can be served from this origin."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
ELEMENTS = frozenset(
    (
        "circle", "clipPath", "defs", "desc", "ellipse", "feBlend", "feColorMatrix", "feComposite", "feFlood",
        "feGaussianBlur", "feMerge", "feMergeNode", "feOffset", "filter", "g", "line", "linearGradient", "marker",
        "mask", "path", "pattern", "polygon", "polyline", "radialGradient", "rect", "stop", "svg", "switch", "symbol",
        "text", "textPath", "title", "tspan", "use",
    )
)  # fmt: skip
# Attribute values that refer to external resources or run scripts are dropped; `#...` refers to the same image.
_ELSEWHERE = re.compile(r"(?i)url\s*\(\s*['\"]?\s*(?!#)|[a-z]+script:|\\|@import|expression\s*\(")


class Unsafe(ValueError):
    """Not an SVG image, or one that cannot be parsed."""


def sanitised(content: bytes) -> bytes:
    """Return the image with only allowed elements and attributes; raise `Unsafe` if it is not an SVG image."""
    from xml.etree import ElementTree as tree

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(content)
    except DefusedXmlException:
        raise Unsafe("Entity declarations and external references are not allowed.") from None
    except (tree.ParseError, ValueError, LookupError) as error:
        raise Unsafe(str(error)) from None
    if root.tag != f"{{{SVG}}}svg":
        raise Unsafe("The root element must be svg.")
    _clean(root)
    tree.register_namespace("", SVG)
    tree.register_namespace("xlink", XLINK)
    return tree.tostring(root, encoding="unicode").encode()


def _clean(element: Element) -> None:
    for name, value in list(element.attrib.items()):
        if not _harmless(name, value):
            del element.attrib[name]
    for child in list(element):
        space, _, name = child.tag.rpartition("}") if isinstance(child.tag, str) else ("", "", "")
        if space == f"{{{SVG}" and name in ELEMENTS:
            _clean(child)
        else:
            element.remove(child)


def _harmless(name: str, value: str) -> bool:
    if name in ("href", f"{{{XLINK}}}href"):
        return value.startswith("#")
    if name.startswith("{"):
        return False
    return not name.lower().startswith("on") and not _ELSEWHERE.search(value)
