"""Shared by the data browser's pages: facts without secrets, pagination, and responses as page or JSON.

A view computes `facts`, which `?format=json` returns, and lays them out on the page as sheets: tables of cells.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from appwrite_emulator.admin.rendering import page
from appwrite_emulator.seed import exporting, model_tree

PER_PAGE = 25
CUT = 60
"""Maximum length of a value in a list, in characters."""

SECRET_WORDS = ("secret", "password", "hash", "token", "credential", "recovery")
SECRET_FIELDS = {("Variable", "value")}


@dataclass
class Cell:
    """One value in a table. `kind` is text, code, num, time, live, halt, or codes for a list of strings."""

    value: Any
    kind: str = "text"

    @property
    def text(self) -> str:
        return cut(self.whole, CUT)

    @property
    def whole(self) -> str:
        return as_text(self.value)

    @property
    def pretty(self) -> str:
        return json.dumps(self.value, ensure_ascii=False, indent=2)


@dataclass
class Line:
    """One item in a table: its name, the URL of its own page, and its cells."""

    name: str
    url: str = ""
    cells: Sequence[Cell] = ()
    below: str = ""
    """A second, smaller line below the name."""


@dataclass
class Sheet:
    """One table of a page; `empty` replaces it if there are no lines."""

    caption: str
    first: str
    heads: Sequence[str]
    lines: list[Line]
    empty: str
    page: Page[Any] | None = None

    def __post_init__(self) -> None:
        for line in self.lines:
            line.cells = [*zip(self.heads, line.cells, strict=True)]  # type: ignore[assignment]


@dataclass
class Shown:
    """A page of the browser: title, breadcrumbs, facts as pairs, tables."""

    title: str
    trail: Sequence[tuple[str, str]] = ()
    pairs: Sequence[tuple[str, Cell]] = ()
    sheets: Sequence[Sheet] = ()
    search: str = ""
    """Label of the search field; empty if the page has none."""
    extra: dict[str, Any] = field(default_factory=dict)


def answer(http: HttpRequest, facts: dict[str, Any], shown: Shown, template: str = "thing") -> HttpResponse:
    """Return the facts as JSON for `?format=json`, or else as a page."""
    if http.GET.get("format") == "json":
        return JsonResponse(facts, json_dumps_params={"ensure_ascii": False, "indent": 1})
    query = http.GET.copy()
    query["format"] = "json"
    trail = [("Data", "/_emulator/data/"), *shown.trail] if shown.title != "Data" else []
    return page(
        f"data/{template}",
        page="data",
        shown=shown,
        trail=trail,
        as_json=f"?{query.urlencode()}",
        query=http.GET,
        q=http.GET.get("q", ""),
        **shown.extra,
    )


def find(queryset: Any, **wanted: Any) -> Any:
    """Return the matching object, or raise Http404."""
    found = queryset.filter(**wanted).first()
    if found is None:
        raise Http404
    return found


def paged(http: HttpRequest, things: Any) -> Page[Any]:
    """Return the page `?page=` of a list or queryset; the nearest existing one if the number is invalid."""
    return Paginator(things, PER_PAGE).get_page(http.GET.get("page"))


def listed(shown: Page[Any], items: Iterable[Any], name: str) -> dict[str, Any]:
    """Return a page of items as JSON."""
    return {"total": shown.paginator.count, "page": shown.number, "pages": shown.paginator.num_pages, name: list(items)}


def facts_of(instance: models.Model) -> dict[str, Any]:
    """Return all facts about an instance except secrets and binary fields, named as in a seed but without `$`."""
    node = model_tree.node_of(type(instance))
    return {
        name.lstrip("$"): exporting.value(instance, own)
        for name, own in node.fields.items()
        if not is_secret(node.model, own) and not isinstance(own, models.BinaryField)
    }


def is_secret(model: type[models.Model], own: Any) -> bool:
    """Return whether a field may hold a secret. Dates and flags never do."""
    if isinstance(own, models.DateTimeField | models.BooleanField):
        return False
    return (model.__name__, own.name) in SECRET_FIELDS or any(word in own.name for word in SECRET_WORDS)


def pairs_of(facts: dict[str, Any]) -> list[tuple[str, Cell]]:
    """Return the facts as pairs of label and cell."""
    return [(in_words(name), cell_of(name, value)) for name, value in facts.items() if name != "search"]


_TIMES = {"expire", "time", "invited", "joined", "passwordUpdate"}


def cell_of(name: str, value: Any) -> Cell:
    if name.endswith(("At", "Expiry")) or name in _TIMES:
        return Cell(value, "time")
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return Cell(value, "codes")
    return Cell(value, "num" if isinstance(value, int | float) and not isinstance(value, bool) else "text")


def in_words(name: str) -> str:
    """Convert `emailVerification` to `Email verification`."""
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return {"id": "Id", "ip": "IP", "mfa": "MFA"}.get(spaced, spaced[:1].upper() + spaced[1:])


def as_text(value: Any) -> str:
    """Return strings unchanged, null as a dash, anything else as JSON."""
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def state(is_live: bool, live: str, halt: str) -> Cell:
    """Return a status cell; its colour repeats the word."""
    return Cell(live, "live") if is_live else Cell(halt, "halt")
