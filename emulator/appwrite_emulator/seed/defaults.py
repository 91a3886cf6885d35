"""Fill in the fields that a hand-written file can omit, with the values that the API would set."""

from collections.abc import Callable
from typing import Any

from appwrite_emulator.auth import passwords
from appwrite_emulator.db.models.databases import DEFAULT_RANGES, FLOAT_RANGE, FORMAT_SIZES, INTEGER_RANGE, TEXT_TYPES
from appwrite_emulator.functions.runtimes import DEFAULT_SPECIFICATION
from appwrite_emulator.seed.fields import SeedError, content
from appwrite_emulator.seed.model_tree import Node

Record = dict[str, Any]


def complete(node: Node, record: Record, place: str) -> Record:
    """Return the record, with missing fields derived from other fields."""
    record = dict(record)
    if own := _COMPLETIONS.get(node.model.__name__):
        own(record, place)
    # The real server searches these resources by ID and name, and functions also by runtime.
    if "search" in node.fields:
        record.setdefault("search", " ".join(str(record[key]) for key in ("$id", "name", "runtime") if key in record))
    return record


def _user(record: Record, place: str) -> None:
    """Hash `plainPassword`, and create targets for the e-mail address and the phone number."""
    if "plainPassword" in record:
        plain = record.pop("plainPassword")
        if not isinstance(plain, str) or not plain:
            raise SeedError(f"{place}.plainPassword", "must be a non-empty string.")
        record |= {"password": passwords.hash_password(plain), "hash": "argon2", "hashOptions": passwords.ARGON2}
    record.setdefault("hashOptions", passwords.LIGHT_ARGON2)
    ways = (("email", record.get("email")), ("sms", record.get("phone")))
    record.setdefault("targets", [{"providerType": kind, "identifier": to} for kind, to in ways if to])


def _team(record: Record, _place: str) -> None:
    members = record.get("memberships")
    members = members if isinstance(members, list) else []
    record.setdefault("total", sum(isinstance(each, dict) and each.get("confirm") is True for each in members))


def _topic(record: Record, _place: str) -> None:
    subscribers = record.get("subscribers")
    for kind in ("email", "sms", "push"):
        listed = subscribers if isinstance(subscribers, list) else []
        count = sum(isinstance(each, dict) and each.get("providerType") == kind for each in listed)
        record.setdefault(f"{kind}Total", count)


def _column(record: Record, place: str) -> None:
    """Derive a missing size from the format, and give a number column the full range by default."""
    type_, format_ = record.get("type"), record.get("format") or ""
    if not isinstance(type_, str):
        raise SeedError(f"{place}.type", "must be a string.")
    if not record.get("size"):
        record["size"] = FORMAT_SIZES.get(str(format_), TEXT_TYPES.get(type_, 0))
    if type_ in DEFAULT_RANGES:
        smallest, greatest = FLOAT_RANGE if type_ == "double" else INTEGER_RANGE
        record.setdefault("min", smallest)
        record.setdefault("max", greatest)


def _index(record: Record, _place: str) -> None:
    """Set the index length of every column to 0, which means the whole value."""
    columns = record.get("columns")
    if not record.get("lengths") and isinstance(columns, list):
        record["lengths"] = [0] * len(columns)


def _file(record: Record, place: str) -> None:
    """Derive a file's fields from its content and name.

    `importing` sets the digest and the type, which depend on the bucket.
    """
    name = record.get("name")
    if isinstance(name, str):
        record.setdefault("extension", name.rpartition(".")[2].lower() if "." in name else "")
    record.setdefault("sizeOriginal", len(content(record.get("content", ""), f"{place}.content")))
    record |= {"chunksTotal": record.get("chunksTotal", 1), "chunksUploaded": record.get("chunksTotal", 1)}


def _function(record: Record, _place: str) -> None:
    """Use the CLI's `specification` for both builds and executions."""
    specification = record.pop("specification", DEFAULT_SPECIFICATION)
    record.setdefault("buildSpecification", specification)
    record.setdefault("runtimeSpecification", specification)


def _oauth2_provider(record: Record, place: str) -> None:
    """Accept Microsoft's `tenant` outside `settings`, where earlier versions exported it."""
    if "tenant" in record:
        tenant, settings = record.pop("tenant"), record.setdefault("settings", {})
        if not isinstance(tenant, str) or not isinstance(settings, dict):
            raise SeedError(f"{place}.tenant", "must be a string.")
        settings.setdefault("tenant", tenant)


_COMPLETIONS: dict[str, Callable[[Record, str], None]] = {
    "User": _user,
    "Team": _team,
    "Topic": _topic,
    "Column": _column,
    "Index": _index,
    "File": _file,
    "Function": _function,
    "OAuth2Provider": _oauth2_provider,
}
