"""The project itself, its labels and variables, and the scopes that open them."""

import pytest
from appwrite.query import Query
from appwrite.services.project import Project

from tests.conftest import INVALID


@pytest.fixture
def project(server):
    return Project(server)


def test_get_returns_the_project(project, emulator):
    found = project.get()
    assert (found.id, found.status, found.labels) == (emulator.project, "active", [])
    assert {"email-password", "magic-url"} <= {method.id.value for method in found.authmethods}


def test_update_labels_replaces_the_labels(project, call_api):
    project.update_labels(["one", "two", "one"])
    assert project.get().labels == ["one", "two"]
    assert call_api("PUT", "/project/labels", json={"labels": ["no-dashes"]})[:2] == INVALID


def test_variable_can_be_created_changed_listed_and_deleted(project, expect_error):
    project.create_variable("v", "GREETING", "Hello", secret=False)
    with expect_error("variable_already_exists", 409):
        project.create_variable("other", "GREETING", "Hi")
    assert project.get_variable("v").value == "Hello"
    project.update_variable("v", value="Hi", secret=True)
    hidden = project.get_variable("v")
    assert (hidden.value, hidden.secret, hidden.resourcetype, hidden.resourceid) == ("", True, "project", "")
    with expect_error("variable_cannot_unset_secret", 400):
        project.update_variable("v", secret=False)
    with expect_error("general_argument_invalid", 400):
        project.update_variable("v")
    assert [each.id for each in project.list_variables([Query.equal("key", "GREETING")]).variables] == ["v"]
    project.delete_variable("v")
    with expect_error("variable_not_found", 404):
        project.get_variable("v")


@pytest.mark.parametrize("prefix", ["policies", "project.policies"])
def test_policies_open_with_either_scope(call_api, prefix):
    key = call_api("POST", "/project/keys", json={"keyId": "k", "name": "K", "scopes": [f"{prefix}.read"]})[2]
    headers = {"X-Appwrite-Project": "default", "X-Appwrite-Key": key["secret"]}
    assert call_api("GET", "/project/policies/user-limit", headers)[0] == 200
    body = {"total": 1}
    assert call_api("PATCH", "/project/policies/user-limit", headers, json=body)[0] == 401
