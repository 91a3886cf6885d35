"""Validate objects that are nested in a parameter, such as a column in "create table" or a transaction's operation."""

from collections.abc import Mapping
from typing import Any

from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Project
from appwrite_emulator.http.parameters import MissingParameterError, Param, ParameterError


def read(described: Mapping[str, Any], declared: Mapping[str, Param], parameter: str) -> dict[str, Any]:
    """Return the validated values of the declared keys in `described`.

    Raise 400 `general_argument_invalid` for an invalid value. The error names the parameter.
    """
    values = {}
    for name, param in declared.items():
        try:
            values[name] = param.read(described, name, Project())
        except ParameterError as reason:
            raise AppwriteError("general_argument_invalid", _describe(parameter, name, param, reason)) from None
    return values


def _describe(parameter: str, name: str, param: Param, reason: ParameterError) -> str:
    if isinstance(reason, MissingParameterError):
        return f"Invalid `{parameter}` param: An object is missing required field '{name}'"
    return f"Invalid `{parameter}` param: Invalid {name}: {param.explain(reason)}"
