"""A post, and rules that need only its data. There are no Django models, because Appwrite stores the posts."""

import math
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import NamedTuple

from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from core.campuses import CAMPUSES as CAMPUSES
from core.campuses import NATIONAL as NATIONAL
from core.formats import appwrite_time
from core.text_fields import line, normal, shorten, without_invisible, xml_safe
from posts import cover_sizes, markdown

MAX_TITLE = 200  # in characters, like the limits below, except the numbers of tags, words and minutes
MAX_EXCERPT = 300
MAX_CONTENT = 100_000
MAX_COVER_ALT = 300
MAX_BIO = 200
MAX_REVIEW_NOTE = 500
MAX_TAG = 40
MAX_TAGS = 5
MAX_SUMMARY = 180
MAX_SUMMARISED = 20 * MAX_SUMMARY  # characters of the text, including markup
WORDS_A_MINUTE = 200
MAX_MINUTES = 1000

DRAFT = "draft"
PUBLISHED = "published"

LANGUAGES = {"nb": _("Norwegian"), "en": _("English")}


def new_id() -> str:
    """Return ten random base32 characters (50 bits), enough for ten million posts.

    The id is not derived from the title, because Appwrite reveals whether an id exists, and drafts' titles are private.
    """
    return "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(10))


def legible(text: str) -> str:
    """Return `text` in NFC, without characters that are invalid in XML and therefore in feeds."""
    return normal(xml_safe(text))


def topic(text: str) -> str:
    """Return a topic in its stored form: one line of lower-case NFC text without invisible characters."""
    return line(without_invisible(text).lower())


def summarise(content: str) -> str:
    """Return the first words of a post's text, without markup, on one line of at most MAX_SUMMARY characters."""
    return _summary(content[:MAX_SUMMARISED])


@lru_cache(64)  # saving a post needs the summary twice, and showing the post needs it again
def _summary(beginning: str) -> str:
    return line(shorten(markdown.plain(beginning), MAX_SUMMARY))


def _former_summary(content: str) -> str:
    """Return the summary that `summarise` created until November 2026. Older rows still contain it as their excerpt."""
    return line(Truncator(markdown.former_plain(content[:MAX_SUMMARISED])).chars(MAX_SUMMARY))


def word_count(text: str) -> int:
    return len(text.split())


def reading_minutes(text: str) -> int:
    """Return the time to read the text in minutes, rounded up."""
    return math.ceil(word_count(text) / WORDS_A_MINUTE)


class Source(NamedTuple):
    """A cover in one of its widths."""

    url: str
    width: int
    height: int


@dataclass(frozen=True)
class Plan:
    """A change to a draft's scheduled publication time. If the time is None, the draft is no longer scheduled."""

    at: datetime | None


@dataclass(frozen=True)
class Post:
    """A post in one language. `author_id` is the owner according to `policy.owners_of`, not the `authorId` column."""

    id: str
    title: str
    content: str
    author_id: str
    created_at: datetime
    updated_at: datetime
    version: datetime  # when Appwrite last changed the row, to the millisecond
    author_name: str = ""  # "" if the row's permissions do not confirm the author
    status: str = DRAFT
    published_at: datetime | None = None
    scheduled_at: datetime | None = None  # when the site will publish the draft
    excerpt: str = ""
    language: str = "nb"
    tags: tuple[str, ...] = field(default=())
    campus: str = ""
    minutes: int = 0  # the stored reading time, for lists; 0 if unknown
    cover_id: str = ""
    cover_alt: str = ""
    cover_x: int | None = None  # the focal point, in percent (`cover_sizes`); None means the middle
    cover_y: int | None = None
    review_asked_at: datetime | None = None  # when the author asked an admin to publish the draft
    review_note: str = ""  # why an admin sent the draft back
    is_restricted: bool = False  # Appwrite does not allow the author to change the row (`policy.Owner`)

    def get_absolute_url(self) -> str:
        """Return the canonical URL, in the post's language."""
        return self._url

    @cached_property
    def _url(self) -> str:
        with override(self.language):
            return reverse("posts:detail", args=[self.id])

    @property
    def stamp(self) -> str:
        """Return the version as text, for forms that must notice whether the post has changed since."""
        return appwrite_time(self.version)

    @property
    def is_published(self) -> bool:
        """Return whether everyone can read the post: its status is published, and its date is not in the future."""
        return self.is_published_at(timezone.now())

    def is_published_at(self, moment: datetime) -> bool:
        """Return whether everyone can read the post at the time `moment`."""
        return self.status == PUBLISHED and self.published_at is not None and self.published_at <= moment

    @property
    def is_scheduled(self) -> bool:
        """Return whether the post is a draft that the site will publish at a set time."""
        return self.status == DRAFT and self.scheduled_at is not None

    @property
    def is_in_review(self) -> bool:
        """Return whether this is a draft whose author cannot publish it and has asked for a review."""
        return self.status == DRAFT and self.is_restricted and self.review_asked_at is not None

    @property
    def is_edited(self) -> bool:
        """Return whether the post was edited on a later day than it was published."""
        if self.published_at is None:
            return False
        return timezone.localdate(self.updated_at) > timezone.localdate(self.published_at)

    @cached_property
    def summary(self) -> str:
        """Return the author's excerpt, or the first words of the text if there is none.

        Lists do not load the text, so they show the stored excerpt.
        """
        return self.excerpt if self.has_own_excerpt else self._beginning

    @cached_property
    def has_own_excerpt(self) -> bool:
        """Return whether a person wrote the excerpt.

        If the author leaves the excerpt empty, the site stores the first words of the text instead.
        """
        if not self.content or not self.excerpt:  # lists do not load the text
            return bool(self.excerpt)
        return self.excerpt != self._beginning and self.excerpt != _former_summary(self.content)

    @cached_property
    def _beginning(self) -> str:
        return summarise(self.content)

    @property
    def reading_minutes(self) -> int:
        """Return the reading time in minutes, rounded up.

        In lists, which do not load the text, return the stored reading time.
        """
        return reading_minutes(self.content) or self.minutes

    @property
    def cover(self) -> list[Source]:
        """Return the cover in each served width, narrowest first, or an empty list if the post has no cover."""
        widths = cover_sizes.WIDTHS if self.cover_id else ()
        return [
            Source(reverse("cover", args=[self.cover_id, width, *self._gravity]), width, cover_sizes.height(width))
            for width in widths
        ]

    @property
    def cover_position(self) -> str:
        """Return the CSS classes that keep the focal point visible where a page shows only part of the cover."""
        return " ".join(f"at-{side}" for name in self._gravity for side in name.split("-"))

    @property
    def _gravity(self) -> list[str]:
        return list(filter(None, [cover_sizes.gravity(self.cover_x, self.cover_y)]))

    @cached_property
    def shared_cover(self) -> Source | None:
        """Return the JPEG cover for messengers and social networks, or None if the post has no cover."""
        if not self.cover_id:
            return None
        width, height = cover_sizes.SHARED
        return Source(reverse("cover", args=[self.cover_id, *self._gravity]), width, height)

    def get_campus_display(self) -> str:
        return str(CAMPUSES.get(self.campus, ""))


@dataclass(frozen=True)
class ShownPost(Post):
    """A post shown outside its public page: a preview, or a draft behind a private link.

    `sources` contains the cover's URLs, because the usual URLs work only for people who can read the post.
    """

    sources: tuple[Source, ...] = ()

    @property
    def cover(self) -> list[Source]:
        return list(self.sources)


@dataclass(frozen=True)
class OrphanRow:
    """A row that does not have exactly one owner. Readers do not see it, and admins can delete it."""

    id: str
    title: str
    created_at: datetime
