"""Checks of the shape of Appwrite's responses before the SDK parses them.

The SDK fills in missing fields, so an unexpected object would become an empty list of posts or a person without a name.
REQUIRED lists only fields that this site needs, so that a newer Appwrite may add or drop other fields.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, get_args

from core.ids import is_id


def _is_moment(value: Any) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and is_id(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


Check = Callable[[Any], bool]
_IDENTIFIED: dict[str, Check] = {"$id": _is_id, "$createdAt": _is_moment}

# SDK model -> the keys that its JSON must contain, each with a check of its value.
REQUIRED: dict[str, dict[str, Check]] = {
    "Row": {**_IDENTIFIED, "$updatedAt": _is_moment, "$permissions": _is_list_of_texts, "$tableId": _is_id},
    "File": {**_IDENTIFIED, "bucketId": _is_id, "$permissions": _is_list_of_texts},
    "User": {
        **{**_IDENTIFIED, "name": _is_text, "email": _is_text, "labels": _is_list_of_texts},
        **{"prefs": lambda value: isinstance(value, dict), "status": lambda value: isinstance(value, bool)},
        "accessedAt": lambda value: value == "" or _is_moment(value),
    },
    "Session": {**_IDENTIFIED, "userId": _is_id, "expire": _is_moment},
    "Token": {**_IDENTIFIED, "userId": _is_id, "expire": _is_moment},
    "Identity": {**_IDENTIFIED, "userId": _is_id, "provider": _is_text, "providerEmail": _is_text},
    "Provider": {"$id": _is_id, "type": _is_text, "enabled": lambda value: isinstance(value, bool)},
    "Topic": {"$id": _is_id, "emailTotal": _is_count, "subscribe": _is_list_of_texts},
    "Subscriber": {"$id": _is_id, "userId": _is_id, "topicId": _is_id, "targetId": _is_id},
    "Target": {"$id": _is_id, "providerType": _is_text, "identifier": _is_text},
    "Message": {"$id": _is_id},
    "Membership": {"$id": _is_id, "teamId": _is_id, "userId": _is_id},
}


def fault(body: Any, returns: Any) -> str:
    """Describe the first fault in `body`, the JSON response to an SDK method with the return type `returns`.

    Return "" if there is no fault. Quote no values, because they may be secrets.
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


def _kind(value: Any) -> str:
    return {list: "a list", str: "a string", type(None): "null", bool: "a boolean"}.get(type(value), "a number")
