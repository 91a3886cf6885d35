"""The response models contain every field in the recordings. The GraphQL schema is built from these models."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

import probe
from tests.coverage_table import ask_emulator

# This program runs in a separate process with the emulator's Django settings.
MODELS = """
import json
import django
django.setup()
from appwrite_emulator.api_docs import response_models as models
from appwrite_emulator.routes.table import ROUTES
routes = [(route.method, route.path, sorted(set(route.models.values()), key=len)) for route in ROUTES]
fields = {name: models.fields(name) for name in models.MODELS}
print(json.dumps({
    "routes": routes,
    "fields": fields,
    "open": [name for name in fields if models.has_unknown_fields(name)],
}))
"""


@pytest.fixture(scope="module")
def models() -> Any:
    return json.loads(ask_emulator(MODELS))


def recorded_steps() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the method, path and response body of each successful request recorded in the current response format."""
    for path in sorted((probe.HERE / "recordings").glob("*.json")):
        if path.stem.startswith("realtime."):
            continue
        for step in json.loads(path.read_text())["steps"]:
            request, body = step["request"], step["answer"].get("body")
            is_older = "X-Appwrite-Response-Format" in request.get("headers", {})
            if isinstance(body, dict) and step["answer"]["status"] < 300 and not is_older:
                yield request["method"], request["path"].strip("/"), body


def matches(path: str, pattern: str) -> bool:
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(
        want.startswith("<") or part == want for part, want in zip(parts, wanted, strict=True)
    )


def model_of(models: Any, method: str, path: str, body: dict[str, Any]) -> str | None:
    for route_method, pattern, names in sorted(models["routes"], key=lambda route: route[1].count("<")):
        if route_method == method and matches(path, pattern):
            return names[-1 if "total" in body else 0]
    return None


def unknown_fields(models: Any, name: str, value: Any) -> Iterator[str]:
    """Yield `MODEL.FIELD` for each field in `value`, at every level, that its model lacks."""
    if isinstance(value, list):
        for item in value:
            yield from unknown_fields(models, name, item)
    elif isinstance(value, dict) and name in models["fields"] and name not in models["open"]:
        fields = models["fields"][name]
        if not name.endswith("List"):  # the scenarios add their own fields to lists
            yield from (f"{name}.{key}" for key in value if key not in fields)
        for key, (kind, _) in fields.items():
            yield from unknown_fields(models, kind, value.get(key))


def test_models_have_every_recorded_field(models: Any) -> None:
    found = set()
    for method, path, body in recorded_steps():
        name = model_of(models, method, path, body)
        # Routes with these models return columns of every type, but declare only one type.
        if name and name not in ("AttributeString", "ColumnString"):
            found |= set(unknown_fields(models, name, body))
    assert found == set()
