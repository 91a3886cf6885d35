"""Data browser: everything without pages of its own, laid out by model."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from appwrite_emulator.admin import browsing
from appwrite_emulator.admin.browsing import Line, Sheet, Shown, answer, facts_of, find, listed, paged
from appwrite_emulator.admin.data import OWN_PAGES, ROOT
from appwrite_emulator.seed import model_tree
from appwrite_emulator.seed.model_tree import Node

COLUMNS_SHOWN = 4
# Fields shown elsewhere in every list, or of little interest.
_NOT_IN_LISTS = {"id", "key", "name", "createdAt", "updatedAt", "search"}


@require_safe
def things(http: HttpRequest, name: str) -> HttpResponse:
    """List all instances of a model, newest first."""
    node = _node(name)
    shown = paged(http, node.model._default_manager.order_by("-pk" if _has_no_id(node) else "-created_at", "-pk"))
    facts = [facts_of(each) for each in shown]
    sheet = _sheet(browsing.in_words(name), facts, "" if _has_no_id(node) else f"{ROOT}{name}/")
    sheet.page = shown
    return answer(http, listed(shown, facts, name), Shown(browsing.in_words(name), sheets=[sheet]))


@require_safe
def thing(http: HttpRequest, name: str, thing_id: str) -> HttpResponse:
    """Show one instance, with the records nested in it."""
    node = _node(name)
    if _has_no_id(node):
        raise Http404
    found = find(node.model._default_manager, id=thing_id)
    facts = facts_of(found)
    inside = {child.name: _inside(child, found) for child in node.children}
    pairs = browsing.pairs_of(facts)
    sheets = [_sheet(browsing.in_words(child), each) for child, each in inside.items()]
    title = str(facts.get("name") or found.pk)
    return answer(http, facts | inside, Shown(title, [(browsing.in_words(name), f"{ROOT}{name}/")], pairs, sheets))


def _node(name: str) -> Node:
    for node in model_tree.roots():
        if node.name == name and name not in OWN_PAGES:
            return node
    raise Http404


def _has_no_id(node: Node) -> bool:
    return "$id" not in node.fields


def _inside(child: Node, found: Any) -> list[dict[str, Any]]:
    own = child.model._default_manager.filter(**{child.parent.name: found})
    return [facts_of(each) for each in own[: browsing.PER_PAGE * 4]]


def _sheet(caption: str, facts: list[dict[str, Any]], url: str = "") -> Sheet:
    columns = [key for key in facts[0] if key not in _NOT_IN_LISTS][:COLUMNS_SHOWN] if facts else []
    lines = [
        Line(
            str(each.get("name") or each.get("id") or each.get("key") or each.get("event") or "–"),
            f"{url}{each['id']}/" if url else "",
            [browsing.cell_of(column, each[column]) for column in columns],
            str(each.get("id", "")) if each.get("name") else "",
        )
        for each in facts
    ]
    return Sheet(caption, "Name", [browsing.in_words(column) for column in columns], lines, "None yet.")
