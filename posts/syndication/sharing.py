"""Structured data for search engines and messengers, and links for sharing a post."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from posts.models import Post


def article(post: Post, url: str, image: str) -> dict[str, Any]:
    """Return the post as a schema.org Article for JSON-LD. Omit the author if the row's permissions do not confirm it.

    `url` and `image` are absolute URLs. `image` is "" if the post has no cover.
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


def image(post: Post) -> str:
    """Return the path of the JPEG for link previews: the cover, or a picture with the title.

    Messengers cache a picture by its URL, so the URL changes with the version of the post.
    """
    if post.shared_cover:
        return post.shared_cover.url
    return f"{reverse('share_image', args=[post.id])}?v={int(post.version.timestamp() * 1000)}"


def share_links(post: Post, url: str) -> list[tuple[str, str]]:
    """Return (name, URL) for each sharing service. The service is contacted only when the reader follows the link."""
    mail = urlencode({"subject": post.title, "body": url}).replace("+", "%20")  # mail programs show + literally
    return [
        (_("E-mail"), f"mailto:?{mail}"),
        ("LinkedIn", f"https://www.linkedin.com/sharing/share-offsite/?{urlencode({'url': url})}"),
        ("Facebook", f"https://www.facebook.com/sharer/sharer.php?{urlencode({'u': url})}"),
    ]
