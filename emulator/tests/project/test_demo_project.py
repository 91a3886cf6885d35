"""`--demo-project` creates a project with every platform and provider."""

import pytest
import requests

from appwrite_emulator.testing import Emulator
from tests.conftest import KEY
from tests.project.test_oauth2_providers import press, start

SERVER = {"X-Appwrite-Project": "default", "X-Appwrite-Key": KEY}


@pytest.fixture(scope="module")
def demo():
    with Emulator("--demo-project", key=KEY) as emulator:
        yield emulator


def get(emulator, path):
    return requests.get(f"{emulator.endpoint}{path}", headers=SERVER, timeout=20).json()


def test_demo_project_has_a_platform_of_each_type(demo):
    platforms = get(demo, "/project/platforms")["platforms"]
    assert {each["type"] for each in platforms} == {"web", "android", "apple", "linux", "windows"}


def test_demo_project_shows_the_sign_in_page_for_every_provider(demo):
    providers = get(demo, "/project/oauth2")["providers"]
    assert len(providers) == 42
    for provider in providers:
        assert provider["enabled"], provider
        assert requests.get(start(demo, provider["$id"]), timeout=20).status_code == 200


def test_demo_project_is_restored_by_a_reset(demo):
    headers = {**SERVER, "Content-Type": "application/json"}
    requests.patch(f"{demo.endpoint}/project/oauth2/slack", headers=headers, json={"enabled": False}, timeout=20)
    demo.reset()
    assert press(start(demo, "slack"), act="accept", name="Ada", email="ada@example.com").startswith("http://localhost")


def test_plain_project_has_neither_apps_nor_other_providers(call_api):
    assert {each["type"] for each in call_api("GET", "/project/platforms")[2]["platforms"]} == {"web"}
    providers = call_api("GET", "/project/oauth2")[2]["providers"]
    assert [each["$id"] for each in providers if each["enabled"]] == ["microsoft"]
