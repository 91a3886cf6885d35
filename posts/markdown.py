"""Convert Markdown to safe HTML: render it without raw HTML, then sanitise it.

The parser is pure Python, and parsing a few kilobytes of nested markup can take seconds. Therefore each call of
`render` has a budget of CPU time. Markdown that exceeds the budget is shown as plain text.
"""

import hashlib
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from html import unescape
from importlib import import_module
from typing import Any
from urllib.parse import urljoin

import nh3
from django.core.cache import cache
from django.utils.html import linebreaks
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from core.text_fields import xml_safe
from posts import image_ids

TAGS = {
    *("h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "ul", "ol", "li"),
    *("strong", "em", "s", "code", "pre", "a", "label", "input"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {
    "a": {"href", "title"},
    "ol": {"start"},
    "input": {"type", "disabled", "checked"},
    "table": {"tabindex"},
    "th": {"align"},
    "td": {"align"},
}
SCHEMES = {"http", "https", "mailto", "tel"}
ALLOWED: dict[str, Any] = {
    "tags": TAGS,
    "attributes": ATTRIBUTES,
    "url_schemes": SCHEMES,
    "link_rel": "nofollow noopener ugc",
}
OF_IMAGES = {"src", "srcset", "sizes", "width", "height", "loading", "alt", "title"}
WITH_IMAGES: dict[str, Any] = {
    **ALLOWED,
    "tags": TAGS | {"img", "figure", "figcaption"},
    "attributes": {**ATTRIBUTES, "img": OF_IMAGES},
}
# The maximum number of cells that the parser adds to short rows. With the library's own limit (65,536), a table of
# 5,000 characters takes a second to render and becomes 700 kB of HTML.
import_module("markdown_it.rules_block.table").MAX_AUTOCOMPLETED_CELLS = 1000  # type: ignore[attr-defined]

VERSION = 6  # increment whenever the output changes
LONG = 5000  # characters; the shared cache stores the HTML if the Markdown has at least this length
SHORT_KEPT = 256  # maximum number of HTML results for shorter Markdown in each process's memory: at most 4 MB
HTML_TTL = 24 * 3600  # seconds

# Limits for one call of `render`. Rendering 100,000 characters of dense, ordinary markup takes 0.13 s. `python -m
# bench.markdown` measures the worst known inputs. The limits cover neither sanitising nor the time that a parser rule
# takes between two checks. With both, rendering takes at most 0.5 s.
SECONDS = 0.2  # seconds of CPU time, to which SECONDS_PER_CHARACTER is added
SECONDS_PER_CHARACTER = 1e-6
MAX_WAIT = 3.0  # seconds to wait while another thread renders a long text

clock = time.thread_time
_long_rendering = threading.Lock()

TASK = re.compile(r"\[([ xX])\]\s+(?=\S)")
BOXES = (
    ('<input type="checkbox" disabled="">', "☐"),
    ('<input type="checkbox" disabled="" checked="">', "☑"),
)
SCHEME = re.compile(r"(?<![^\W_])https?\Z", re.IGNORECASE)
# The part of a bare URL after the scheme: an optional user, a host, an optional port, and an optional path or query.
ADDRESS = re.compile(r"""://(?:[\w.+%:-]+@)?[^\W_][\w.-]*(?::\d+)?(?:[/?#][^\s<>"`«»“”]*)?""")
TRAILING = "?!.,:;*_~'’…"  # at the end of a bare URL, these characters belong to the sentence, not to the URL
ENTITY = re.compile(r"&#?\w+;\Z")  # so does an entity such as &gt;
CLOSING = {")": "(", "]": "[", "}": "{"}


class TooComplexError(Exception):
    """Rendering has exceeded its budget of CPU time."""


class Budget:
    """The CPU time, in seconds, that this thread can spend on rendering from now on."""

    def __init__(self, seconds: float) -> None:
        self.end = clock() + seconds
        self.patience = MAX_WAIT

    @property
    def is_over(self) -> bool:
        return clock() > self.end

    def check(self) -> None:
        """Raise TooComplexError if the budget is used up."""
        if self.is_over:
            raise TooComplexError


class PlainText(SafeString):
    """HTML that shows the Markdown source, because rendering it would take too long."""

    is_plain_text = True  # read by templates


def render(text: str, base: str = "", page: Budget | None = None, *, post_id: str = "") -> SafeString:
    """Return the HTML of `text`: CommonMark with tables, strikethrough, task lists and bare links.

    Show the images that belong to the post `post_id`, and convert other images to links. The title of an image that is
    alone in its paragraph becomes its caption. Headings begin at h2, because the page has its own h1. `base` is the URL
    of the page; if it is given, make relative links absolute, as feeds require. `page` is a budget shared by all
    calls for a page, in addition to each call's own budget. Return PlainText if either budget is exceeded.

    If `text` is long, the HTML is cached for a day, and each process renders only one long `text` at a time. Each
    process keeps the HTML of the last SHORT_KEPT shorter ones in memory.
    """
    images = image_ids.find(text, post_id)
    if len(text) >= LONG:
        html = _rendered_long(text, images, page)
    elif page is None:
        html = _rendered_short(text, images)
    else:
        html = _rendered(text, images, _budget(text, page))
    return _for_feed(html, base, WITH_IMAGES if images else ALLOWED) if base else html


def plain(text: str) -> str:
    """Return the words of `text` on one line, without markup. Insert spaces only between blocks and at line breaks."""
    try:
        tokens = PARSER.parse(text, {"budget": _budget(text)})
    except TooComplexError:
        return _one_line(text)
    return _one_line("".join(_words(tokens)))


def former_plain(text: str) -> str:
    """Return the words of `text` as `plain` did until November 2026, with a space in place of each tag.

    Old rows contain summaries in this format. The site must be able to distinguish them from excerpts written by
    people.
    """
    try:
        html = FORMER_PARSER.render(text, {"budget": _budget(text)})
    except TooComplexError:
        return ""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def _budget(text: str, page: Budget | None = None) -> Budget:
    """Return the text's own budget or the page's budget, whichever ends first."""
    own = Budget(SECONDS + len(text) * SECONDS_PER_CHARACTER)
    return page if page and page.end < own.end else own


def _rendered_short(text: str, images: tuple[str, ...]) -> SafeString:
    try:
        return _kept_html(text, images)
    except TooComplexError:
        return _as_plain_text(text)


@lru_cache(SHORT_KEPT)
def _kept_html(text: str, images: tuple[str, ...]) -> SafeString:
    return _html(text, images, _budget(text))


def _rendered_long(text: str, images: tuple[str, ...], page: Budget | None) -> SafeString:
    key = _cache_key(text, images)
    if (html := _cached(key)) is not None:
        return html
    budget = _budget(text, page)
    if not _long_rendering.acquire(timeout=budget.patience):
        budget.patience = 0  # a page with several long posts waits only once
        return _as_plain_text(text)
    try:
        if (html := _cached(key)) is not None:  # another thread has just rendered this text
            return html
        html = _rendered(text, images, budget)
        if budget is not page or not isinstance(
            html, PlainText
        ):  # if only the page's budget was exceeded, the text may fit into the budget of a different page
            cache.set(key, (isinstance(html, PlainText), str(html)), HTML_TTL)
        return html
    finally:
        _long_rendering.release()


def forget(text: str, post_id: str) -> None:
    """Delete the HTML of the post's `text` from the shared cache."""
    images = image_ids.find(text, post_id)
    cache.delete_many([_cache_key(text, images), _cache_key(text, ())])


def _cache_key(text: str, images: tuple[str, ...]) -> str:
    """Return the key of the HTML in the shared cache.

    The key depends on the images, because the same text shows an image only in the post to which the image belongs.
    """
    identity = "\0".join((text, *images))
    return f"markdown:{VERSION}:{hashlib.sha256(identity.encode(errors='replace')).hexdigest()}"


def _cached(key: str) -> SafeString | None:
    match cache.get(key):
        case (bool(is_plain_text), str(html)):
            return PlainText(html) if is_plain_text else mark_safe(html)  # noqa: S308 - sanitised before it was cached
    return None


def _rendered(text: str, images: tuple[str, ...], budget: Budget) -> SafeString:
    try:
        return _html(text, images, budget)
    except TooComplexError:
        return _as_plain_text(text)


def _html(text: str, images: tuple[str, ...], budget: Budget) -> SafeString:
    tokens = PARSER.parse(text, {"budget": budget, "images": images})
    _lower_headings(tokens)
    _prepare_tables(tokens)
    # The parser has converted entities such as &#12; to characters that XML forbids.
    dirty = xml_safe(PARSER.renderer.render(tokens, PARSER.options, {}))
    if images:
        return mark_safe(nh3.clean(dirty, **WITH_IMAGES, attribute_filter=_of_own_image))  # noqa: S308 - as below
    return mark_safe(nh3.clean(dirty, **ALLOWED))  # noqa: S308 - nh3 has just cleaned the HTML


def _of_own_image(tag: str, attribute: str, value: str) -> str | None:
    """Remove an image's URL unless it has the format of our own images' URLs."""
    pattern = {"src": image_ids.URL, "srcset": image_ids.SRCSET}.get(attribute) if tag == "img" else None
    return value if pattern is None or pattern.fullmatch(value) else None


def _as_plain_text(text: str) -> PlainText:
    return PlainText(linebreaks(xml_safe(text), autoescape=True))


def with_image_addresses(html: SafeString, address: Callable[[str, int], str]) -> SafeString:
    """Return rendered HTML with each image's URL replaced by the result of `address` for its id and width."""

    def whole(tag: str, attribute: str, value: str) -> str:
        if tag != "img" or attribute not in ("src", "srcset"):
            return value
        return image_ids.SIZED_URL.sub(lambda match: address(match[1], int(match[2])), value)

    return mark_safe(nh3.clean(html, **WITH_IMAGES, attribute_filter=whole))  # noqa: S308 - nh3 has just cleaned the HTML


def _for_feed(html: SafeString, base: str, allowed: dict[str, Any]) -> SafeString:
    """Make the URLs of links and images absolute, and replace checkboxes, which feed readers remove, with characters.

    Keep only one width of each image, because many feed readers ignore the others.
    """

    def whole(_tag: str, attribute: str, value: str) -> str | None:
        if attribute in ("srcset", "sizes"):
            return None
        try:
            return urljoin(base, value) if attribute in ("href", "src") else value
        except ValueError:  # the URL is invalid, as in [a link](http://[)
            return value

    for box, character in BOXES:
        html = SafeString(html.replace(f"<label>{box} ", f"{character} ").replace("</label>", ""))
    return mark_safe(nh3.clean(html, **allowed, attribute_filter=whole))  # noqa: S308 - nh3 has just cleaned the HTML


def _one_line(text: str) -> str:
    return " ".join(xml_safe(text).split())


def _words(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in ("softbreak", "hardbreak"):
            yield "\n"
        elif token.children:
            yield from _words(token.children)
        elif token.type != "inline":
            yield token.content
        if token.block:
            yield "\n"


def _lower_headings(tokens: list[Token]) -> None:
    """Make h2 the highest heading level, and keep the differences between levels (WCAG 1.3.1)."""
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    if not headings:
        return
    shift = 2 - min(int(token.tag[1]) for token in headings)
    for token in headings:
        token.tag = f"h{min(6, int(token.tag[1]) + shift)}"


def _prepare_tables(tokens: list[Token]) -> None:
    """Make tables focusable, so that wide tables can be scrolled with the keyboard (WCAG 2.1.1).

    Also move the column alignment from the `style` attribute to `align`, because our Content-Security-Policy and feed
    readers block `style`.
    """
    for token in tokens:
        if token.type == "table_open":
            token.attrSet("tabindex", "0")
        elif token.type in ("th_open", "td_open") and "style" in token.attrs:
            token.attrSet("align", str(token.attrs.pop("style")).removeprefix("text-align:"))


# -- additions to the parser -------------------------------------------------------------------------------------------
def _check_budget(state: StateBlock | StateInline, *_position: Any) -> bool:
    """Check the budget. This parser rule never matches, but runs before all other rules at every position."""
    if "budget" in state.env:
        state.env["budget"].check()
    return False


def _check_budget_for_pairs(state: StateInline) -> None:
    _check_budget(state)


def _bare_link(state: StateInline, silent: bool) -> bool:
    """Turn a bare http or https URL into a link, as GitHub does (GFM, “Autolinks (extension)”)."""
    if silent or state.linkLevel or not state.src.startswith("://", state.pos):
        return False
    scheme = SCHEME.search(state.src, max(0, state.pos - 6), state.pos)
    address = ADDRESS.match(state.src, state.pos, state.posMax)
    # `pending` does not contain the whole scheme if the scheme is escaped, as in \https://.
    if not (scheme and address and state.pending.endswith(scheme[0])):
        return False
    rest = _without_trailing(address[0])
    url = scheme[0] + rest
    state.pending = state.pending[: -len(scheme[0])]
    state.push("link_open", "a", 1).attrs = {"href": state.md.normalizeLink(unescapeAll(url))}
    state.push("text", "", 0).content = unescapeAll(url)
    state.push("link_close", "a", -1)
    state.pos += len(rest)
    return True


def _without_trailing(address: str) -> str:
    """Return the address without entities, punctuation and unmatched closing brackets at the end."""
    end = len(address)
    while entity := ENTITY.search(address, max(0, end - 40), end):
        end = entity.start()
    counts = Counter(address[:end])
    while (last := address[end - 1]) in TRAILING or counts[last] > counts[CLOSING.get(last, last)]:
        counts[last] -= 1
        end -= 1
    return address[:end]


def _find_tasks(state: StateCore) -> None:
    """Remove `[ ]` and `[x]` from list items before their text is parsed, and record in `meta["done"]` which it was."""
    for item, paragraph, inline in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if (item.type, paragraph.type, inline.type) == ("list_item_open", "paragraph_open", "inline") and (
            box := TASK.match(inline.content)
        ):
            inline.content = inline.content[box.end() :]
            inline.meta["done"] = box[1] != " "


def _add_checkboxes(state: StateCore) -> None:
    """Insert a checkbox before the text of each task found by `_find_tasks`. The text becomes the label."""
    for inline in state.tokens:
        if inline.children and "done" in inline.meta:
            box = Token("checkbox", "input", 0, {"type": "checkbox", "disabled": ""})
            if inline.meta["done"]:
                box.attrs["checked"] = ""
            space = Token("text", "", 0, content=" ")
            label = Token("label_open", "label", 1), Token("label_close", "label", -1)
            inline.children = [label[0], box, space, *inline.children, label[1]]


def _link_images(state: StateCore) -> None:
    """Show the post's own images, and replace other images with links to them.

    Our pages load nothing from other sites, because those sites could track readers. If the environment has no
    `images`, the caller needs only the words of the text, so remove the post's own images.
    """
    for inline in state.tokens:
        if inline.children and any(token.type == "image" for token in inline.children):
            inline.children = list(_with_linked_images(inline.children, state.env.get("images")))


def _with_linked_images(tokens: list[Token], images: tuple[str, ...] | None) -> Iterator[Token]:
    is_in_link = False
    for token in tokens:
        is_in_link = (is_in_link or token.type == "link_open") and token.type != "link_close"
        if token.type != "image":
            yield token
            continue
        url = str(token.attrs["src"])
        own = image_ids.IN_TEXT.fullmatch(url)
        if own and images is None:
            continue
        if own and images and own[1] in images:
            yield _own_image(token, own[1])
            continue
        has_page = not url.startswith("data:")
        words = "".join(_words(token.children or []))
        text = Token("text", "", 0, content=words or (url if has_page else ""))
        if is_in_link or not has_page:
            yield text
        else:
            title = {"title": token.attrs["title"]} if "title" in token.attrs else {}
            yield from (Token("link_open", "a", 1, {"href": url, **title}), text, Token("link_close", "a", -1))


def _add_captions(state: StateCore) -> None:
    """Convert each paragraph that contains only an image of the post to a figure, if the image has a title."""
    for paragraph, inline, end in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if paragraph.type != "paragraph_open" or "done" in inline.meta:
            continue
        match inline.children:
            case [Token(type="own_image") as image] if image.attrs.get("title"):
                paragraph.tag = end.tag = "figure"
                paragraph.hidden = end.hidden = False  # in lists without blank lines, paragraphs are hidden
                caption = Token("text", "", 0, content=str(image.attrs.pop("title")))
                tags = Token("caption_open", "figcaption", 1), Token("caption_close", "figcaption", -1)
                inline.children = [image, tags[0], caption, tags[1]]


def _own_image(token: Token, file_id: str) -> Token:
    image = image_ids.parse(file_id)
    assert image is not None  # `image_ids.find` returns only valid ids
    title = {"title": token.attrs["title"]} if "title" in token.attrs else {}
    alt = " ".join("".join(_words(token.children or [])).split())
    return Token("own_image", "img", 0, {**image.attributes(), "alt": alt, **title})


def _commonmark() -> MarkdownIt:
    """Return a parser for CommonMark, tables and strikethrough, with budget checks.

    `alt` lists the block rules that also run the budget rule while they look for the end of their block.
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    alternatives = ["paragraph", "reference", "blockquote", "list"]
    parser.block.ruler.before("table", "budget", _check_budget, {"alt": alternatives})
    parser.inline.ruler.before("text", "budget", _check_budget)
    parser.inline.ruler2.before("balance_pairs", "budget", _check_budget_for_pairs)
    return parser


def _parser() -> MarkdownIt:
    parser = _commonmark()
    parser.inline.ruler.after("text", "bare_link", _bare_link)
    parser.core.ruler.after("block", "find_tasks", _find_tasks)
    parser.core.ruler.after("text_join", "link_images", _link_images)
    parser.core.ruler.after("link_images", "add_captions", _add_captions)
    parser.core.ruler.after("add_captions", "add_checkboxes", _add_checkboxes)
    return parser


PARSER = _parser()
FORMER_PARSER = _commonmark().disable("image")
