"""Other websites can neither read nor change the emulator's data."""

import pytest
import requests

from tests.seed.conftest import MARK


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://["])
def test_other_website_cannot_reset(emulator, origin):
    response = requests.post(f"{emulator.origin}/_emulator/reset", headers={"Origin": origin}, timeout=20)
    assert response.status_code == 403


def test_other_website_cannot_import(emulator):
    response = requests.post(
        f"{emulator.origin}/_emulator/import", json=MARK, headers={"Origin": "https://evil.example"}, timeout=20
    )
    assert response.status_code == 403


@pytest.mark.parametrize("path", ["export", "inbox.json", "data/"])
def test_foreign_host_names_are_rejected(emulator, path):
    """With DNS rebinding, the browser treats the emulator as part of the attacking website."""
    there = f"{emulator.origin}/_emulator/{path}"
    assert requests.get(there, headers={"Host": "rebound.example:9100"}, timeout=20).status_code == 403
    assert requests.get(there, headers={"Host": "localhost:9100"}, timeout=20).status_code == 200
