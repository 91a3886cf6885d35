"""Sanitise SVG images: remove scripts and external references, so that the emulator can serve the images safely."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SVG_NAMESPACE, XLINK_NAMESPACE = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
ALLOWED_ELEMENTS = frozenset(
    (
        "circle", "clipPath", "defs", "desc", "ellipse", "feBlend", "feColorMatrix", "feComposite", "feFlood",
        "feGaussianBlur", "feMerge", "feMergeNode", "feOffset", "filter", "g", "line", "linearGradient", "marker",
        "mask", "path", "pattern", "polygon", "polyline", "radialGradient", "rect", "stop", "svg", "switch", "symbol",
        "text", "textPath", "title", "tspan", "use",
    )
)  # fmt: skip
# Attribute values to remove, because they refer to external resources or run scripts. `#...` refers to the same image.
_UNSAFE_VALUE = re.compile(r"(?i)url\s*\(\s*['\"]?\s*(?!#)|[a-z]+script:|\\|@import|expression\s*\(")


class UnsafeSvgError(ValueError):
    """The content is not an SVG image, or cannot be parsed."""


def sanitise(content: bytes) -> bytes:
    """Return the image with only allowed elements and attributes. Raise `UnsafeSvgError` if it is not an SVG image."""
    from xml.etree import ElementTree

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(content)
    except DefusedXmlException:
        raise UnsafeSvgError("Entity declarations and external references are not allowed.") from None
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise UnsafeSvgError(str(error)) from None
    if root.tag != f"{{{SVG_NAMESPACE}}}svg":
        raise UnsafeSvgError("The root element must be svg.")
    _clean(root)
    ElementTree.register_namespace("", SVG_NAMESPACE)
    ElementTree.register_namespace("xlink", XLINK_NAMESPACE)
    return ElementTree.tostring(root, encoding="unicode").encode()


def _clean(element: Element) -> None:
    for name, value in list(element.attrib.items()):
        if not _is_safe_attribute(name, value):
            del element.attrib[name]
    for child in list(element):
        space, _, name = child.tag.rpartition("}") if isinstance(child.tag, str) else ("", "", "")
        if space == f"{{{SVG_NAMESPACE}" and name in ALLOWED_ELEMENTS:
            _clean(child)
        else:
            element.remove(child)


def _is_safe_attribute(name: str, value: str) -> bool:
    if name in ("href", f"{{{XLINK_NAMESPACE}}}href"):
        return value.startswith("#")
    if name.startswith("{"):
        return False
    return not name.lower().startswith("on") and not _UNSAFE_VALUE.search(value)
