"""Load each template once per language, and replace tags whose output is constant in that language.

Most tags on a page are translations and URLs without arguments. Rendering these tags for every page took a third of the
rendering time, because each tag looks up the language under a lock shared by the worker's threads. This loader renders
these tags once, when it loads the template. The loader does the same with the URLs of static files and with included
templates that contain only text. The loader also removes indentation.
"""

import re
from typing import Any

from django.template import Context, Node, NodeList, Origin, Template
from django.template.base import FilterExpression, TextNode, Variable
from django.template.defaulttags import LoadNode, URLNode
from django.template.loader_tags import IncludeNode
from django.template.loaders import base, cached
from django.templatetags.i18n import TranslateNode
from django.templatetags.static import StaticNode
from django.utils.translation import get_language

INDENTATION = re.compile(r"\s*\n\s*")  # replaced with a line break, which still separates words


class _Nodes(NodeList):
    """The nodes of a template.

    The list caches its search results, because `extends` would otherwise search for the blocks again on every page.
    """

    def __init__(self, nodes: NodeList) -> None:
        super().__init__(nodes)
        self._by_type: dict[type[Node], list[Node]] = {}

    def get_nodes_by_type(self, nodetype: type[Node]) -> list[Node]:
        if nodetype not in self._by_type:
            self._by_type[nodetype] = super().get_nodes_by_type(nodetype)
        return self._by_type[nodetype]


class _Preparing(base.Loader):
    def get_template(self, template_name: str, skip: list[Origin] | None = None) -> Template:
        template = super().get_template(template_name, skip)
        if template_name.endswith(".html"):
            _prepare(template.nodelist, template)
            template.nodelist = _Nodes(template.nodelist)
        return template


class Loader(cached.Loader, _Preparing):
    """Django's cached loader with one prepared template per language."""

    def cache_key(self, template_name: str, skip: list[Origin] | None = None) -> str:
        return f"{get_language()}-{super().cache_key(template_name, skip)}"


def _prepare(nodes: NodeList, template: Template) -> None:
    """Replace each node whose output does not depend on the context with a text node, even in nested lists."""
    prepared: list[Node] = []
    for node in nodes:
        for inner in _inner(node):
            _prepare(inner, template)
        text = _text_of(node, template)
        if text is None:
            prepared.append(node)
        elif prepared and isinstance(prepared[-1], TextNode):
            prepared[-1] = _text_node(prepared[-1].s + text, prepared[-1])
        elif text:
            prepared.append(_text_node(text, node))
    nodes[:] = prepared


def _inner(node: Node) -> list[NodeList]:
    """Return the node lists inside a node."""
    branches = getattr(node, "conditions_nodelists", None)  # `if` nodes; their `nodelist` is only a merged copy
    if branches is not None:
        return [nodes for _, nodes in branches]
    return [nodes for name in node.child_nodelists if isinstance(nodes := getattr(node, name, None), NodeList)]


def _text_node(text: str, like: Node) -> TextNode:
    node = TextNode(INDENTATION.sub("\n", text))
    node.origin, node.token = like.origin, like.token  # for Django's error messages
    return node


def _text_of(node: Node, template: Template) -> str | None:
    """Return the text that the node renders in every context, or None if the text depends on the context."""
    match node:
        case TextNode():
            return str(node.s)
        case LoadNode():
            return ""
        case TranslateNode(asvar=None, message_context=context) if context is None or _is_constant(context):
            is_constant = _is_constant(node.filter_expression)
        case URLNode(asvar=None):
            is_constant = all(map(_is_constant, [node.view_name, *node.args, *node.kwargs.values()]))
        case StaticNode(varname=None):
            is_constant = _is_constant(node.path)
        case IncludeNode() if _is_constant(node.template) and not node.extra_context:
            included = template.engine.get_template(node.template.resolve(Context()))
            texts = [each.s for each in included.nodelist if isinstance(each, TextNode)]
            return "".join(texts) if len(texts) == len(included.nodelist) else None
        case _:
            return None
    return str(node.render_annotated(Context())) if is_constant else None


def _is_constant(expression: Any) -> bool:
    """Return whether a template expression is a literal without filters."""
    if not isinstance(expression, FilterExpression) or expression.filters:
        return False
    return not isinstance(expression.var, Variable) or expression.var.lookups is None
