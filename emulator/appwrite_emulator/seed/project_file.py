"""Convert an Appwrite CLI project file, `appwrite.config.json` (formerly `appwrite.json`), to a seed.

The file describes databases, tables, buckets, teams, topics and settings, with their current names (`tablesDB`,
`tables`, `columns`) or their legacy names (`databases`, `collections`, `attributes`). Notes list unsupported parts.
"""

from collections.abc import Iterable
from typing import Any

from appwrite_emulator.common.switches import AUTH_METHODS, SERVICES
from appwrite_emulator.db.models.databases import INTEGER_RANGE
from appwrite_emulator.seed import model_tree
from appwrite_emulator.seed.fields import SeedError

Record = dict[str, Any]
# Parts that are copied to the seed unchanged, except for fields that the model does not have.
_PLAIN = ("buckets", "teams", "topics", "functions")
_ALSO_READ = {"functions": ("specification",)}
_READ = {"projectId", "projectName", "endpoint", "settings", "tablesDB", "databases", "tables", "collections", *_PLAIN}
_POLICIES = {
    "duration": "sessionDuration",
    "limit": "userLimit",
    "sessionsLimit": "sessionLimit",
    "sessionAlerts": "sessionAlert",
    "passwordHistory": "passwordHistory",
    "passwordDictionary": "passwordDictionary",
    "personalDataCheck": "passwordPersonalData",
}
"""Name in `settings.auth.security` -> field of the project."""
_COLUMN = ("key", "type", "required", "array", "size", "default", "format", "elements", "min", "max", "encrypt")


def is_project_file(file: Record) -> bool:
    """Return whether this is a project file. Unlike a seed, it has `projectId` and no `format`."""
    return "projectId" in file and "format" not in file


def to_seed(file: Record, notes: list[str]) -> Record:
    """Return the seed for a project file. Add unsupported parts to `notes`."""
    seed: Record = {"format": model_tree.FORMAT, "project": _project(file, notes), "databases": _databases(file, notes)}
    nodes = {node.name: node for node in model_tree.roots()}
    for part in _PLAIN:
        if part in file and part in nodes:
            known = {*nodes[part].fields, *_ALSO_READ.get(part, ())}
            seed[part] = [_known(known, each, notes, place) for place, each in _each(file, part)]
    for part in file:
        if part not in _READ or (part in _PLAIN and part not in nodes):
            notes.append(f"{part}: ignored; the emulator does not support it.")
    return seed


def _each(file: Record, part: str) -> Iterable[tuple[str, Record]]:
    """Yield (path, object) for each object in a list. The path is for error messages."""
    listed = file.get(part, [])
    if not isinstance(listed, list):
        raise SeedError(part, "must be a list.")
    for n, each in enumerate(listed):
        if not isinstance(each, dict):
            raise SeedError(f"{part}[{n}]", "must be an object.")
        yield f"{part}[{n}]", each


def _object(record: Record, part: str, place: str) -> Record:
    """Return an optional object, or {} if it is missing or an empty list, as PHP writes an empty object."""
    value = record.get(part) or {}
    if not isinstance(value, dict):
        raise SeedError(place, "must be an object.")
    return value


def _known(fields: Iterable[str], record: Record, notes: list[str], place: str) -> Record:
    """Return the fields that the model has. In hand-written files, `$permissions` may lack the dollar sign."""
    known = set(fields)
    if "permissions" in record and "$permissions" in known:
        record = {"$permissions": record["permissions"]} | {k: v for k, v in record.items() if k != "permissions"}
    if unknown := sorted(key for key in record if key not in known):
        notes.append(f"{place}: ignored {', '.join(unknown)}.")
    return {key: value for key, value in record.items() if key in known}


def _project(file: Record, notes: list[str]) -> Record:
    """Return the project's name, policies, disabled services and disabled sign-in methods."""
    project: Record = {}
    if isinstance(name := file.get("projectName"), str) and name:
        project["name"] = name
    settings = _object(file, "settings", "settings")
    auth = _object(settings, "auth", "settings.auth")
    security = _object(auth, "security", "settings.auth.security")
    project |= {ours: security[theirs] for theirs, ours in _POLICIES.items() if isinstance(security.get(theirs), int)}
    unknown = []
    for part, known, field in (
        (_object(settings, "services", "settings.services"), SERVICES, "disabledServices"),
        (_object(auth, "methods", "settings.auth.methods"), AUTH_METHODS, "disabledAuthMethods"),
    ):
        disabled = sorted(name for name, enabled in part.items() if not enabled)
        project[field] = [name for name in disabled if name in known]
        unknown += [name for name in disabled if name not in known]
    if unknown:
        notes.append(f"settings: {', '.join(sorted(unknown))} stay enabled in the emulator.")
    return project


def _databases(file: Record, notes: list[str]) -> list[Record]:
    """Return all databases with their tables, including databases that appear only as a table's `databaseId`."""
    databases: dict[str, Record] = {}
    for part, kind in (("tablesDB", "tablesdb"), ("databases", "legacy" if "collections" in file else "tablesdb")):
        for place, each in _each(file, part):
            database = _known(("$id", "name", "enabled"), each, [], place) | {"type": kind, "tables": []}
            databases.setdefault(str(each.get("$id")), database)
    tables = [each for part in ("tables", "collections") for each in _each(file, part)]
    known = {f"{table.get('databaseId')}/{table.get('$id')}" for _, table in tables}
    for place, each in tables:
        name = each.get("databaseId")
        if not isinstance(name, str):
            raise SeedError(place, "databaseId is required.")
        database = databases.setdefault(name, {"$id": name, "name": name, "tables": []})
        database["tables"].append(_table(each, known, notes, place))
    _relate(databases.values())
    return list(databases.values())


def _table(record: Record, known: set[str], notes: list[str], place: str) -> Record:
    table: Record = {key: record[key] for key in ("$id", "name", "enabled", "$permissions") if key in record}
    table["rowSecurity"] = record.get("rowSecurity", record.get("documentSecurity", False))
    table |= {"relationships": [], "columns": [], "indexes": []}
    for at, column in _each_in(record, "columns" if "columns" in record else "attributes", place):
        if not isinstance(column.get("key"), str):
            raise SeedError(f"{at}.key", "must be a string.")
        if column.get("type") != "relationship":
            table["columns"].append(_column(column))
        elif (other := f"{record['databaseId']}/{_other_table(column)}") in known:
            table["columns"].append(_side(column, f"{record['databaseId']}/{record.get('$id')}", other))
        else:
            notes.append(f"{at}: ignored; the file has no table {other}.")
    columns = {column.get("key") for column in table["columns"]}
    for at, index in _each_in(record, "indexes", place):
        keys = index.get("columns", index.get("attributes", []))
        if isinstance(keys, list) and set(map(str, keys)) - columns - {"$id", "$createdAt", "$updatedAt"}:
            notes.append(f"{at}: ignored; it uses an unknown column.")
        else:
            table["indexes"].append(_index(index, keys))
    return table


def _other_table(column: Record) -> Any:
    return column.get("relatedTable", column.get("relatedCollection"))


def _side(column: Record, table: str, related: str) -> Record:
    """Return the column for one side of a relationship.

    Its `_relationship` describes the relationship from the parent's side, for `_relate`.
    """
    key, back_key = column.get("key"), column.get("twoWayKey")
    is_parent = column.get("side", "parent") == "parent"
    (parent, key_there), (child, back_key_there) = ((table, key), (related, back_key))[:: 1 if is_parent else -1]
    relationship = {
        "childId": child,
        "key": key_there,
        "twoWayKey": back_key_there or f"{parent.rpartition('/')[2]}_{key}"[:36],
        "type": column.get("relationType"),
        "twoWay": column.get("twoWay") is True,
        "onDelete": column.get("onDelete") or "restrict",
    }
    side = "parent" if is_parent else "child"
    return {
        "key": key,
        "type": "relationship",
        "side": side,
        "relationshipId": f"{parent}/{key_there}",
        "_relationship": (parent, relationship),
    }


def _relate(databases: Iterable[Record]) -> None:
    """Add each relationship to its parent's table once, even if the file contains both sides."""
    tables = {f"{database['$id']}/{table.get('$id')}": table for database in databases for table in database["tables"]}
    relationships: dict[str, tuple[str, Record]] = {}
    for table in tables.values():
        for column in table["columns"]:
            if "_relationship" in column:
                relationships.setdefault(column["relationshipId"], column.pop("_relationship"))
                column.pop("_relationship", None)
    for path, (parent, relationship) in relationships.items():
        tables[parent]["relationships"].append(relationship)
        sides = [("parent", parent, relationship["key"])]
        sides += [("child", relationship["childId"], relationship["twoWayKey"])] if relationship["twoWay"] else []
        for side, name, key in sides:
            columns = tables[name]["columns"]
            if not any(column.get("key") == key for column in columns):
                columns.append({"key": key, "type": "relationship", "side": side, "relationshipId": path})


def _each_in(record: Record, part: str, place: str) -> Iterable[tuple[str, Record]]:
    return [(f"{place}.{at}", each) for at, each in _each(record, part)]


def _column(record: Record) -> Record:
    column = {key: record[key] for key in _COLUMN if record.get(key) is not None}
    if column.get("format") in ("", "datetime"):
        del column["format"]
    if column.get("type") in ("integer", "bigint"):
        # Bounds near the ends of the range are rounded if JavaScript wrote them.
        for bound in ("min", "max"):
            if isinstance(record.get(bound), int | float):
                column[bound] = int(min(max(record[bound], INTEGER_RANGE[0]), INTEGER_RANGE[1]))
    elif column.get("type") != "double":
        column = {key: value for key, value in column.items() if key not in ("min", "max")}
    return column


def _index(record: Record, keys: Any) -> Record:
    index = {key: record[key] for key in ("key", "type", "lengths") if record.get(key) is not None}
    return index | {"columns": keys, "orders": record.get("orders") or []}
