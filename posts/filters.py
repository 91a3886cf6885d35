"""The filters for lists of posts.

Filters are in the URL (`?q= &tag= &campus= &language=`), so that people can share a link to any filtered list. Each
filtered list has a feed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from typing import ClassVar, Self
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core import errors
from core.ids import is_id
from posts import models, policy
from posts.search import Word, words_of

MAX_SEARCH = 100  # characters; Appwrite would accept more


@dataclass(frozen=True)
class Link:
    """A link that sets or removes a filter.

    `language` is the label's language if it differs from the page's. `count` is the number of posts, if known.
    """

    label: str
    url: str
    is_current: bool
    language: str = ""
    count: int | None = None


@dataclass(frozen=True)
class Filters:
    """The filters. An unused filter is "". `search` is free text; the other values are validated."""

    PAGE: ClassVar = "posts:list"
    FIELDS: ClassVar = {"q"}
    PARAMETERS: ClassVar = ("q", "tag", "campus", "language")  # the query parameters of these filters

    search: str = ""
    tag: str = ""
    campus: str = ""
    language: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """Return the filters in a query string. Raise NotFoundError for an invalid campus, language or topic."""
        filters = cls(**cls._read(query))
        if not filters._is_valid():
            raise errors.NotFoundError("unknown filter")
        return filters

    @classmethod
    def _read(cls, query: Mapping[str, str]) -> dict[str, str]:
        return {
            "search": " ".join(models.legible(query.get("q", "")).split()),
            "tag": models.topic(query.get("tag", "")),
            "campus": query.get("campus", ""),
            "language": query.get("language", ""),
        }

    def _is_valid(self) -> bool:
        return (
            self.campus in ("", *models.CAMPUSES)
            and self.language in ("", *models.LANGUAGES)
            and len(self.tag) <= models.MAX_TAG
            and models.legible(self.tag) == self.tag
        )

    def __bool__(self) -> bool:
        return self != type(self)()

    @property
    def is_too_long(self) -> bool:
        """Return whether the search is longer than MAX_SEARCH."""
        return len(self.search) > MAX_SEARCH

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """Return the words to search for, or an empty tuple if the search has neither letters nor digits."""
        return words_of(self.search)

    @property
    def can_find(self) -> bool:
        """Return whether posts can match: the search is empty, or it has a word and is not too long."""
        return not self.search or (bool(self.words) and not self.is_too_long)

    @property
    def query(self) -> str:
        """Return the filters as a URL's query string, or "" if there are no filters."""
        return urlencode(self._values)

    @property
    def _values(self) -> dict[str, str]:
        named = ((field.name, getattr(self, field.name)) for field in fields(self))  # asdict would copy the values
        return {"q" if name == "search" else name: value for name, value in named if value}

    @property
    def carried(self) -> dict[str, str]:
        """Return the parameters and values of the filters that the page's form contains as hidden fields."""
        return {name: value for name, value in self._values.items() if name not in self.FIELDS}

    @property
    def url(self) -> str:
        """Return the URL of the filtered list's first page.

        If the topic is the only filter, return the URL of the topic's own page.
        """
        return self._url(self.PAGE, "posts:topic")

    @property
    def atom_url(self) -> str:
        return self._url("posts:feed", "posts:topic_feed")

    @property
    def rss_url(self) -> str:
        return self._url("posts:feed_rss", "posts:topic_feed_rss")

    def _url(self, page: str, page_of_topic: str) -> str:
        if self.is_topic:
            return reverse(page_of_topic, args=[self.tag])
        return f"{reverse(page)}?{self.query}" if self.query else reverse(page)

    @property
    def is_topic(self) -> bool:
        """Return whether this is the readers' list of one topic, without other filters. Each topic has its own page."""
        return bool(self.tag) and self == Filters(tag=self.tag)

    @property
    def without_search(self) -> Self:
        return replace(self, search="")

    @property
    def only_search(self) -> Self:
        return type(self)(search=self.search)

    @property
    def wider(self) -> list[Self]:
        """For each active filter, return a copy without that filter. Return [] if fewer than two filters are active."""
        names = [name for name, value in asdict(self).items() if value]
        return [replace(self, **{name: ""}) for name in names] if len(names) > 1 else []

    @property
    def in_words(self) -> str:
        """Return the filters as words to follow “Posts”: “from Bergen about ‘coffee’”, or "" without filters."""
        words = []
        if self.campus == models.NATIONAL:
            words.append(_("for all campuses"))
        elif self.campus:
            words.append(_("from %(campus)s") % {"campus": models.CAMPUSES[self.campus]})
        if self.tag:
            words.append(_("about ‘%(tag)s’") % {"tag": self.tag})
        if self.language:
            words.append(_("in Norwegian") if self.language == "nb" else _("in English"))
        if self.search:
            words.append(_("with ‘%(words)s’") % {"words": self.search})
        return " ".join(words)

    @property
    def active(self) -> list[Link]:
        """Return a link for each active filter. The link removes the filter."""
        labels = {
            "campus": str(models.CAMPUSES.get(self.campus, "")),
            "tag": self.tag,
            "language": dict(settings.LANGUAGES).get(self.language, ""),
            "search": _("‘%(words)s’") % {"words": self.search} if self.search else "",
        }
        return [
            Link(label, replace(self, **{name: ""}).url, True, self.language if name == "language" else "")
            for name, label in labels.items()
            if label
        ]

    @property
    def no_posts(self) -> str:
        """Return the message for a list without matches, such as “No posts from Bergen mention ‘coffee’”."""
        narrowed = replace(self, search="").in_words
        values = {"filters": narrowed, "words": self.search}
        if not self.search:
            return _("No posts %(filters)s.") % values
        if not narrowed:
            return _("No posts mention ‘%(words)s’.") % values
        return _("No posts %(filters)s mention ‘%(words)s’.") % values

    @property
    def campuses(self) -> list[Link]:
        """Return a link that removes the campus filter, then a link for each campus."""
        everywhere = Link(_("All"), replace(self, campus="").url, not self.campus)
        return [everywhere, *(self._link(str(name), campus=code) for code, name in models.CAMPUSES.items())]

    @property
    def languages(self) -> list[Link]:
        """Return a link that removes the language filter, then a link for each language, with its native name."""
        both = Link(_("Both"), replace(self, language="").url, not self.language)
        return [both, *(self._link(name, language=code) for code, name in settings.LANGUAGES)]

    def tags(self, topics: Iterable[str]) -> list[Link]:
        """Return a link for each distinct topic, in alphabetical order. The current topic's link removes the filter."""
        return [
            Link(tag, replace(self, tag="").url, True) if tag == self.tag else self._link(tag, tag=tag)
            for tag in sorted({*topics, self.tag} - {""})
        ]

    def _link(self, label: str, **changes: str) -> Link:
        filters = replace(self, **changes)
        return Link(label, filters.url, filters == self, changes.get("language", ""))


SCHEDULED = "scheduled"  # drafts with a scheduled time; Appwrite stores the status `draft`
STATUSES = (models.DRAFT, SCHEDULED, models.PUBLISHED)
REVIEW = "review"  # drafts whose authors have asked for a review; Appwrite stores the status `draft`


@dataclass(frozen=True)
class AllFilters(Filters):
    """The filters for the admins' list of all posts, which can also be filtered by status and author."""

    PAGE: ClassVar = "manage:posts"
    FIELDS: ClassVar = {"q", "campus", "language", "tag"}

    status: str = ""
    author: str = ""

    @classmethod
    def _read(cls, query: Mapping[str, str]) -> dict[str, str]:
        return {**super()._read(query), "status": query.get("status", ""), "author": query.get("author", "")}

    def _is_valid(self) -> bool:
        has_status = self.status in ("", *STATUSES) or (self.status == REVIEW and policy.has_reviews())
        is_known = has_status and (not self.author or is_id(self.author))
        return is_known and super()._is_valid()

    @property
    def campus_choices(self) -> list[tuple[str, str]]:
        return [("", _("All")), *((code, str(name)) for code, name in models.CAMPUSES.items())]

    @property
    def language_choices(self) -> list[tuple[str, str]]:
        return [("", _("Both")), *settings.LANGUAGES]

    def with_status(self, status: str) -> Self:
        return replace(self, status=status)

    def with_author(self, author_id: str) -> Self:
        return replace(self, author=author_id)

    def active_with(self, author_name: str) -> list[Link]:
        """Return a link for each active filter except the status. The link removes the filter."""
        if not self.author:
            return self.active
        label = _("By %(name)s") % {"name": author_name or _("a member")}
        return [*self.active, Link(label, replace(self, author="").url, True)]

    def statuses(self, totals: Mapping[str, int]) -> list[Link]:
        """Return a link for each status, with the number of posts if `totals` contains it."""
        labels = {
            "": _("All"),
            models.DRAFT: _("Drafts"),
            **({REVIEW: _("In review")} if policy.has_reviews() else {}),
            SCHEDULED: pgettext("posts", "Scheduled"),
            models.PUBLISHED: _("Published"),
        }
        return [
            Link(label, replace(self, status=status).url, status == self.status, count=totals.get(status))
            for status, label in labels.items()
        ]


EVERYTHING = Filters()
