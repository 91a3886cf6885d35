"""One emulator for the run, as fresh as on its first day for every test; and the official SDK to speak to it with."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
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

# Method, path and names of every row of ROUTES. The emulator has settings of its own, so a process of its own says it.
ROWS = """
import json
import django
django.setup()
from appwrite_emulator.routes.table import ROUTES
print(json.dumps([(route.method, "/" + route.path, route.name, route.operations) for route in ROUTES]))
"""


@pytest.fixture(scope="session")
def appwrite_options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return {"key": KEY, "mails": tmp_path_factory.mktemp("mails")}


@pytest.fixture
def emulator(appwrite: Emulator) -> Emulator:
    """The same by the name that fits here: what is tested, and not what the test needs."""
    return appwrite


def client(emulator: Emulator, *, key: str = "", session: str = "", jwt: str = "") -> Client:
    """The SDK's client as one caller."""
    made = Client().set_endpoint(emulator.endpoint).set_project(emulator.project)
    if key:
        made.set_key(key)
    if session:
        made.set_session(session)
    if jwt:
        made.set_jwt(jwt)
    return made


@dataclass
class SignedInUser:
    """Somebody with an account, signed in once."""

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
    """A server with an API key that has all scopes."""
    return client(emulator, key=KEY)


@pytest.fixture
def guest(emulator: Emulator) -> Client:
    """A browser in which nobody is signed in."""
    return client(emulator)


@pytest.fixture
def users(server: Client) -> Users:
    return Users(server)


@pytest.fixture
def make_user(emulator: Emulator, server: Client) -> Callable[..., SignedInUser]:
    """Make users: `make_user("Alice", password=PASSWORD)` is a user of that name, signed in."""

    def make(name: str, **fields: Any) -> SignedInUser:
        address = f"{name.lower()}@example.com"
        Users(server).create(name.lower(), email=address, name=name, **fields)
        return sign_in(emulator, server, name.lower(), address)

    return make


def sign_in(emulator: Emulator, server: Client, user_id: str, email: str = "") -> SignedInUser:
    """One more session of this user."""
    token = Users(server).create_token(user_id)
    session = Account(server).create_session(user_id, token.secret)
    return SignedInUser(user_id, email, session.secret, emulator)


def people(emulator: Emulator) -> set[str]:
    """Return the ids of all users."""
    return {user.id for user in Users(client(emulator, key=KEY)).list().users}


CallApi = Callable[..., tuple[int, str, Any]]


@pytest.fixture
def call_api(emulator: Emulator) -> CallApi:
    """`ask("GET", "/users", ...)` as a server, without an SDK: status, the error's type, and the body."""

    def asked(method: str, path: str, headers: dict[str, str] | None = None, **options: Any) -> tuple[int, str, Any]:
        answer = requests.request(
            method, emulator.endpoint + path, headers=SERVER if headers is None else headers, timeout=20, **options
        )
        body = answer.json() if answer.headers["Content-Type"].startswith("application/json") else None
        return answer.status_code, body.get("type", "") if isinstance(body, dict) else "", body

    return asked


def status_and_type(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"]


def session_headers(person: SignedInUser) -> dict[str, str]:
    """The headers of somebody who is signed in."""
    return {"X-Appwrite-Project": "default", "X-Appwrite-Session": person.secret}


@pytest.fixture
def alice(make_user: Callable[..., SignedInUser]) -> SignedInUser:
    """A member whose address is not verified, with a password."""
    return make_user("Alice", password=PASSWORD)


@pytest.fixture
def bob(make_user: Callable[..., SignedInUser]) -> SignedInUser:
    """Another member."""
    return make_user("Bob")


@pytest.fixture
def ignore_deprecations(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK says of older methods that they are deprecated, past every warnings filter; not here."""
    silent = SimpleNamespace(simplefilter=lambda *_: None, warn=lambda *_, **__: None)
    monkeypatch.setattr(sys.modules["appwrite.utils.deprecated"], "warnings", silent)


@pytest.fixture
def expect_error() -> Callable[..., Any]:
    """`with expect_error("user_not_found", 404):` expects Appwrite's error of this type and status."""
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
    """Method and path of each row, and its names; the first is the one it goes by."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "appwrite_emulator.settings"}
    asked = subprocess.run(
        [sys.executable, "-c", ROWS], cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    rows = json.loads(asked.stdout)
    assert all(name == names[0] for _, _, name, names in rows)
    return {(method, path): names for method, path, _, names in rows}
