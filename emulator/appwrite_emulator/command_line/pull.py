"""`appwrite-emulator pull`: copy the schema of a real project, and optionally its rows, into a seed file.

It reads the project over REST with an API key, and changes nothing in the project.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request, urlopen

from appwrite_emulator.command_line.options import file_path

Record = dict[str, Any]
PAGE_SIZE = 100
TIMEOUT = 60
"""Maximum duration of one request, in seconds."""
NEVER_COPIED = (
    "users, memberships, files, messages and their providers, functions' code and variables, project settings"
)
# Part of the seed -> path of its list, and response fields to leave out because they are computed or secret.
LISTS: dict[str, tuple[str, set[str]]] = {
    "buckets": ("storage/buckets", {"totalSize"}),
    "teams": ("teams", {"total"}),
    "topics": ("messaging/topics", {"emailTotal", "smsTotal", "pushTotal"}),
    "functions": ("functions", {"vars", "live", "version"}),
}
# Fields about deployments, which are not copied.
DEPLOYMENT_FIELDS = ("deployment", "latestDeployment")


class PullError(Exception):
    """The project cannot be copied. The message is one sentence."""


class AccessError(PullError):
    """The API key lacks the scope to read a resource, or the server does not support it."""


def main(arguments: list[str]) -> int:
    """Run the command and return the exit code: 0, or 1 after printing the reason to standard error."""
    options = _parse(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "appwrite_emulator.settings")
    import django

    django.setup()
    notes: list[str] = []
    try:
        seed = pull(Project(options.source, options.project, options.key), notes, with_rows=options.rows)
        options.file.write_text(f"{json.dumps(seed, ensure_ascii=False, indent=1)}\n", encoding="utf-8")
    except PullError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Cannot write {options.file}: {error.strerror}.", file=sys.stderr)
        return 1
    print(f"{options.file}: {_summary(seed, with_rows=options.rows)}")
    for note in notes:
        print(f"skipped: {note}")
    print(f"never copied: {NEVER_COPIED}")
    return 0


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="appwrite-emulator pull",
        description="Copy an Appwrite project's databases, tables, buckets, teams, topics and functions to a seed.",
        epilog="The key needs the scopes databases.read, tables.read, buckets.read, "
        "teams.read, topics.read and functions.read, and with --rows also rows.read. Other parts are skipped.",
    )
    parser.add_argument(
        "--from",
        dest="source",
        type=_endpoint,
        required=True,
        metavar="URL",
        help="the server's endpoint, ending in /v1",
    )
    parser.add_argument("--project", required=True, metavar="ID", help="project ID")
    parser.add_argument(
        "--key", default=os.environ.get("APPWRITE_API_KEY"), help="API key; default: the APPWRITE_API_KEY variable"
    )
    parser.add_argument("--rows", action="store_true", help="also copy the rows of all tables")
    parser.add_argument("file", type=file_path, metavar="FILE", help="seed to write; replaced if it exists")
    options = parser.parse_args(arguments)
    if not options.key:
        parser.error("an API key is required: use --key KEY or the APPWRITE_API_KEY variable")
    return options


def _endpoint(text: str) -> str:
    if urlsplit(text).scheme not in ("http", "https") or not urlsplit(text).hostname:
        raise argparse.ArgumentTypeError(f"must be a URL such as https://cloud.appwrite.io/v1, not {text!r}")
    return text.rstrip("/")


class Project:
    """A project on a server, read with an API key."""

    def __init__(self, endpoint: str, project: str, key: str) -> None:
        self.endpoint = endpoint
        self._headers = {"X-Appwrite-Project": project, "X-Appwrite-Key": key, "Accept": "application/json"}

    def list_(self, path: str, name: str, select: list[str] | None = None) -> Iterator[Record]:
        """Yield all items of a list, which is read page by page. `name` is the list's key in the responses."""
        fixed = [_query("limit", [PAGE_SIZE])] + ([_query("select", select)] if select else [])
        cursor: list[str] = []
        while True:
            page = self._get(f"{path}?{urlencode([('queries[]', query) for query in fixed + cursor])}").get(name, [])
            yield from page
            if len(page) < PAGE_SIZE:
                return
            cursor = [_query("cursorAfter", [page[-1]["$id"]])]

    def _get(self, path: str) -> Record:
        request = Request(f"{self.endpoint}/{path}", headers=self._headers)  # noqa: S310 - http or https
        try:
            with urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
                answer = json.load(response)
        except HTTPError as error:
            with error:
                reason = f"{path.partition('?')[0]} answers {error.code}: {_message(error)}"
            raise (AccessError if error.code in (401, 403, 404, 405) else PullError)(reason) from None
        except (URLError, HTTPException, OSError) as error:
            raise PullError(f"Cannot reach {self.endpoint}: {getattr(error, 'reason', error)}.") from None
        except ValueError:
            raise PullError(f"{self.endpoint} does not respond with JSON. Is it an Appwrite endpoint?") from None
        if not isinstance(answer, dict):
            raise PullError(f"{self.endpoint} does not respond like an Appwrite server.")
        return answer


def _query(method: str, values: list[Any]) -> str:
    return json.dumps({"method": method, "values": values})


def _message(error: HTTPError) -> str:
    try:
        return str(json.load(error)["message"])
    except (ValueError, KeyError, TypeError):
        return error.reason


def pull(project: Project, notes: list[str], *, with_rows: bool) -> Record:
    """Return the seed. Add a note for each part that is not copied. Raise PullError if nothing can be read."""
    from appwrite_emulator.seed import project_file

    databases = list(project.list_("tablesdb", "databases"))
    file: Record = {"projectId": "", "tablesDB": databases, "tables": []}
    for database in databases:
        for table in project.list_(_path("tablesdb", database["$id"], "tables"), "tables"):
            file["tables"].append({**_ready(table, notes), "databaseId": database["$id"]})
    for part, (path, left_out) in LISTS.items():
        try:
            file[part] = [_without(each, left_out) for each in project.list_(path, part)]
        except AccessError as error:
            notes.append(f"{part}: {error}")
    seed = project_file.to_seed(file, notes)
    del seed["project"]
    types = {database["$id"]: database.get("type", "tablesdb") for database in databases}
    for database in seed["databases"]:
        database["type"] = types[database["$id"]]
    if with_rows:
        _add_rows(project, seed, file["tables"], notes)
    return seed


def _path(*parts: str) -> str:
    return "/".join(quote(part, safe="") for part in parts)


def _without(record: Record, names: set[str]) -> Record:
    return {
        name: value for name, value in record.items() if name not in names and not name.startswith(DEPLOYMENT_FIELDS)
    }


def _ready(table: Record, notes: list[str]) -> Record:
    """Return the table without the columns and indexes that are incomplete or have failed. Add these to `notes`."""
    ready = dict(table)
    for part in ("columns", "indexes"):
        ready[part] = [each for each in table.get(part, []) if each.get("status", "available") == "available"]
        unfinished = [each for each in table.get(part, []) if each not in ready[part]]
        notes += [f"{part} {table['$id']}/{each['key']}: its status is {each['status']}" for each in unfinished]
    return ready


def _add_rows(project: Project, seed: Record, tables: list[Record], notes: list[str]) -> None:
    columns = {(table["databaseId"], table["$id"]): table["columns"] for table in tables}
    for database in seed["databases"]:
        for table in database["tables"]:
            path = _path("tablesdb", database["$id"], "tables", table["$id"], "rows")
            relations = [each for each in columns[database["$id"], table["$id"]] if each["type"] == "relationship"]
            select = ["*", *(f"{each['key']}.$id" for each in relations)] if relations else None
            try:
                rows = list(project.list_(path, "rows", select))
            except AccessError as error:
                notes.append(f"rows of {database['$id']}/{table['$id']}: {error}")
            else:
                known = {"$id", "$permissions", "$createdAt", "$updatedAt", *(each["key"] for each in table["columns"])}
                table["rows"] = [_row(row, known, relations) for row in rows]


def _row(row: Record, known: set[str], relations: list[Record]) -> Record:
    """Return the row in the form that a seed uses.

    It contains the IDs of related rows only in the columns where Appwrite stores them.
    """
    related = {each["key"]: each for each in relations}
    kept = {name: value for name, value in row.items() if name in known and name not in related}
    for key, relation in related.items():
        kind, is_parent, two_way = relation["relationType"], relation.get("side") == "parent", relation.get("twoWay")
        if is_parent and (kind == "manyToMany" or (kind == "oneToMany" and not two_way)):
            kept[key] = [_id(each) for each in row.get(key) or []]
        elif kind == "oneToOne" or kind == ("manyToOne" if is_parent else "oneToMany"):
            kept[key] = _id(row.get(key))
    return kept


def _id(related: Any) -> Any:
    """Return the ID of a related row. Return None for null, and for an empty list, which represents a deleted row."""
    return related.get("$id") if isinstance(related, dict) else related or None


def _summary(seed: Record, *, with_rows: bool) -> str:
    tables = [table for database in seed["databases"] for table in database["tables"]]
    counts = {"databases": len(seed["databases"]), "tables": len(tables)}
    counts |= {part: len(seed[part]) for part in LISTS if part in seed}
    if with_rows:
        counts["rows"] = sum(len(table.get("rows", [])) for table in tables)
    return ", ".join(f"{count} {name}" for name, count in counts.items())
