"""What of Appwrite is answered here: the route table, the SDKs' methods and the client API, side by side.

client_api.txt  the operations of Appwrite's client API as it was first published for 1.5: method and path
sdks.json       made by `python -m tests.coverage_table`: which SDK drives which operation in a test, and the SDK's
                methods that have no route here
"""

import ast
import inspect
import json
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from appwrite_emulator.openapi import ON_THE_WAY, template

FOLDER = Path(__file__).parent

STATES = {
    "driven": "driven by an SDK in a test",
    "answers": "answers",
    "refused": "refused aloud",
    "later": "not in 1.9.6",
}
"""The states of an operation, best first, in words."""


@dataclass(frozen=True)
class Operation:
    """One operation under its newest name. `sdks` are those that drive it in a test."""

    name: str
    method: str
    path: str
    state: str
    sdks: tuple[str, ...] = ()

    @property
    def service(self) -> str:
        return self.name.partition(".")[0]


@cache
def operations() -> tuple[Operation, ...]:
    """Every operation of ROUTES and every method of the SDKs, by service and name."""
    from appwrite_emulator.urls import ROUTES

    known = _sdks()
    found = {}
    for route in ROUTES:
        for name in route.operations:
            # An older path follows the newer one and shares its name.
            if name not in found and name not in ON_THE_WAY:
                found[name] = _routed(name, route, known["driven"].get(name, ()))
    for name, method, path, state in known["without route"]:
        found.setdefault(name, Operation(name, method, template(path), state))
    return tuple(sorted(found.values(), key=lambda each: (each.service.lower(), each.name.lower())))


def _routed(name: str, route: Any, sdks: list[str]) -> Operation:
    state = "refused" if _refuses(route.handler) else "driven" if sdks else "answers"
    return Operation(name, route.method, template(route.path), state, tuple(sdks))


def _refuses(handler: Callable[..., Any]) -> bool:
    """Whether the handler refuses whatever is asked: it returns nothing, and ends with saying so."""
    (function,) = ast.parse(textwrap.dedent(inspect.getsource(handler))).body
    last = function.body[-1] if isinstance(function, ast.FunctionDef) else None
    returns = any(isinstance(node, ast.Return) for node in ast.walk(function))
    return isinstance(last, ast.Raise) and not returns and "general_not_implemented" in ast.unparse(last)


@cache
def client_api() -> tuple[Operation, ...]:
    """The operations of the client API; an old spelling of a path counts with its new one."""
    from appwrite_emulator.urls import ROUTES

    by_name = {each.name: each for each in operations()}
    rows = {(route.method, _shape(route.path)): route for route in ROUTES}
    found = []
    for line in (FOLDER / "client_api.txt").read_text(encoding="utf-8").splitlines():
        method, path = line.split()
        route = rows.get((method, _shape(path)))
        each = by_name[route.operation] if route else Operation("", method, path, "refused")
        found.append(Operation(each.name, method, path, each.state, each.sdks))
    return tuple(found)


def _shape(path: str) -> tuple[str, ...]:
    """`/teams/{teamId}` and `teams/<team_id>` are one."""
    return tuple("<>" if part[0] in "<{" else part for part in path.strip("/").split("/"))


@cache
def _sdks() -> dict[str, Any]:
    known: dict[str, Any] = json.loads((FOLDER / "sdks.json").read_text(encoding="utf-8"))
    return known


def versions() -> dict[str, str]:
    """SDK -> the version whose methods these are."""
    found: dict[str, str] = _sdks()["versions"]
    return found


def counted(of: tuple[Operation, ...]) -> dict[str, int]:
    """State -> how many of these operations are in it."""
    return {state: sum(each.state == state for each in of) for state in STATES}


def by_service() -> dict[str, dict[str, int]]:
    """Service -> state -> how many; services of which nothing is in 1.9.6 are left out."""
    services: dict[str, list[Operation]] = {}
    for each in operations():
        services.setdefault(each.service, []).append(each)
    tables = {service: counted(tuple(its)) for service, its in services.items()}
    return {service: counts for service, counts in tables.items() if sum(counts.values()) > counts["later"]}


def markdown() -> str:
    """The summary as the README has it."""
    client = counted(client_api())
    services = by_service()
    total = {state: sum(counts[state] for counts in services.values()) for state in STATES}
    head = ["Service", *STATES.values()]
    rows = [[f"`{service}`", *map(str, counts.values())] for service, counts in services.items()]
    rows += [["**all**", *(f"**{count}**" for count in total.values())]]
    lines = [f"| {' | '.join(row)} |" for row in (head, ["---", *["--:"] * len(STATES)], *rows)]
    sdks = ", ".join(f"{sdk} {version}" for sdk, version in versions().items())
    said = f"Of the {len(client_api())} operations of the client API {client['driven']} are driven by an SDK in a test"
    return "\n".join([f"{said} ({sdks}).", "", *lines])
