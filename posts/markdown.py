"""Markdown to HTML that is safe to show. Rendered without raw HTML, then sanitised all the same: two locks."""

import hashlib
import html
import re
from importlib import import_module
from typing import Any
from urllib.parse import urljoin

import nh3
from django.core.cache import cache
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

from biso_site import memory

TAGS = {
    *("h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "ul", "ol", "li"),
    *("strong", "em", "s", "code", "pre", "a"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "table": {"tabindex"}, "th": {"align"}, "td": {"align"}}
SCHEMES = {"http", "https", "mailto", "tel"}
ALLOWED: dict[str, Any] = {
    "tags": TAGS,
    "attributes": ATTRIBUTES,
    "url_schemes": SCHEMES,
    "link_rel": "nofollow noopener ugc",
}
# Cells that a table lacks are made up. The library's 65,536 make a second's work and 700 kB of 5,000 characters.
import_module("markdown_it.rules_block.table").MAX_AUTOCOMPLETED_CELLS = 1000  # type: ignore[attr-defined]


def _parser() -> MarkdownIt:
    # Pictures would let an author make readers' browsers call any address; a post has its cover.
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")


PARSER = _parser()
VERSION = 2  # to be raised with every change of what comes out
LONG = 5000  # characters; below, rendering is quicker than looking up
REMEMBERED = 24 * 3600  # seconds


def render(text: str, base: str = "") -> SafeString:
    """HTML of `text` (CommonMark, tables, strikethrough). The page has the h1, so the text's headings begin at h2.

    With `base`, the whole address of the page, links within the site get theirs: in a feed they would lead nowhere.
    A long text is remembered for a day: a hundred thousand brackets take seconds, and must take them once.
    """
    if base:
        return _with_whole_links(render(text), base)
    if len(text) < LONG:
        return _rendered(text)
    key = f"markdown:{VERSION}:{hashlib.sha256(text.encode(errors='replace')).hexdigest()}"
    kept = cache.get(key)
    if not isinstance(kept, str):
        kept = str(_rendered(text))
        memory.remember(key, kept, REMEMBERED)
    return mark_safe(kept)  # noqa: S308 - cleaned before it was kept


def _rendered(text: str) -> SafeString:
    tokens = PARSER.parse(text)
    _lower_headings(tokens)
    _prepare_tables(tokens)
    dirty = PARSER.renderer.render(tokens, PARSER.options, {})
    return mark_safe(nh3.clean(dirty, **ALLOWED))  # noqa: S308 - nh3 has just cleaned it


def _with_whole_links(clean: str, base: str) -> SafeString:
    def whole(_tag: str, attribute: str, value: str) -> str:
        try:
            return urljoin(base, value) if attribute == "href" else value
        except ValueError:  # [a link](http://[) is no address to anybody
            return value

    return mark_safe(nh3.clean(clean, **ALLOWED, attribute_filter=whole))  # noqa: S308 - nh3 has just cleaned it


def plain(text: str) -> str:
    """`text` as one line of words, for summaries and searches."""
    words = re.sub(r"<[^>]+>", " ", PARSER.render(text))
    return " ".join(html.unescape(words).split())


def _lower_headings(tokens: list[Token]) -> None:
    """Make the text's highest heading an h2 and keep the steps between them (WCAG 1.3.1)."""
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    if not headings:
        return
    shift = 2 - min(int(token.tag[1]) for token in headings)
    for token in headings:
        token.tag = f"h{min(6, int(token.tag[1]) + shift)}"


def _prepare_tables(tokens: list[Token]) -> None:
    """Let the keyboard reach tables, which scroll when they are wide (WCAG 2.1.1), and say how their columns stand in
    an attribute: the parser says it in `style`, which our Content-Security-Policy and readers of feeds do not take."""
    for token in tokens:
        if token.type == "table_open":
            token.attrSet("tabindex", "0")
        elif token.type in ("th_open", "td_open") and "style" in token.attrs:
            token.attrSet("align", str(token.attrs.pop("style")).removeprefix("text-align:"))
