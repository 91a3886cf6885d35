"""Each SDK method of these services has a handler and a test that are named after the method."""

import ast
import inspect
import json
import os
import re
import subprocess
import sys
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from appwrite.client import Client
from appwrite.input_file import InputFile
from appwrite.service import Service
from appwrite.services.account import Account
from appwrite.services.avatars import Avatars
from appwrite.services.databases import Databases
from appwrite.services.functions import Functions
from appwrite.services.graphql import Graphql
from appwrite.services.locale import Locale
from appwrite.services.messaging import Messaging
from appwrite.services.presences import Presences
from appwrite.services.proxy import Proxy
from appwrite.services.storage import Storage
from appwrite.services.tables_db import TablesDB
from appwrite.services.teams import Teams
from appwrite.services.tokens import Tokens
from appwrite.services.users import Users

from tests.conftest import ROOT

pytestmark = pytest.mark.usefixtures("ignore_deprecations")  # deprecated methods are checked too

# Service -> patterns that match its tests. A file can contain the tests of two services.
TESTS: dict[type[Service], list[str]] = {
    Account: ["account/*"],
    Users: ["users/*", "account/test_mfa.py::*_by_a_server*"],
    Teams: ["test_teams.py::*"],
    Storage: ["storage/test_[!t]*"],
    Tokens: ["storage/test_tokens.py::*"],
    TablesDB: ["tables_db/*"],
    Databases: ["test_databases.py::*"],
    Graphql: ["test_graphql.py::*"],
    Functions: ["functions/*"],
    Messaging: ["messaging/*"],
    Presences: ["test_presences.py::*"],
    Proxy: ["test_proxy.py::*"],
    Locale: ["test_locale.py::*"],
    Avatars: ["test_avatars.py::*"],
}

# SDK methods that Appwrite 1.9.6 does not support, grouped by purpose. The installed SDK is for the newer version of
# Appwrite in Appwrite Cloud. Version 18 of the SDK, which is for 1.9, has none of these methods.
LATER = [
    (service, method)
    for service, methods in (
        # sign-in with passkeys
        (Account, "create_passkey create_passkey_token delete_passkey get_passkey list_passkeys update_passkey"),
        (Account, "update_passkey_token update_passkey_verification"),
        (Users, "delete_passkey get_passkey list_passkeys update_passkey"),
        # codes sent by e-mail for recovery and verification, where 1.9.6 sends only links
        (Account, "create_recovery_otp update_recovery_otp"),
        (Account, "create_email_verification_otp update_email_verification_otp"),
        # sign-in with an ID token from the phone's account
        (Account, "create_id_token_session"),
        # Appwrite as an OAuth2 provider, and apps that teams install
        (Account, "delete_consent delete_consent_token get_consent get_consent_token list_consent_tokens"),
        (Account, "list_consents"),
        (Teams, "create_installation delete_installation get_installation list_installations update_installation"),
        # the user's memberships in all teams
        (Account, "list_memberships"),
        # a challenge's secret, for servers that deliver it
        (Users, "get_mfa_challenge"),
        # the user's uploaded photo
        (Avatars, "delete_photo get_photo update_photo"),
        # queries too long for a URL
        (TablesDB, "create_query"),
        (Databases, "create_query"),
        # dedicated databases
        (TablesDB, "create_cutover create_failover create_migration delete_migration get_migration get_replicas"),
        (TablesDB, "get_status list_migrations list_operations list_specifications"),
        # a domain's cache and e-mail
        (Proxy, "create_invalidation create_smtp_rule"),
        # push messages delivered by Appwrite itself
        (Messaging, "create_appwrite_provider update_appwrite_provider"),
    )
    for method in methods.split()
]

# This program prints each route's method, path and handler names (`list_` is printed as `list`). It runs in a separate
# process with the emulator's Django settings.
ROWS = """
import json, sys
import django
django.setup()
from appwrite_emulator.routes.table import ROUTES
def names(handler):
    return [name.rstrip("_") for name, it in vars(sys.modules[handler.__module__]).items() if it is handler]
print(json.dumps([(route.method, "/" + route.path, names(route.handler)) for route in ROUTES]))
"""


@pytest.fixture(scope="session")
def handlers() -> dict[tuple[str, str], list[str]]:
    """Return each route's handler names by (method, path)."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "appwrite_emulator.settings"}
    process = subprocess.run(
        [sys.executable, "-c", ROWS], cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    return {(method, path): names for method, path, names in json.loads(process.stdout)}


def methods(service: type[Service]) -> list[str]:
    """Return the names of the methods of the SDK's class for `service`."""
    return [name for name, _ in inspect.getmembers(service, inspect.isfunction) if not name.startswith("_")]


METHODS = [(service, method) for service in TESTS for method in methods(service)]
EMULATED = [each for each in METHODS if each not in LATER]


def named(each: tuple[type[Service], str]) -> str:
    service, method = each
    return f"{service.__name__}.{method}"


class RequestSentError(Exception):
    """Raised instead of sending a request. Contains the request's method and path."""


class RecordingClient(Client):
    def call(self, method: str, path: str = "", *_: Any, **__: Any) -> None:
        raise RequestSentError(method.upper(), path)


def sdk_request(service: type[Service], method: str) -> tuple[str, str]:
    """Return the method and path of the SDK's request. Arguments in the path are placeholders, as in ROUTES."""
    arguments = {
        each.name: InputFile.from_bytes(b"", "empty") if each.annotation is InputFile else f"<{each.name}>"
        for each in inspect.signature(getattr(service, method)).parameters.values()
        if each.name != "self" and each.default is each.empty
    }
    with pytest.raises(RequestSentError) as caught:
        getattr(service(RecordingClient()), method)(**arguments)
    return caught.value.args[0], caught.value.args[1]


@cache
def parsed_tests() -> dict[Path, ast.Module]:
    """Return the syntax tree of each test module by its path in the tests folder."""
    folder = Path(__file__).parent
    return {path.relative_to(folder): ast.parse(path.read_text(encoding="utf-8")) for path in folder.rglob("test_*.py")}


@cache
def named_in_tests(service: type[Service]) -> frozenset[str]:
    """Return the service's methods whose names occur in the name of a test or test case."""
    longest_first = "|".join(sorted(methods(service), key=len, reverse=True))
    name = re.compile(rf"(?<=_)(?:{longest_first})(?=_|$)")
    names: set[str] = set()
    for path, module in parsed_tests().items():
        for test in module.body:
            if isinstance(test, ast.FunctionDef) and any(
                fnmatch(f"{path}::{test.name}", pattern) for pattern in TESTS[service]
            ):
                names.update(name.findall(test.name))
                cases = (node for decorator in test.decorator_list for node in ast.walk(decorator))
                names.update(str(node.value) for node in cases if isinstance(node, ast.Constant))
    return frozenset(names)


def test_each_method_calls_the_handler_of_its_name(handlers):
    wrong = {}
    for service, method in EMULATED:
        names = handlers.get(sdk_request(service, method), [])
        if method not in names:
            wrong[named((service, method))] = names
    assert wrong == {}


@pytest.mark.parametrize("service", TESTS)
def test_every_method_has_a_test_named_after_it(service):
    emulated = {method for of, method in EMULATED if of is service}
    assert emulated - named_in_tests(service) == set()


def test_methods_added_after_1_9_6_have_no_route(handlers):
    assert [named(each) for each in LATER if sdk_request(*each) in handlers] == []
