"""Atom and RSS feeds with the full text of posts."""

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.xmlutils import SimplerXMLGenerator

from posts import markdown
from posts.models import Post

LENGTH = 20  # posts in a feed
SECONDS = 1.5  # CPU time for rendering and summarising a feed's posts; the remaining posts are included as plain text


class Atom(Atom1Feed):
    """An Atom feed with the full text and the language of each entry."""

    def item_attributes(self, item: dict[str, Any]) -> dict[str, Any]:
        return {**super().item_attributes(item), "xml:lang": item["language"]}

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", item["html"], {"type": "html"})


class Rss(Rss201rev2Feed):
    """An RSS feed with the full text of each item, in the `content:encoded` element."""

    def rss_attributes(self) -> dict[str, str]:
        return {**super().rss_attributes(), "xmlns:content": "http://purl.org/rss/1.0/modules/content/"}

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content:encoded", item["html"])


def feed(
    kind: type[Atom] | type[Rss],
    posts: Iterable[Post],
    absolute: Callable[[str], str],
    *,
    title: str,
    link: str,
    path: str,
) -> Atom | Rss:
    """Return a feed of class `kind` with `posts`. `path` is the feed's own path, and `link` the path of the list page.

    `absolute` converts a path to a URL with scheme and host.
    """
    result = kind(
        title=title,
        link=absolute(link),
        description=_("What BISO’s members write about life on campus."),
        feed_url=absolute(path),
        author_name="BISO",  # Atom requires an author for the feed if an entry has none
        language=get_language(),
    )
    rendering = markdown.Budget(SECONDS)
    for post in posts:
        url = absolute(post.get_absolute_url())
        result.add_item(
            title=post.title,
            link=url,
            description=escape(post.excerpt if rendering.is_over else post.summary),  # feed readers treat it as HTML
            author_name=post.author_name or None,
            pubdate=post.published_at,
            updateddate=post.updated_at,
            unique_id=url,
            unique_id_is_permalink=True,
            categories=post.tags,
            language=post.language,
            html=_cover(post, absolute) + markdown.render(post.content, base=url, page=rendering, post_id=post.id),
        )
    return result


def _cover(post: Post, absolute: Callable[[str], str]) -> SafeString:
    """Return the post's cover as HTML, or "" if it has none."""
    if not post.cover:
        return SafeString()
    _, picture, _ = post.cover
    html = '<p><img src="{}" width="{}" height="{}" alt="{}"></p>\n'
    return format_html(html, absolute(picture.url), picture.width, picture.height, post.cover_alt)
