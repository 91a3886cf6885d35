"""What our templates share: dates in words, form fields, page numbers, and the language of a person's text."""

import json
import re
from collections.abc import Mapping
from typing import Any

from django import forms, template
from django.forms import BoundField
from django.http import HttpRequest
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from core import formats

register = template.Library()

# A text in JSON must not end the element it stands in.
HARMLESS = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}
FIRST_SENTENCE = re.compile(r"(.+?[.?])\s+(?=[^\W\d_]|[«‘])", re.DOTALL)


for function in (formats.date_words, formats.date_short, formats.clock, formats.moment, formats.in_words):
    register.filter(function)


# Words.


@register.filter
def first_bold(message: object) -> SafeString | str:
    """The message with its first sentence in bold, as notes show it; unchanged when there is only one."""
    text = str(message)
    if found := FIRST_SENTENCE.match(text):
        return format_html("<b>{}</b> {}", found[1], text[found.end() :])
    return text


@register.filter
def first_sentence(message: object) -> str:
    """Return the first sentence of the message."""
    found = FIRST_SENTENCE.match(str(message))
    return found[1] if found else str(message)


@register.filter
def by(post: Any) -> str:
    """Who wrote the post; "a member" where no name can be shown."""
    return post.author_name or gettext("a member")


@register.filter
def role(label: str) -> str:
    """What a label is called here; one that is not ours keeps its own name."""
    return {"admin": gettext("administrator"), "editor": gettext("editor")}.get(label, label)


@register.simple_tag(takes_context=True)
def lang(context: Context, language: str) -> SafeString | str:
    """The `lang` attribute for text in `language`, where the page around it is in another one."""
    if not language or language == context.get("LANGUAGE_CODE"):
        return ""
    return format_html(' lang="{}"', language)


@register.simple_tag
def json_ld(facts: Mapping[str, Any]) -> SafeString:
    """What search engines read: data, which no browser runs, so the Content-Security-Policy lets it stand inline."""
    data = json.dumps(facts, ensure_ascii=False).translate(HARMLESS)
    return format_html('<script type="application/ld+json">{}</script>', mark_safe(data))  # noqa: S308 - cannot close it


# Forms.


@register.inclusion_tag("includes/field.html")
def field(bound: BoundField, look: str = "", alone: bool = False, optional: bool = True) -> Mapping[str, Any]:
    """Label, help, errors and input, in that order and tied together; `look` adds classes to the input. A field that
    stands `alone`, without the summary of includes/errors.html above it, takes the focus itself when it is wrong. One
    that is asked for only together with another is not called `optional`."""
    attrs: dict[str, str | bool] = {"class": f"input {look}".strip()}
    if isinstance(bound.field.widget, forms.TextInput | forms.Textarea):
        attrs["dir"] = "auto"  # a person may write from right to left on a page that reads from left to right
    if alone and bound.errors:
        attrs["autofocus"] = True
    return {"field": bound, "input": bound.as_widget(attrs=attrs), "optional": optional}


@register.filter
def wrong_fields(form: forms.BaseForm) -> list[BoundField]:
    """The visible fields that have errors, in the form's order."""
    return [bound for bound in form.visible_fields() if bound.errors]


# Page numbers.


@register.inclusion_tag("includes/pages.html", takes_context=True)
def pages(context: Context, page: Any) -> Mapping[str, Any]:
    """The way to a list's other pages; nothing when there is only one."""
    return {"page": page, "request": context.get("request")}


@register.simple_tag(takes_context=True)
def page_url(context: Context, number: int) -> str:
    """This page's own address with another page number; the first page has none, so that it has one address."""
    request: HttpRequest = context["request"]
    query = request.GET.copy()
    query.pop("page", None)
    if number > 1:
        query["page"] = str(number)
    return f"{request.path}?{query.urlencode()}" if query else request.path
