"""Template tags and filters: cached includes, dates, form fields, page links and languages."""

import base64
import hashlib
import json
import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from django import forms, template
from django.contrib.staticfiles.storage import staticfiles_storage
from django.forms import BoundField
from django.http import HttpRequest
from django.template import Context, TemplateSyntaxError
from django.template.base import FilterExpression, NodeList, Parser, Token, token_kwargs
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from core import errors, formats, observation
from core.appwrite_client import create_admin_client
from posts import policy, search
from posts.filters import AllFilters
from posts.models import Post
from posts.repository import PostRepository
from posts.search import Word
from posts.syndication import sharing

log = logging.getLogger(__name__)
register = template.Library()

# Escaped, so that text in JSON cannot close the surrounding <script> element.
ESCAPED = {ord(char): f"\\u{ord(char):04x}" for char in "<>&"}
FIRST_SENTENCE = re.compile(r"(.+?[.?])\s+(?=[^\W\d_]|[«‘])", re.DOTALL)


for function in (
    formats.date_words,
    formats.date_short,
    formats.clock,
    formats.moment,
    formats.day_and_time,
    formats.in_words,
):
    register.filter(function)

register.simple_tag(observation.request_id)


# -- parts of pages ----------------------------------------------------------------------------------------------------


@register.tag
def cached_include(parser: Parser, token: Token) -> "CachedInclude":
    """Include a template and cache its output: `{% cached_include "includes/row.html" post=post short=True %}`.

    The template receives only the given values, which must be hashable. The cache key consists of these values, the
    language and the current date, because a date is formatted differently if it is today or in this year. The template
    must not depend on anything else, such as the time.
    """
    _, name, *bits = token.split_contents()
    values = token_kwargs(bits, parser)
    template_name = parser.compile_filter(name).var
    if bits or not isinstance(template_name, str):
        raise TemplateSyntaxError("cached_include needs a template name in quotes, then name=value pairs.")
    return CachedInclude(template_name, values)


class CachedInclude(template.Node):
    SIZE = 256  # cached outputs per tag in a template
    # Characters; if a value is longer, for example a long post or its HTML, the output is not cached.
    MAX_VALUE = 20_000

    def __init__(self, template_name: str, values: dict[str, FilterExpression]) -> None:
        self._names = tuple(values)
        self._expressions = tuple(values.values())
        self._text = lru_cache(self.SIZE)(self._rendered)
        self._template_name = template_name

    def render(self, context: Context) -> SafeString:
        values = tuple(expression.resolve(context) for expression in self._expressions)
        is_short = all(_length(value) <= self.MAX_VALUE for value in values)
        text = self._text if is_short else self._rendered
        assert context.template is not None  # always set during rendering
        return text(context.template.engine, str(get_language()), timezone.localdate(), values)

    def _rendered(self, engine: template.Engine, language: str, _day: object, values: tuple[Any, ...]) -> SafeString:
        context = Context({**dict(zip(self._names, values, strict=True)), "LANGUAGE_CODE": language})
        return engine.get_template(self._template_name).render(context)


def _length(value: object) -> int:
    """Return how many characters of `value` would be in the cache key."""
    if isinstance(value, Post):
        return len(value.content)
    return len(value) if isinstance(value, str) else 0


@register.tag
def capture(parser: Parser, token: Token) -> "Capture":
    """Store the output up to `endcapture` in a variable, so that it can be used twice: `{% capture name %}`."""
    _, name = token.split_contents()
    nodelist = parser.parse(("endcapture",))
    parser.delete_first_token()
    return Capture(name, nodelist)


class Capture(template.Node):
    def __init__(self, name: str, nodelist: NodeList) -> None:
        self._name = name
        self.nodelist = nodelist

    def render(self, context: Context) -> str:
        context[self._name] = self.nodelist.render(context).strip()
        return ""


@register.simple_tag
@cache
def integrity(path: str) -> SafeString:
    """Return a script's `integrity` attribute, or "" in local mode, where a file can change but keep its name."""
    stored_name = getattr(staticfiles_storage, "stored_name", None)  # only storages with hashed names have this method
    if stored_name is None:
        return SafeString("")
    with staticfiles_storage.open(stored_name(path)) as file:
        digest = base64.b64encode(hashlib.sha256(file.read()).digest()).decode()
    return format_html(' integrity="sha256-{}"', digest)


@register.filter
def topic_links(filters: Any, topics: Iterable[str]) -> Any:
    """Return links that filter by `topics` (see `posts.filters.Filters.tags`)."""
    return filters.tags(topics)


@register.simple_tag
def mark_words(text: str, words: Sequence[Word]) -> SafeString | str:
    """Return the text with a `<mark>` element around each part that matches a search word."""
    if not words:
        return text
    parts, position = [], 0
    for start, end in search.spans(text, words):
        parts += [conditional_escape(text[position:start]), format_html("<mark>{}</mark>", text[start:end])]
        position = end
    return mark_safe("".join([*parts, conditional_escape(text[position:])]))  # noqa: S308 - each part is escaped


# -- words -------------------------------------------------------------------------------------------------------------


@register.filter
def first_bold(message: object) -> SafeString | str:
    """Return the message with its first sentence in bold, or unchanged if it has only one sentence."""
    text = str(message)
    if match := FIRST_SENTENCE.match(text):
        return format_html("<b>{}</b> {}", match[1], text[match.end() :])
    return text


@register.filter
def first_sentence(message: object) -> str:
    """Return the first sentence of the message."""
    match = FIRST_SENTENCE.match(str(message))
    return match[1] if match else str(message)


@register.filter
def by(post: Any) -> str:
    """Return the author's name, or "a member" if the name is unknown."""
    return post.author_name or gettext("a member")


@register.simple_tag
def number_of_posts(user_id: str) -> int | None:
    """Return the number of a person's posts, including drafts, or None if Appwrite fails. Use this only on admin pages.

    This is a tag because the person's page is in `accounts`, which must not import `posts`.
    """
    try:
        return PostRepository(create_admin_client()).count(AllFilters(author=user_id))
    except errors.SiteError as error:
        log.warning("The posts of the person %s could not be counted: %s", user_id, error)
        return None


@register.filter
def role(label: str) -> str:
    """Return the translated name of a role, or an unknown label unchanged."""
    return {"admin": gettext("administrator"), "editor": gettext("editor")}.get(label, label)


@register.simple_tag(takes_context=True)
def lang(context: Context, language: str) -> SafeString | str:
    """Return a `lang` attribute for text in `language`, or "" if the page is in the same language."""
    if not language or language == context.get("LANGUAGE_CODE"):
        return ""
    return format_html(' lang="{}"', language)


@register.simple_tag
def json_ld(post: Post, url: str, image: str) -> SafeString:
    """Return a post as JSON-LD for search engines. The Content-Security-Policy allows it, as it is not executed."""
    data = json.dumps(sharing.article(post, url, image), ensure_ascii=False).translate(ESCAPED)
    return format_html('<script type="application/ld+json">{}</script>', mark_safe(data))  # noqa: S308 - `<` is escaped


register.filter(sharing.share_links)


register.simple_tag(policy.has_reviews)
register.filter(policy.is_in_review)
register.filter(policy.can_publish_own)


# -- forms -------------------------------------------------------------------------------------------------------------


@register.inclusion_tag("includes/field.html")
def field(
    bound: BoundField, classes: str = "", alone: bool = False, optional: bool = True, above: str = ""
) -> Mapping[str, Any]:
    """Render a field's label, help text, errors and input, linked for screen readers.

    `classes` are the input's CSS classes. `above` is a template to include between the errors and the input. Pass
    `alone=True` if the page has no error summary (includes/errors.html): an invalid field then gets the focus. The
    label of an optional field says that it is optional. Pass `optional=False` to omit this remark, for a field that
    makes sense only together with another field.
    """
    attrs: dict[str, str | bool] = {"class": f"input {classes}".strip()}
    if isinstance(bound.field.widget, forms.TextInput | forms.Textarea):
        attrs["dir"] = "auto"  # the text may be in a right-to-left script
    if alone and bound.errors:
        attrs["autofocus"] = True
    return {"field": bound, "input": bound.as_widget(attrs=attrs), "optional": optional, "above": above}


@register.filter
def wrong_fields(form: forms.BaseForm) -> list[BoundField]:
    """Return the visible fields with errors, in the same order as in the form."""
    return [bound for bound in form.visible_fields() if bound.errors]


# -- page links --------------------------------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def pages(context: Context, page: Any) -> SafeString | str:
    """Return links to the other pages of a list, or "" if there is only one page."""
    if page.count == 1:
        return ""
    assert context.template is not None  # always set during rendering
    request: HttpRequest = context["request"]
    query = request.GET.copy()
    query.pop("page", None)
    numbers = page.previous, page.number, page.next, *page.numbers
    return _page_links(context.template.engine, str(get_language()), request.path, query.urlencode(), *numbers)


@lru_cache(CachedInclude.SIZE)
def _page_links(
    engine: template.Engine,
    _language: str,
    path: str,
    query: str,
    previous: int | None,
    current: int,
    next: int | None,
    *numbers: int | str,
) -> SafeString:
    """Return the links as HTML. Omit the page number from the first page's URL, so that the page has only one URL."""

    def url(number: int) -> str:
        parts = [part for part in (query, f"page={number}" if number > 1 else "") if part]
        return f"{path}?{'&'.join(parts)}" if parts else path

    links = {
        "current": current,
        "links": [(number, url(number) if isinstance(number, int) else "") for number in numbers],
        "previous": url(previous) if previous else "",
        "next": url(next) if next else "",
    }
    return engine.get_template("includes/pages.html").render(Context(links))
