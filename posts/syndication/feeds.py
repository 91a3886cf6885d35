"""Posts as Atom and RSS, whole: whoever reads in a feed reader need not come here."""

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
SECONDS = 1.5  # of CPU time to render and summarise the texts of one feed; the rest is shown as plain text


class Atom(Atom1Feed):
    """With the whole text of each entry, and the language it is in."""

    def item_attributes(self, item: dict[str, Any]) -> dict[str, Any]:
        return {**super().item_attributes(item), "xml:lang": item["language"]}

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", item["html"], {"type": "html"})


class Rss(Rss201rev2Feed):
    """With the whole text of each item, as the content module has it."""

    def rss_attributes(self) -> dict[str, str]:
        return {**super().rss_attributes(), "xmlns:content": "http://purl.org/rss/1.0/modules/content/"}

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content:encoded", item["html"])


def feed(
    kind: type[Atom] | type[Rss],
    posts: Iterable[Post],
    whole: Callable[[str], str],
    *,
    title: str,
    link: str,
    address: str,
) -> Atom | Rss:
    """`posts` as a feed of this kind, which stands at the path `address` and belongs to the page at `link`. `whole`
    makes a path an address with scheme and host."""
    made = kind(
        title=title,
        link=whole(link),
        description=_("What BISO’s members write about life on campus."),
        feed_url=whole(address),
        author_name="BISO",  # of the feed: Atom asks for one where an entry names nobody
        language=get_language(),
    )
    rendering = markdown.Budget(SECONDS)
    for post in posts:
        url = whole(post.get_absolute_url())
        made.add_item(
            title=post.title,
            link=url,
            description=escape(post.excerpt if rendering.is_over else post.summary),  # read as HTML in both kinds
            author_name=post.author_name or None,
            pubdate=post.published_at,
            updateddate=post.updated_at,
            unique_id=url,
            unique_id_is_permalink=True,
            categories=post.tags,
            language=post.language,
            html=_cover(post, whole) + markdown.render(post.content, base=url, page=rendering),
        )
    return made


def _cover(post: Post, whole: Callable[[str], str]) -> SafeString:
    """The post's cover as HTML; nothing where there is none."""
    if not post.cover:
        return SafeString()
    _, picture, _ = post.cover
    html = '<p><img src="{}" width="{}" height="{}" alt="{}"></p>\n'
    return format_html(html, whole(picture.url), picture.width, picture.height, post.cover_alt)
