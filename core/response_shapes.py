"""Checks of the shape of Appwrite's responses before the SDK parses them.

The SDK fills in missing fields, so an unexpected object would become an empty list of posts or a person without a name.
REQUIRED lists only fields that this site needs, so that other Appwrite versions can add, drop or change other fields.
The SDK is generated for one version and would reject fields that another version has changed, so `readable` replaces
them.
"""

from collections import defaultdict
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime
from typing import Any, get_args

from pydantic import ValidationError

from core.ids import is_id


def _is_moment(value: Any) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False


def _is_moment_or_empty(value: Any) -> bool:
    return value == "" or _is_moment(value)


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and is_id(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


Check = Callable[[Any], bool]
_IDENTIFIED: dict[str, Check] = {"$id": _is_id, "$createdAt": _is_moment}

# SDK model -> the keys that its JSON must contain, each with a check of its value.
REQUIRED: dict[str, dict[str, Check]] = {
    "Row": {**_IDENTIFIED, "$updatedAt": _is_moment, "$permissions": _is_list_of_texts, "$tableId": _is_id},
    "File": {**_IDENTIFIED, "bucketId": _is_id, "$permissions": _is_list_of_texts},
    "User": {
        **{**_IDENTIFIED, "name": _is_text, "email": _is_text, "labels": _is_list_of_texts},
        **{"prefs": lambda value: isinstance(value, dict), "status": _is_flag},
        **{"accessedAt": _is_moment_or_empty, "emailVerification": _is_flag},
        # The site removes passwords and second factors that a stranger may have set, and must not miss any.
        **{"passwordUpdate": _is_moment_or_empty, "mfa": _is_flag},
    },
    "Session": {**_IDENTIFIED, "userId": _is_id, "expire": _is_moment, "current": _is_flag},
    "Token": {**_IDENTIFIED, "userId": _is_id, "expire": _is_moment},
    "Identity": {**_IDENTIFIED, "userId": _is_id, "provider": _is_text, "providerEmail": _is_text},
    "Provider": {"$id": _is_id, "type": _is_text, "enabled": _is_flag},
    "Topic": {"$id": _is_id, "emailTotal": _is_count, "subscribe": _is_list_of_texts},
    "Subscriber": {"$id": _is_id, "userId": _is_id, "topicId": _is_id, "targetId": _is_id},
    "Target": {"$id": _is_id, "providerType": _is_text, "identifier": _is_text},
    "Message": {"$id": _is_id},
    "Membership": {"$id": _is_id, "teamId": _is_id, "userId": _is_id},
    "MfaFactors": {"totp": _is_flag, "recoveryCode": _is_flag},
    "Table": {"$id": _is_id, "$permissions": _is_list_of_texts, "rowSecurity": _is_flag},
    "ColumnIndex": {"key": _is_text, "status": _is_text},
    "Bucket": {
        **{"$id": _is_id, "$permissions": _is_list_of_texts, "fileSecurity": _is_flag, "compression": _is_text},
        **{"maximumFileSize": _is_count, "allowedFileExtensions": _is_list_of_texts},
    },
}

# pydantic's error type -> a value of the expected type. A missing field is first set to null: the next error then names
# its type.
_EMPTY: dict[str, Any] = {
    **{"missing": None, "string_type": "", "bool_type": False, "bool_parsing": False},
    **{"int_type": 0, "int_parsing": 0, "float_type": 0, "float_parsing": 0},
    **{"list_type": [], "dict_type": {}, "model_type": {}, "model_attributes_type": {}},
}
MAX_REPAIRS = 4  # a repaired field may contain another unreadable field, which only the next repair finds


def fault(body: Any, returns: Any) -> str:
    """Describe the first fault in `body`, the JSON response for an SDK method with the return type `returns`.

    Return "" if there is no fault. Do not quote values, because they may be secrets.
    """
    if not isinstance(body, dict):
        return f"JSON is {_kind(body)} instead of an object"
    fields = getattr(returns, "model_fields", None)
    if fields is None:
        return ""
    model = returns.__name__.partition("[")[0]
    for key, check in REQUIRED.get(model, {}).items():
        if key not in body:
            return f"no {key} in a {model}"
        if not check(body[key]):
            return f"unexpected {key} in a {model}"
    return _fault_in_list(body, model, fields) if model.endswith("List") else ""


def _fault_in_list(body: dict[str, Any], model: str, fields: dict[str, Any]) -> str:
    if not _is_count(body.get("total")):
        return f"no total in a {model}"
    for name, field in fields.items():
        if name == "total":
            continue
        items = body.get(field.alias or name)
        if not isinstance(items, list):
            return f"no list of {name} in a {model}"
        item_model = next(iter(get_args(field.annotation)), None)
        for item in items:
            if wrong := fault(item, item_model):
                return wrong
    return ""


def readable(body: Any, model: Any) -> Any | None:
    """Return a copy of `body`, repaired so that the SDK's `model` accepts it, or None if that is impossible.

    In the copy, each field of an unexpected type is empty, except that a number becomes text where text is expected.
    Call `fault` first.
    """
    try:
        body = deepcopy(body)
    except RecursionError:
        return None
    for _ in range(MAX_REPAIRS):
        try:
            model.model_validate(body)
        except ValidationError as error:
            repaired = [_repair(body, path, kind) for path, kind in _wrong_fields(body, error)]
            if not all(repaired):
                return None
        else:
            return body
    return None


def _wrong_fields(body: Any, error: ValidationError) -> list[tuple[list[Any], str]]:
    """Return the path and the kind of each error. For a union, use the errors of the type with the fewest errors."""
    unions: dict[tuple[Any, ...], dict[str, list[tuple[list[Any], str]]]] = defaultdict(lambda: defaultdict(list))
    for each in error.errors(include_url=False, include_input=False):
        value, member = body, ""
        path: list[Any] = []
        union: tuple[Any, ...] = ()
        for part in each["loc"]:
            is_index = isinstance(value, list) and isinstance(part, int)
            if is_index or (isinstance(value, dict) and (part in value or part == each["loc"][-1])):
                path.append(part)
                value = value[part] if is_index else value.get(part)
            else:  # the name of a type
                union, member = tuple(path), str(part)
        unions[union][member].append((path, each["type"]))
    return [wrong for members in unions.values() for wrong in min(members.values(), key=len)]


def _repair(body: Any, path: list[Any], kind: str) -> bool:
    """Replace the value at `path`. Return whether that was possible."""
    if not path or kind not in _EMPTY:
        return False
    *parents, last = path
    for part in parents:
        body = body[part]
    value = body[last] if isinstance(body, list) else body.get(last)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    body[last] = str(value) if kind == "string_type" and is_number else deepcopy(_EMPTY[kind])
    return True


def _kind(value: Any) -> str:
    return {list: "a list", str: "a string", type(None): "null", bool: "a boolean"}.get(type(value), "a number")
