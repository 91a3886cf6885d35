"""Sharing posts: structured data for search engines and messengers, and links for sending a post."""

from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from posts.models import Post


def article(post: Post, url: str, image: str) -> dict[str, Any]:
    """Return the post as schema.org's Article, for JSON-LD, without the author if the row does not prove it.

    `url` and `image` are absolute; without a cover, `image` is "".
    """
    facts = {
        "@context": "https://schema.org",
        "@type": "Article",
        "mainEntityOfPage": url,
        "url": url,
        "headline": post.title,
        "description": post.summary,
        "inLanguage": post.language,
        "datePublished": post.published_at and post.published_at.isoformat(),
        "dateModified": post.updated_at.isoformat(),
        "keywords": ", ".join(post.tags),
        "author": {"@type": "Person", "name": post.author_name} if post.author_name else None,
        "image": image,
        "publisher": {"@type": "Organization", "name": "BISO", "url": "https://biso.no"},
    }
    return {name: fact for name, fact in facts.items() if fact}


def share_links(post: Post, url: str) -> list[tuple[str, str]]:
    """Return (name, URL) of the ways to send the post. They are plain links, which no service sees before a click."""
    mail = urlencode({"subject": post.title, "body": url}).replace("+", "%20")  # mail programs do not decode a plus
    return [
        (_("E-mail"), f"mailto:?{mail}"),
        ("LinkedIn", f"https://www.linkedin.com/sharing/share-offsite/?{urlencode({'url': url})}"),
        ("Facebook", f"https://www.facebook.com/sharer/sharer.php?{urlencode({'u': url})}"),
    ]
