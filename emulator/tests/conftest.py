"""Fixtures: one emulator for the whole run, reset before each test, and clients of the official SDK."""

import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from appwrite.client import Client
from appwrite.exception import AppwriteException
from appwrite.services.account import Account
from appwrite.services.users import Users

from appwrite_emulator.testing import Emulator

pytest_plugins = ["appwrite_emulator.testing.pytest_plugin"]

ROOT = Path(__file__).parent.parent
"""The emulator's project folder."""

KEY = "key-with-all-scopes"
GUEST = {"X-Appwrite-Project": "default"}
SERVER = {"X-Appwrite-Project": "default", "X-Appwrite-Key": KEY}
INVALID = (400, "general_argument_invalid")
CALLBACK = "http://localhost/auth/callback"
PASSWORD = "correct-horse-9"

# This program prints every route's method, path and names. It runs in a separate process with the emulator's settings.
ROWS = """
import json
import django
django.setup()
from appwrite_emulator.routes.table import ROUTES
print(json.dumps([(route.method, "/" + route.path, route.name, route.operations) for route in ROUTES]))
"""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Exempt the thousands of collected tests from garbage collection, which would scan them repeatedly."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the slowest tests first, so that no worker starts a slow test after the other workers have finished."""
    items.sort(key=lambda item: not any(item.get_closest_marker(name) for name in ("contract", "processes")))


@pytest.fixture(scope="session")
def appwrite_options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return {"key": KEY, "mails": tmp_path_factory.mktemp("mails"), "fast_hashes": True}


@pytest.fixture
def emulator(appwrite: Emulator) -> Emulator:
    """Return the pytest plugin's fixture `appwrite`, which the emulator's own tests call `emulator`."""
    return appwrite


def client(emulator: Emulator, *, key: str = "", session: str = "", jwt: str = "") -> Client:
    """Return an SDK client with the given credentials."""
    sdk_client = Client().set_endpoint(emulator.endpoint).set_project(emulator.project)
    if key:
        sdk_client.set_key(key)
    if session:
        sdk_client.set_session(session)
    if jwt:
        sdk_client.set_jwt(jwt)
    return sdk_client


@dataclass
class SignedInUser:
    """A user with one session."""

    id: str
    email: str
    secret: str
    emulator: Emulator = field(repr=False)

    @property
    def client(self) -> Client:
        return client(self.emulator, session=self.secret)

    @property
    def account(self) -> Account:
        return Account(self.client)


@pytest.fixture
def server(emulator: Emulator) -> Client:
    """Return an SDK client as a server uses it, with an API key that has all scopes."""
    return client(emulator, key=KEY)


@pytest.fixture
def guest(emulator: Emulator) -> Client:
    """Return an SDK client without a key or session."""
    return client(emulator)


@pytest.fixture
def users(server: Client) -> Users:
    return Users(server)


@pytest.fixture
def make_user(emulator: Emulator, server: Client) -> Callable[..., SignedInUser]:
    """Return a function that creates a user and a session: `make_user("Alice", password=PASSWORD)`."""

    def make(name: str, **fields: Any) -> SignedInUser:
        address = f"{name.lower()}@example.com"
        Users(server).create(name.lower(), email=address, name=name, **fields)
        return sign_in(emulator, server, name.lower(), address)

    return make


def sign_in(emulator: Emulator, server: Client, user_id: str, email: str = "") -> SignedInUser:
    """Create a session for an existing user and return the signed-in user."""
    token = Users(server).create_token(user_id)
    session = Account(server).create_session(user_id, token.secret)
    return SignedInUser(user_id, email, session.secret, emulator)


def user_ids(emulator: Emulator) -> set[str]:
    """Return the IDs of all users."""
    return {user.id for user in Users(client(emulator, key=KEY)).list().users}


CallApi = Callable[..., tuple[int, str, Any]]


@pytest.fixture(scope="session")
def connections() -> Iterator[requests.Session]:
    """Return an HTTP session that reuses connections but stores no cookies."""
    with requests.Session() as session:
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        yield session


@pytest.fixture
def call_api(emulator: Emulator, connections: requests.Session) -> CallApi:
    """Return a function that sends a request without the SDK, by default as a server.

    `call_api("GET", "/users")` returns the status, the error type and the parsed body. The type is "" if there is no
    error, and the body is None if it is not JSON.
    """

    def send(method: str, path: str, headers: dict[str, str] | None = None, **options: Any) -> tuple[int, str, Any]:
        response = connections.request(
            method, emulator.endpoint + path, headers=SERVER if headers is None else headers, timeout=20, **options
        )
        body = response.json() if response.headers["Content-Type"].startswith("application/json") else None
        return response.status_code, body.get("type", "") if isinstance(body, dict) else "", body

    return send


def status_and_type(response: requests.Response) -> tuple[int, str]:
    return response.status_code, response.json()["type"]


def session_headers(person: SignedInUser) -> dict[str, str]:
    """Return request headers with the session of `person`."""
    return {"X-Appwrite-Project": "default", "X-Appwrite-Session": person.secret}


@pytest.fixture
def alice(make_user: Callable[..., SignedInUser]) -> SignedInUser:
    """Return a signed-in user with a password and an unverified address."""
    return make_user("Alice", password=PASSWORD)


@pytest.fixture
def bob(make_user: Callable[..., SignedInUser]) -> SignedInUser:
    """Return a second signed-in user, without a password."""
    return make_user("Bob")


@pytest.fixture
def ignore_deprecations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence the SDK's deprecation warnings, which pytest's warning filters cannot silence."""
    silent = SimpleNamespace(simplefilter=lambda *_: None, warn=lambda *_, **__: None)
    monkeypatch.setattr(sys.modules["appwrite.utils.deprecated"], "warnings", silent)


@pytest.fixture
def expect_error() -> Callable[..., Any]:
    """Return a context manager that expects an error: `with expect_error("user_not_found", 404):`."""
    return ExpectedError


class ExpectedError:
    def __init__(self, type: str, code: int) -> None:
        self.expected = (type, code)

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        assert isinstance(error, AppwriteException), "no error was raised" if error is None else error
        assert (error.type, error.code) == self.expected
        return True


@pytest.fixture(scope="session")
def operations() -> dict[tuple[str, str], list[str]]:
    """Return each route's operation names by (method, path). The request log shows the first name."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "appwrite_emulator.settings"}
    process = subprocess.run(
        [sys.executable, "-c", ROWS], cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    rows = json.loads(process.stdout)
    assert all(name == names[0] for _, _, name, names in rows)
    return {(method, path): names for method, path, _, names in rows}


@pytest.fixture
def run_in_emulator() -> Callable[[str], Any]:
    """Return a function that runs Python code with the emulator's settings and returns the JSON that it prints."""

    def run(code: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-c", f"import json, django; django.setup()\n{code}"],
            cwd=ROOT,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "appwrite_emulator.settings"},
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    return run
