"""Generate the coverage data and the table in docs/coverage.md.

    python -m tests.coverage_table

reads the SDKs and the tests, and writes `appwrite_emulator/api_docs/coverage/sdks.json` and docs/coverage.md.
Run this command after adding a route, an SDK or a test of an SDK method. Until then, test_coverage.py fails.

sdk_20.txt lists the methods of the Python SDK 20.1.0 for Appwrite 1.9. Other methods are newer than 1.9.
"""

import ast
import importlib
import inspect
import json
import os
import pkgutil
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import appwrite.services
from appwrite.service import Service

from appwrite_emulator import realtime
from tests.conftest import ROOT
from tests.test_every_method import TESTS, methods, named_in_tests, parsed_tests, sdk_request

HERE = Path(__file__).parent
NODE = HERE / "node"
SDKS = ROOT / "appwrite_emulator" / "api_docs" / "coverage" / "sdks.json"
DOCUMENT = ROOT / "docs" / "coverage.md"
BEGIN, END = "<!-- coverage: python -m tests.coverage_table -->", "<!-- end of coverage -->"

# These programs run in a separate process with the emulator's Django settings.
ROUTES = """
import json
import django
django.setup()
from appwrite_emulator.routes.table import ROUTES
print(json.dumps([(route.method, "/" + route.path, route.operations) for route in ROUTES]))
"""
TABLE = """
import django
django.setup()
from appwrite_emulator.api_docs import coverage
from appwrite_emulator.routes.table import ROUTES
print(coverage.markdown(ROUTES))
"""


def ask_emulator(program: str) -> str:
    """Run a Python program with the emulator's settings and return its output."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "appwrite_emulator.settings"}
    process = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return process.stdout


def services() -> list[type[Service]]:
    """Return the Python SDK's service classes."""
    classes = []
    for module in pkgutil.iter_modules(appwrite.services.__path__):
        here = importlib.import_module(f"appwrite.services.{module.name}")
        kinds = (kind for _, kind in inspect.getmembers(here, inspect.isclass) if issubclass(kind, Service))
        classes += [kind for kind in kinds if kind.__module__ == here.__name__]
    return classes


# Abbreviations that the SDKs write in capitals. The SDKs capitalise "URL" only in "MagicURL".
_SPELLINGS = {
    "Api": "API",
    "Apns": "APNS",
    "Db": "DB",
    "Eu": "EU",
    "Fcm": "FCM",
    "Jwt": "JWT",
    "MagicUrl": "MagicURL",
    "Md5": "MD5",
    "Mfa": "MFA",
    "Ph": "PH",
    "Qr": "QR",
    "Sha": "SHA",
    "Sms": "SMS",
    "Smtp": "SMTP",
}
_SPELT_OTHERWISE = re.compile(f"(?:{'|'.join(_SPELLINGS)})(?![a-z])")


def spelt(name: str) -> str:
    """Convert `create_ph_pass_user` to the SDKs' spelling, `createPHPassUser`."""
    head, *rest = name.split("_")
    return _SPELT_OTHERWISE.sub(lambda word: _SPELLINGS[word[0]], head + "".join(word.title() for word in rest))


def named(service: str, method: str) -> str:
    """Return the operation's name: `tablesDB.listRows` for `TablesDB` and `listRows`."""
    return f"{service[0].lower()}{service[1:]}.{method}"


# -- operations that the tests call, by SDK ---------------------------------------------------------------------------


def driven_by_python() -> set[tuple[str, str]]:
    """Return the SDK methods, as (service, method), in test names and in calls such as `Service(...).method(...)`."""
    driven = {(service.__name__, method) for service in TESTS for method in named_in_tests(service)}
    names = {service.__name__ for service in services()}
    for module in parsed_tests().values():
        for call in ast.walk(module):
            match call:
                case ast.Call(ast.Attribute(ast.Call(ast.Name(service)), method)) if service in names:
                    driven.add((service, method))
    return driven


_IMPORT = re.compile(r"(?:import|const)\s*\{([^}]*)\}\s*(?:from\s*|=\s*createRequire\([^)]*\)\()\"([\w-]+)\"")
_BOUND = re.compile(r"\b(?:const|let)\s+(\w+)\s*=\s*new (\w+)\(")
_CALLED = re.compile(r"(?:\b(\w+)|new (\w+)\([^()]*(?:\([^()]*\))?[^()]*\))\s*\.(\w+)\(")


def driven_by_javascript(package: str) -> set[str]:
    """Return the names, in lower case, of the operations that tests/node calls through the npm package's SDK."""
    driven = set()
    for path in NODE.glob("*.test.mjs"):
        text = path.read_text(encoding="utf-8")
        classes = {}
        for names, of in _IMPORT.findall(text):
            for name in filter(None, (each.strip() for each in names.split(","))):
                original, _, alias = name.replace(":", " as ").partition(" as ")
                if of == package:
                    classes[(alias or original).strip()] = original.strip()
        variables = {name: kind for name, kind in _BOUND.findall(text) if kind in classes}
        for variable, kind, method in _CALLED.findall(text):
            service = classes.get(kind or variables.get(variable, ""))
            if service:
                driven.add(named(service, method).lower())
    return driven


# Realtime operation -> the Web SDK call that performs it. After a sign-in, the SDK itself authenticates its connection.
_REALTIME_CALLS = {
    "realtime.authentication": "createEmailPasswordSession(",
    "realtime.connect": "new Appwrite.Realtime(",
    "realtime.presence": "realtime.upsertPresence(",
    "realtime.subscribe": "realtime.subscribe(",
    "realtime.unsubscribe": "subscription.unsubscribe(",
}


def driven_in_the_browser() -> list[str]:
    """Return the realtime operations that tests/browser performs with the Web SDK."""
    text = (HERE / "browser/test_realtime.py").read_text(encoding="utf-8")
    return [name for name, call in _REALTIME_CALLS.items() if call in text]


# -- the data file and the table --------------------------------------------------------------------------------------


def computed() -> dict[str, Any]:
    """Compute the content of `sdks.json`."""
    all_methods = [(service, method) for service in services() for method in methods(service)]
    rows = {(method, path): names for method, path, names in json.loads(ask_emulator(ROUTES))}
    in_1_9 = set((HERE / "sdk_20.txt").read_text(encoding="utf-8").split())
    in_python, driven, without_route = driven_by_python(), {}, []
    for service, method in all_methods:
        name = named(service.__name__, spelt(method))
        verb, path = silent_sdk_request(service, method)
        if names := rows.get((verb, path)):
            if (service.__name__, method) in in_python:
                driven[next(each for each in names if each.lower() == name.lower())] = ["python"]
        else:
            state = "refused" if f"{service.__name__}.{method}" in in_1_9 else "later"
            without_route.append([name, verb, path, state])
    for sdk, package in (("node", "node-appwrite"), ("web", "appwrite")):
        called = driven_by_javascript(package)
        for name in {*realtime.OPERATIONS, *(name for names in rows.values() for name in names)}:
            if name.lower() in called:
                driven.setdefault(name, []).append(sdk)
    for name in driven_in_the_browser():
        driven.setdefault(name, []).append("web")
    packages = json.loads((NODE / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    versions = {"Python": version("appwrite"), "Node": packages["node-appwrite"], "Web": packages["appwrite"]}
    return {"versions": versions, "driven": dict(sorted(driven.items())), "without route": sorted(without_route)}


def silent_sdk_request(service: type[Service], method: str) -> tuple[str, str]:
    """Return the method and path of the SDK's request. Suppress the SDK's deprecation warnings."""
    silent = SimpleNamespace(simplefilter=lambda *_: None, warn=lambda *_, **__: None)
    with mock.patch.object(sys.modules["appwrite.utils.deprecated"], "warnings", silent):
        return sdk_request(service, method)


def as_text(known: dict[str, Any]) -> str:
    """Format one operation per line, so that each change is a one-line diff."""
    lines = [f" {json.dumps(key)}: {_block(value)}" for key, value in known.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _block(value: Any) -> str:
    if isinstance(value, list):
        return "[\n" + ",\n".join(f"  {json.dumps(each)}" for each in value) + "\n ]"
    return "{\n" + ",\n".join(f"  {json.dumps(key)}: {json.dumps(each)}" for key, each in value.items()) + "\n }"


def summary() -> str:
    """Return the coverage table in Markdown, as the emulator generates it."""
    return ask_emulator(TABLE).strip()


def with_table(text: str, table: str) -> str:
    """Return `text`, a document, with `table` between the markers."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert begin, f"{DOCUMENT} has no {BEGIN}"
    assert end, f"{DOCUMENT} has no {END}"
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def main() -> None:
    SDKS.write_text(as_text(computed()), encoding="utf-8")
    table = summary()
    DOCUMENT.write_text(with_table(DOCUMENT.read_text(encoding="utf-8"), table), encoding="utf-8")


if __name__ == "__main__":
    main()
