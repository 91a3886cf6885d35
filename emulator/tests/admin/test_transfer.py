"""The page for export and import."""

import json
from typing import Any

import requests
from appwrite.services.users import Users

from appwrite_emulator.testing import Emulator
from tests.seed.conftest import MARK


def upload(emulator: Emulator, file: Any, mode: str = "merge") -> requests.Response:
    files = {"file": ("seed.json", json.dumps(file).encode())}
    return requests.post(f"{emulator.origin}/_emulator/transfer/", files=files, data={"mode": mode}, timeout=20)


def test_page_exports_and_imports_a_file(emulator, server):
    shown = requests.get(f"{emulator.origin}/_emulator/transfer/", timeout=20).text
    assert 'href="/_emulator/export"' in shown
    response = upload(emulator, MARK | {"users": [{"$id": "zoe", "name": "Zoe"}]})
    assert "seed.json was imported" in response.text
    assert "users: 1 added" in response.text
    assert Users(server).get("zoe").name == "Zoe"
    header = requests.get(f"{emulator.origin}/_emulator/export", timeout=20).headers["Content-Disposition"]
    assert header == 'attachment; filename="default.seed.json"'


def test_page_reports_errors_in_the_file(emulator):
    response = upload(emulator, MARK | {"users": [{"$id": "<b>"}]}, "replace")
    assert response.status_code == 400
    assert "users[0].$id" in response.text
    assert "was not imported" in response.text
    nothing = requests.post(f"{emulator.origin}/_emulator/transfer/", data={"mode": "merge"}, timeout=20)
    assert (nothing.status_code, "Choose a file" in nothing.text) == (400, True)
