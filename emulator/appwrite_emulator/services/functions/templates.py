"""Templates for new functions. The emulator has only the templates' descriptions, not their code."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.functions.runtimes import RUNTIMES
from appwrite_emulator.functions.templates import TEMPLATES, USE_CASES, Template
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Integer, ListOf, Text, accepts


@accepts(
    runtimes=ListOf(Text(choices=tuple(RUNTIMES)), default=()),
    use_cases=ListOf(Text(choices=USE_CASES), default=()),
    limit=Integer(1, 5000, default=25),
    offset=Integer(0, 5000, default=0),
    total=Boolean(default=True),
)
def list_templates(
    request: Request, *, runtimes: list[str], use_cases: list[str], limit: int, offset: int, total: bool
) -> dict[str, Any]:
    """GET /functions/templates: list templates, most popular first.

    If `runtimes` is given, a template must match one of them. The same applies to `useCases`.
    """
    found = [template for template in TEMPLATES if _matches(template, runtimes, use_cases)]
    found.sort(key=lambda template: -template.score)
    return {
        "total": len(found) if total else 0,
        "templates": [responses.template(template) for template in found[offset : offset + limit]],
    }


def _matches(template: Template, runtimes: list[str], use_cases: list[str]) -> bool:
    names = {runtime["name"] for runtime in template.runtimes()}
    return not (runtimes and names.isdisjoint(runtimes)) and not (use_cases and template.use_case not in use_cases)


@accepts(template_id=Text(128, required=True))
def get_template(request: Request, *, template_id: str) -> dict[str, Any]:
    """GET /functions/templates/{templateId}."""
    for template in TEMPLATES:
        if template.id == template_id:
            return responses.template(template)
    raise AppwriteError("function_template_not_found")
