"""The coverage data agrees with the routes, the SDKs and the tests."""

import re

import pytest
import requests

from tests import coverage_table

HINT = "Run `python -m tests.coverage_table`."


@pytest.fixture
def coverage(emulator):
    return requests.get(f"{emulator.origin}/_emulator/coverage.json", timeout=20).json()


def test_sdk_data_is_up_to_date():
    assert coverage_table.SDKS.read_text(encoding="utf-8") == coverage_table.as_text(coverage_table.computed()), HINT


def test_table_in_the_document_is_up_to_date():
    text = coverage_table.DOCUMENT.read_text(encoding="utf-8")
    assert text == coverage_table.with_table(text, coverage_table.summary()), HINT


def test_every_client_operation_is_listed_once(coverage):
    operations = coverage["clientApi"]["operations"]
    assert len({(each["method"], each["path"]) for each in operations}) == len(operations) == 95
    assert sum(coverage["clientApi"][state] for state in ("driven", "answers", "refused", "later")) == 95


def test_deprecated_path_has_the_coverage_state_of_the_current_path(coverage):
    named = {f"{each['method']} {each['path']}": each for each in coverage["clientApi"]["operations"]}
    for old, name in (
        ("POST /account/jwt", "account.createJWT"),
        ("POST /account/mfa/challenge", "account.createMFAChallenge"),
        ("PUT /account/verification", "account.updateEmailVerification"),
    ):
        assert (named[old]["name"], named[old]["state"]) == (name, "driven")


def test_each_operation_has_a_coverage_state(coverage):
    states = {each["name"]: each["state"] for each in coverage["all"]["operations"]}
    assert states["tablesDB.listRows"] == "driven"
    assert states["health.getTime"] == "answers"
    assert states["sites.create"] == states["avatars.getScreenshot"] == "refused"
    assert states["account.createPasskey"] == "later"


def test_calls_of_javascript_sdks_are_found():
    assert {"account.createpushtarget", "account.createemailtoken"} <= coverage_table.driven_by_javascript("appwrite")
    in_node = coverage_table.driven_by_javascript("node-appwrite")
    assert "tablesdb.createtable" in in_node
    assert "account.createpushtarget" not in in_node


def test_page_shows_services_and_operations(emulator, coverage):
    page = f"{emulator.origin}/_emulator/coverage/"
    text = requests.get(page, timeout=20).text
    assert f"An SDK calls {coverage['clientApi']['driven']} of the" in text
    links = re.findall(r"\?service=(\w+)#", text)
    assert {"account", "tablesDB", "client"} <= set(links)
    shown = requests.get(page, params={"service": "teams"}, timeout=20).text
    assert "teams.createMembership" in shown
    assert "/account/verification/phone" in requests.get(page, params={"service": "client"}, timeout=20).text
