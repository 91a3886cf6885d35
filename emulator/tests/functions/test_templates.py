"""The templates for new functions."""

import pytest

from tests.conftest import GUEST, INVALID, CallApi


@pytest.fixture
def templates(call_api: CallApi):
    """Return a function that reads a page of templates."""

    def read(**params) -> dict:
        status, _, body = call_api("GET", "/functions/templates", GUEST, params=params)
        assert status == 200
        return body

    return read


def test_templates_are_ordered_by_popularity(templates):
    page = templates()
    assert (page["total"], len(page["templates"])) == (40, 25)
    assert [template["id"] for template in page["templates"]][:2] == ["payments-with-stripe", "prompt-chatgpt"]
    following = templates(limit=1, offset=1, total="0")
    assert (following["total"], [template["id"] for template in following["templates"]]) == (0, ["prompt-chatgpt"])


def test_templates_are_filtered_by_use_case_and_runtime(templates):
    found = templates(**{"useCases[0]": "messaging", "limit": "100"})["templates"]
    assert found
    assert all(template["useCases"] == ["messaging"] for template in found)
    swift = templates(**{"runtimes[0]": "swift-5.5"})
    assert swift["total"] == 0
    python = templates(**{"runtimes[0]": "python-3.12"})["templates"]
    assert all("python-3.12" in [it["name"] for it in template["runtimes"]] for template in python)


def test_unknown_filters_are_rejected(call_api: CallApi):
    for params in ({"useCases[0]": "cooking"}, {"runtimes[0]": "cobol-1"}, {"limit": "0"}):
        assert call_api("GET", "/functions/templates", GUEST, params=params)[:2] == INVALID


def test_template_describes_code_and_variables(call_api: CallApi):
    _, _, template = call_api("GET", "/functions/templates/prompt-chatgpt", GUEST)
    python = next(it for it in template["runtimes"] if it["name"] == "python-3.12")
    assert python == {
        "name": "python-3.12",
        "commands": "pip install -r requirements.txt",
        "entrypoint": "src/main.py",
        "providerRootDirectory": "python/prompt_chatgpt",
    }
    key, tokens = template["variables"]
    assert (key["name"], key["type"], key["required"], key["value"]) == ("OPENAI_API_KEY", "password", True, "")
    assert (tokens["name"], tokens["type"], tokens["required"]) == ("OPENAI_MAX_TOKENS", "number", False)
    assert tokens["value"] == "512"
    assert call_api("GET", "/functions/templates/nothing", GUEST)[:2] == (404, "function_template_not_found")
