"""Read a WordPress blog's export (*Tools → Export*): an XML file in the WXR format (WordPress eXtended RSS).

The format has no specification; the element names come from WordPress's `export.php`. The file is read twice, as a
stream, because attachments, which contain the URLs of covers, may follow the posts that use them.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html import unescape
from io import SEEK_CUR
from pathlib import Path
from typing import Any

from posts import models
from posts.transfer import html_text
from posts.transfer.blog import Author, Blog, BlogPost, NoBlogError

STATES = {"publish": models.PUBLISHED, "future": "scheduled"}
LEFT_OUT = ("trash", "auto-draft", "inherit")
NO_TOPIC = ("uncategorized", "ukategorisert")  # slugs of WordPress's category for posts without a category
NO_DATE = "0000-00-00 00:00:00"


def read(path: Path, say: Callable[[str], None]) -> Blog:
    """Return the blog. Raise NoBlogError if the file is not a WordPress export."""
    authors: dict[str, Author] = {}
    attachments: dict[str, tuple[str, str]] = {}  # attachment id -> URL and description
    others = Counter[str]()
    address = ""
    for element in _elements(path):
        if _name(element) == "author":
            author = Author(_text(element, "author_display_name"), _text(element, "author_email"))
            authors[_text(element, "author_login")] = author
        elif _name(element) == "base_blog_url":
            address = element.text or ""
        elif _text(element, "post_type") == "attachment":
            alt = _meta(element, "_wp_attachment_image_alt")
            attachments[_text(element, "post_id")] = (_text(element, "attachment_url"), alt)
        elif (kind := _text(element, "post_type")) not in ("post", "page"):
            others[kind or "unknown"] += 1
    for kind, count in sorted(others.items()):
        say(f"Left out items of type {kind}: {count}.")
    return Blog(list(authors.values()), _posts(path, authors, attachments, address))


def _elements(path: Path) -> Iterator[Any]:
    """Yield the authors, the blog's address and the items. Free the memory of each element after it is used."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, iterparse  # installed only on sites that import blogs

    parents: list[Any] = []
    try:
        with path.open("rb") as file:
            while (first := file.read(1)).isspace():
                pass  # plugins often write blank lines before the XML declaration, which XML forbids
            file.seek(-len(first), SEEK_CUR)
            for event, element in iterparse(file, ("start", "end"), forbid_dtd=True):
                if event == "start":
                    parents.append(element)
                    if len(parents) == 1 and element.tag != "rss":
                        raise NoBlogError("The file is XML, but not a WordPress export.")
                    continue
                parents.pop()
                if len(parents) == 2 and _name(element) in ("author", "base_blog_url", "item"):
                    yield element
                if len(parents) == 2:
                    parents[-1].clear()
    except (ParseError, DefusedXmlException) as error:
        raise NoBlogError(f"The XML cannot be read: {error}") from error


def _posts(
    path: Path, authors: dict[str, Author], attachments: dict[str, tuple[str, str]], address: str
) -> Iterator[BlogPost]:
    for element in _elements(path):
        if _name(element) == "item" and _text(element, "post_type") in ("post", "page"):
            status = _text(element, "status")
            if status in LEFT_OUT:
                continue
            yield _post(element, status, authors, attachments, address)


def _post(
    element: Any, status: str, authors: dict[str, Author], attachments: dict[str, tuple[str, str]], address: str
) -> BlogPost:
    post_id, losses = _text(element, "post_id"), list[str]()
    if _text(element, "post_type") == "page":
        losses.append("It is a page, so it is imported as a draft.")
    if status == "private" or _text(element, "post_password"):
        losses.append("Not everyone could read it, so it is imported as a draft.")
    is_private = bool(losses)
    if comments := sum(_name(child) == "comment" for child in element):
        losses.append(f"Its comments were left out: {comments}.")
    html = html_text.wordpress_html(_text(element, "encoded", "content"), losses)
    cover, cover_alt = attachments.get(_meta(element, "_thumbnail_id"), ("", ""))
    created = _moment(_text(element, "post_date_gmt")) or _moment(_text(element, "post_date")) or datetime.now(UTC)
    author = authors.get(_text(element, "creator"))
    link = html_text.split_url(_text(element, "link"))
    return BlogPost(
        place=f"item {post_id} “{_text(element, 'title')[:60]}”",
        key=f"wordpress {address} {post_id}",
        title=unescape(_text(element, "title")),
        html=html,
        author=author.email if author else "",
        created_at=created,
        updated_at=_moment(_text(element, "post_modified_gmt")),
        published_at=created,
        status=models.DRAFT if is_private else STATES.get(status, models.DRAFT),
        excerpt=unescape(_text(element, "encoded", "excerpt")),
        tags=tuple(_topics(element)),
        cover=cover,
        cover_alt=cover_alt,
        path=link.path if not link.query else "",
        losses=tuple(losses),
    )


def _topics(element: Any) -> Iterator[str]:
    for child in element:
        if _name(child) == "category" and child.get("domain") in ("category", "post_tag"):
            name = unescape(child.text or "")
            if name.lower() not in NO_TOPIC:
                yield name


def _name(element: Any) -> str:
    """Return an element's name without the namespace, because the namespace's URL contains the format version."""
    return str(element.tag).rpartition("}")[2]


def _text(element: Any, name: str, namespace: str = "") -> str:
    """Return the text of a child element. `namespace` is part of its namespace; it separates content from excerpts."""
    for child in element:
        if _name(child) == name and namespace in str(child.tag).rpartition("}")[0]:
            return (child.text or "").strip()
    return ""


def _meta(element: Any, key: str) -> str:
    for child in element:
        if _name(child) == "postmeta" and _text(child, "meta_key") == key:
            return _text(child, "meta_value")
    return ""


def _moment(text: str) -> datetime | None:
    try:
        return None if text == NO_DATE else datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None
