"""Responses of other Appwrite versions: unknown fields, and different values in fields that the site does not need."""

import json
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from io import StringIO
from typing import Any, Union, get_args, get_origin
from urllib.parse import urlsplit

import pytest
import requests
from appwrite import models as sdk_models
from appwrite.models.column_list import ColumnList
from appwrite.models.row import Row
from appwrite.models.row_list import RowList
from django.core.cache import cache
from django.core.management import call_command
from django.urls import reverse

from appwrite_emulator.command_line import options
from appwrite_emulator.testing import Emulator
from biso_site import local_project
from core import errors, response_shapes
from core.appwrite_client import create_admin_client, create_guest_client
from core.transport import POOL
from posts import schema, schema_check
from tests import users
from tests.acts import ACTS, FORM
from tests.conftest import KEY, PATIENT
from tests.test_faults import quiet, stage  # noqa: F401

MOMENT = "2026-01-01T00:00:00.000+00:00"
FLAGS = (
    "current",
    "status",
    "enabled",
    "emailVerification",
    "mfa",
    "totp",
    "recoveryCode",
    "rowSecurity",
    "fileSecurity",
)
SAMPLES = {
    **{"$createdAt": MOMENT, "$updatedAt": MOMENT, "expire": MOMENT, "accessedAt": MOMENT, "passwordUpdate": ""},
    **{"$permissions": ['read("any")'], "labels": ["admin"], "subscribe": [], "allowedFileExtensions": ["webp"]},
    **{"prefs": {"a": 1}, "emailTotal": 3, "maximumFileSize": 5, **dict.fromkeys(FLAGS, True)},
}
ROW_COLUMNS = {column.key for table in schema.tables() for column in table.columns}
UNKNOWN = {"newText": "x", "newList": [1, None], "newObject": {"a": {}}, "$new": None}
OTHER_VALUES = [None, 7, 7.5, "text", True, [], [None], {}, {"a": None}]


def sdk_model(name: str) -> Any:
    for module in pkgutil.iter_modules(sdk_models.__path__):
        found = getattr(import_module(f"appwrite.models.{module.name}"), name, None)
        if found is not None:
            return found
    raise LookupError(name)


def required_fields(name: str) -> dict[str, Any]:
    """Return the smallest response that the site accepts for this model."""
    body = {field: SAMPLES.get(field, "text") for field in response_shapes.REQUIRED[name]}
    if name == "ColumnIndex":
        body["status"] = "available"
    assert not response_shapes.fault(body, sdk_model(name))
    return body


@pytest.mark.parametrize("name", response_shapes.REQUIRED)
def test_object_is_readable_with_any_values_in_fields_the_site_does_not_need(name):
    model, needed = sdk_model(name), required_fields(name)
    assert response_shapes.readable(needed | UNKNOWN, model) is not None
    unreadable = []
    for field, info in model.model_fields.items():
        key = info.alias or field
        for value in OTHER_VALUES:
            if key in needed or key == "columns" or _is_enumeration(info.annotation):
                continue
            body = response_shapes.readable({**UNKNOWN, **needed, key: value}, model)
            if body is None or any(body[each] != needed[each] for each in needed):
                unreadable.append((key, value))
    assert unreadable == []


def _is_enumeration(annotation: Any) -> bool:
    """Return whether the field accepts only certain words. No default word would be safe for an unknown state."""
    kinds = get_args(annotation) if get_origin(annotation) is Union else (annotation,)
    return any(getattr(kind, "__module__", "").startswith("appwrite.enums") for kind in kinds)


def test_numbers_become_text_where_the_sdk_expects_text():
    row = {**required_fields("Row"), "$sequence": 12}
    assert response_shapes.readable({"total": 1, "rows": [row]}, RowList)["rows"][0]["$sequence"] == "12"


def test_column_of_a_known_type_stays_readable_with_null_fields():
    column = {"key": "title", "type": "varchar", "status": "available", "size": 9, "error": None, "encrypt": None}
    body = response_shapes.readable({"total": 1, "columns": [column]}, ColumnList)
    assert (body["columns"][0]["key"], body["columns"][0]["status"]) == ("title", "available")


def test_response_is_not_readable_if_the_kind_of_a_state_is_unknown():
    column = {"key": "title", "type": "varchar", "status": "dreaming", "size": 9}
    assert response_shapes.readable({"total": 1, "columns": [column]}, ColumnList) is None


def test_deeply_nested_response_is_not_readable():
    nested: dict[str, Any] = {}
    for _ in range(1000):
        nested = {"a": nested}
    assert response_shapes.readable({**required_fields("Row"), "$sequence": 1, "data": nested}, Row) is None


def test_rows_of_appwrite_1_8_contain_numbers_as_sequence(monkeypatch, alice, published):
    change_responses(monkeypatch, lambda key, value: int(value) if key == "$sequence" else value)
    assert create_guest_client().db.get_row("app", "posts", published.id).data["title"] == published.title
    rows = create_guest_client().db.list_rows("app", "posts").rows
    assert [row.id for row in rows] == [published.id]


def test_unreadable_response_is_requested_only_once(monkeypatch, appwrite):
    sent = change_responses(monkeypatch, lambda key, value: None if key == "phoneVerification" else value)
    person = create_admin_client().users.create("olga", "olga@example.com")
    assert (person.email, person.phoneverification, len(sent)) == ("olga@example.com", False, 1)


def test_locked_row_does_not_count_as_a_conflict():
    error = errors.from_appwrite("general_resource_locked", 409, "The resource is being modified.")
    assert isinstance(error, errors.AppwriteRateLimitedError)


def change_responses(monkeypatch: pytest.MonkeyPatch, change: Any, unknown: dict[str, Any] | None = None) -> list[str]:
    """Replace the fields in all JSON responses by `change(key, value)`, and return a list that records the calls."""
    send, sent = POOL.send, []

    def changed(value: Any) -> Any:
        if isinstance(value, list):
            return [changed(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {key: change(key, changed(item)) for key, item in value.items()} | (unknown or {})

    def sending(request: requests.PreparedRequest, **options: Any) -> requests.Response:
        sent.append(request.url or "")
        response = send(request, **options)
        if response.headers.get("Content-Type", "").startswith("application/json"):
            response._content = json.dumps(changed(json.loads(response.content))).encode()
        return response

    monkeypatch.setattr(POOL, "send", sending)
    return sent


NEEDED = {name for fields in response_shapes.REQUIRED.values() for name in fields}
# Other fields that pages show or compare. Without these fields, the site works, but its pages differ.
SHOWN = {"total", "rows", "users", "secret", "phrase", "data", "columns", "indexes"}


@pytest.mark.thorough
def test_site_works_with_unknown_fields_and_null_in_unneeded_fields(stage, appwrite, monkeypatch):  # noqa: F811
    def lose(key: str, value: Any) -> Any:
        is_needed = key in NEEDED | SHOWN or isinstance(value, (list, dict)) or not isinstance(key, str)
        return value if is_needed or key in ROW_COLUMNS else None

    expected = [stage.do(act).status_code for act in ACTS]
    appwrite.reset("stage")
    cache.clear()
    change_responses(monkeypatch, lose, UNKNOWN)
    answers = [stage.do(act).status_code for act in ACTS]
    different = {
        (number, act.name, act.who): (was, now)
        for number, (act, was, now) in enumerate(zip(ACTS, expected, answers, strict=True))
        if was != now and act.name not in ("pending_cover", "posts:undo")  # these acts need data from the cache
    }
    assert different == {}


@pytest.fixture(scope="module", params=options.OTHER_VERSIONS)
def other_appwrite(request, tmp_path_factory) -> Iterator[Emulator]:
    """Start an emulator that stands in for another version."""
    arguments = {"project": "biso", "key": KEY, "mails": tmp_path_factory.mktemp("mails"), "fast_hashes": True}
    with Emulator("--as", request.param, **arguments) as emulator:
        emulator.control("POST", "import", body=local_project.seed())
        yield emulator


@pytest.fixture
def other(other_appwrite, settings, tmp_path) -> Emulator:
    cache.clear()
    settings.APPWRITE_ENDPOINT = other_appwrite.endpoint
    settings.APPWRITE_TIMEOUT = PATIENT
    settings.LOCAL_DIR = tmp_path
    return other_appwrite


@pytest.mark.thorough
@pytest.mark.processes
def test_site_works_with_other_versions(other, settings):
    """The steps share one emulator, because starting it and setting up the project take most of the time."""
    said = StringIO()
    call_command("setup_appwrite", demo=True, stdout=said)
    assert "Created column posts.content." in said.getvalue()
    said = StringIO()
    call_command("setup_appwrite", stdout=said)
    assert said.getvalue() == "Appwrite is ready.\n"
    assert [finding for finding in schema_check.findings(create_admin_client()) if finding.state == "wrong"] == []

    guest = users.Browser()
    assert guest.post(reverse("accounts:login"), {"email": "olga@example.com"}).status_code == 302
    link = urlsplit(other.inbox.link("olga@example.com"))
    page = guest.get(f"{link.path}?{link.query}", follow=True).content.decode()
    nonce = re.search(r'name="nonce" value="([^"]+)"', page)[1]
    assert guest.post(reverse("accounts:callback"), {"nonce": nonce}).status_code == 302
    assert guest.get(reverse("accounts:account")).status_code == 200
    guest.post(reverse("accounts:logout"))

    alice = users.create("Alice")
    browser = alice.browser()
    form = {**FORM, "act": "publish", "post_id": "abcdefgh27", "content": "Kaffe " * 12_000}
    assert browser.post(reverse("posts:new"), form).status_code == 302
    page = guest.get(reverse("posts:detail", args=["abcdefgh27"]))
    assert FORM["title"] in page.content.decode()
    assert guest.get(reverse("posts:list"), {"q": "kaffe"}).status_code == 200
    for name in ("posts:mine", "accounts:account", "posts:export", "posts:topics", "posts:home", "posts:feed"):
        assert browser.get(reverse(name)).status_code == 200, name
    assert browser.get(reverse("posts:history", args=["abcdefgh27"])).status_code == 200

    users.block(alice)
    cache.clear()
    assert browser.get(reverse("posts:mine")).status_code in (302, 403)
    settings.APPWRITE_API_KEY = "standard_revoked"
    assert guest.post(reverse("accounts:login"), {"email": "kari@example.com"}).status_code == 503
