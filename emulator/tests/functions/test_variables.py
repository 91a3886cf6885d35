"""The variables of functions."""

from tests.conftest import INVALID, CallApi
from tests.functions.conftest import PYTHON, equal_query


def test_create_variable_sets_a_secret_that_only_the_function_can_read(functions, expect_error):
    functions.create("mirror", "Mirror", PYTHON)
    variable = functions.create_variable("mirror", "colour", "COLOUR", "red")
    assert (variable.value, variable.secret) == ("", True)
    assert '"COLOUR":"red"' in functions.create_execution("mirror").responsebody
    with expect_error("variable_already_exists", 409):
        functions.create_variable("mirror", "other", "COLOUR", "blue")


def test_get_variable_and_list_variables(functions, expect_error):
    functions.create("hello", "Hello", PYTHON)
    functions.create_variable("hello", "colour", "COLOUR", "red", secret=False)
    assert functions.get_variable("hello", "colour").value == "red"
    assert [each.key for each in functions.list_variables("hello").variables] == ["COLOUR"]
    assert [each.key for each in functions.get("hello").vars] == ["COLOUR"]
    with expect_error("variable_not_found", 404):
        functions.get_variable("hello", "shape")


def test_update_variable(functions, expect_error):
    functions.create("hello", "Hello", PYTHON)
    functions.create_variable("hello", "colour", "COLOUR", "red", secret=False)
    assert functions.update_variable("hello", "colour", value="blue").value == "blue"
    assert functions.update_variable("hello", "colour", secret=True).value == ""
    with expect_error("variable_cannot_unset_secret", 400):
        functions.update_variable("hello", "colour", secret=False)


def test_delete_variable(functions):
    functions.create("hello", "Hello", PYTHON)
    functions.create_variable("hello", "colour", "COLOUR", "red")
    functions.delete_variable("hello", "colour")
    assert functions.list_variables("hello").total == 0


def test_secret_must_be_a_boolean(call_api: CallApi, create_and_run) -> None:
    create_and_run("echo")
    assert (
        call_api(
            "POST",
            "/functions/echo/variables",
            json={"variableId": "unique()", "key": "K", "value": "v", "secret": "true"},
        )[:2]
        == INVALID
    )


def test_variables_can_be_queried_by_resource_type(call_api: CallApi, create_and_run) -> None:
    create_and_run("echo")
    call_api("POST", "/functions/echo/variables", json={"variableId": "unique()", "key": "K", "value": "v"})
    for kind, total in (("function", 1), ("project", 0)):
        assert (
            call_api("GET", "/functions/echo/variables", params=equal_query("resourceType", kind))[2]["total"] == total
        )


def test_update_variable_requires_a_change(call_api: CallApi, functions):
    functions.create("hello", "Hello", PYTHON)
    functions.create_variable("hello", "colour", "COLOUR", "red", secret=False)
    path = "/functions/hello/variables/colour"
    for body in ({}, {"key": None}, None):
        assert call_api("PUT", path, json=body)[:2] == INVALID
    status, _, variable = call_api("PUT", path, json={"key": ""})
    assert (status, variable["key"], variable["value"]) == (200, "", "red")
