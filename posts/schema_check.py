"""Compare Appwrite's tables, buckets and topics with those that the site needs, without changing anything."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from appwrite.query import Query
from django.conf import settings

from accounts.repositories.site_account import SITE_ACCOUNT, SiteAccountRepository
from accounts.repositories.subscriptions import TOPICS
from core import errors
from core.appwrite_client import AdminClient
from core.calls import run_concurrently
from posts import schema

SET_UP = "Run manage.py setup_appwrite."
DELETE_FIRST = (
    "In Appwrite's Console, delete it if it contains nothing that you need, then run manage.py setup_appwrite."
)
UNFINISHED = "Wait a minute and check again. If nothing changes, check that Appwrite's `databases` worker is running."


@dataclass(frozen=True)
class Finding:
    """The result of a check. `remedy` says what an administrator can do, or is "" if there is nothing to do."""

    item: str
    state: Literal["fine", "wrong", "unknown"]
    detail: str
    remedy: str = ""


def findings(client: AdminClient) -> Iterator[Finding]:
    """Check the database, its tables, the buckets, the topics and the site's own account."""
    database = settings.APPWRITE_DATABASE
    missing = Finding(f"database {database}", "wrong", "It does not exist.", SET_UP)
    if found := _failure(f"database {database}", lambda: client.db.get(database), missing):
        yield found
    else:
        yield Finding(f"database {database}", "fine", "It exists.")
        for table in schema.tables():
            yield from _table(client, table)
    for bucket in schema.buckets():
        yield _bucket(client, bucket)
    yield _topics(client)
    yield _site_account(client)


def _failure(item: str, call: Callable[[], Any], missing: Finding) -> Finding | None:
    """Return None if the call succeeds, `missing` if the object does not exist, and a finding for any other error."""
    try:
        call()
    except errors.NotFoundError:
        return missing
    except errors.SiteError as error:
        return not_checked(item, error)
    return None


def not_checked(item: str, error: errors.SiteError) -> Finding:
    if error.type == "general_unauthorized_scope":
        return Finding(
            item, "unknown", "Not checked, because the API key lacks a scope.", "Add the missing scopes first."
        )
    return Finding(item, "unknown", f"Not checked: {error}", "Check again in a minute.")


def _table(client: AdminClient, table: schema.Table) -> Iterator[Finding]:
    item, place = f"table {table.id}", (settings.APPWRITE_DATABASE, table.id)
    try:
        there, columns, indexes = run_concurrently(
            lambda: client.db.get_table(*place),
            lambda: _listed(client, table, "columns"),
            lambda: _listed(client, table, "indexes"),
        )
    except errors.NotFoundError:
        yield Finding(item, "wrong", "It does not exist.", SET_UP)
        return
    except errors.SiteError as error:
        yield not_checked(item, error)
        return
    wrong = [
        *_permissions(item, there.permissions, table.permissions, there.rowsecurity == table.row_security),
        *_columns(table, {column["key"]: column for column in columns}),
        *_indexes(table, {index["key"]: index for index in indexes}),
    ]
    if not there.enabled:
        wrong.append(Finding(item, "wrong", "It is disabled.", "Enable the table in Appwrite's Console."))
    yield from wrong
    if not wrong:
        yield Finding(item, "fine", "It has all columns and indexes, and the correct permissions.")


def _listed(client: AdminClient, table: schema.Table, kind: str) -> list[dict[str, Any]]:
    """Return the columns or indexes (`kind`) as JSON, because the SDK's models mix up column types."""
    path = f"/tablesdb/{settings.APPWRITE_DATABASE}/tables/{table.id}/{kind}"
    headers = {"content-type": "application/json", "x-appwrite-project": settings.APPWRITE_PROJECT}
    body = client.client.call("get", path, headers, {"queries": [Query.limit(100)]})
    if not isinstance(body, dict) or not isinstance(body.get(kind), list):
        raise errors.UnavailableError(f"the response lists no {kind}")
    return list(body[kind])


def _permissions(item: str, found: list[str], needed: list[str], security_is_right: bool) -> Iterator[Finding]:
    if set(found) != set(needed) or not security_is_right:
        yield Finding(item, "wrong", "Its permissions differ from those that the site needs.", SET_UP)


def _columns(table: schema.Table, found: dict[str, dict[str, Any]]) -> Iterator[Finding]:
    for column in table.columns:
        item, there = f"column {table.id}.{column.key}", found.get(column.key)
        if there is None:
            yield Finding(item, "wrong", "It does not exist.", SET_UP)
        elif there["status"] != "available":
            yield _unfinished(item, there["status"])
        elif differences := ", ".join(_differences(column, there)):
            yield Finding(
                item, "wrong", f"It differs from the column that the site needs: {differences}.", DELETE_FIRST
            )


def _differences(column: schema.Column, there: dict[str, Any]) -> Iterator[str]:
    kind = there.get("format") or there["type"]
    if kind != column.kind and not (kind == "string" and column.as_string()):
        yield f"its type is {kind} and not {column.kind}"
    if bool(there.get("array")) != column.options.get("array", False):
        yield "it is a list" if there.get("array") else "it is not a list"
    if there["required"] and not column.required:
        yield "it is required"
    if column.kind == "varchar" and there.get("size", 0) < column.options["size"]:
        yield f"its size is {there.get('size')} and not {column.options['size']}"
    if lacking := set(column.options.get("elements", ())) - set(there.get("elements") or ()):
        yield f"it does not allow {' and '.join(sorted(lacking))}"


def _indexes(table: schema.Table, found: dict[str, dict[str, Any]]) -> Iterator[Finding]:
    for index in table.indexes:
        item, there = f"index {table.id}.{index.key}", found.get(index.key)
        if there is None:
            yield Finding(item, "wrong", "It does not exist.", SET_UP)
        elif there["status"] != "available":
            yield _unfinished(item, there["status"])
        elif (there["type"], tuple(there["columns"])) != (index.type, index.columns):
            detail = f"It covers {', '.join(there['columns'])} and not {', '.join(index.columns)}."
            yield Finding(item, "wrong", detail, f"In Appwrite's Console, delete the index. {SET_UP}")


def _unfinished(item: str, status: str) -> Finding:
    if status in ("failed", "stuck"):
        return Finding(item, "wrong", "Appwrite could not create it.", DELETE_FIRST)
    return Finding(item, "wrong", f"It is not ready yet ({status}).", UNFINISHED)


def _bucket(client: AdminClient, bucket: schema.Bucket) -> Finding:
    item = f"bucket {bucket.id}"
    try:
        there = client.storage.get_bucket(bucket.id)
    except errors.NotFoundError:
        return Finding(item, "wrong", "It does not exist.", SET_UP)
    except errors.SiteError as error:
        return not_checked(item, error)
    if not there.enabled:
        return Finding(item, "wrong", "It is disabled.", "Enable the bucket in Appwrite's Console.")
    limits = (there.maximumfilesize, set(there.allowedfileextensions), there.filesecurity)
    if limits != (bucket.maximum_file_size, set(bucket.allowed_file_extensions), bucket.file_security):
        return Finding(item, "wrong", "Its limits differ from those that the site needs.", SET_UP)
    wrong = next(_permissions(item, there.permissions, bucket.permissions, True), None)
    return wrong or Finding(item, "fine", "It has the correct limits and permissions.")


def _topics(client: AdminClient) -> Finding:
    item = "topics for e-mails"
    try:
        found = {topic.id for topic in client.messaging.list_topics([Query.limit(100)]).topics}
    except errors.SiteError as error:
        return not_checked(item, error)
    if missing := sorted(set(TOPICS) - found):
        return Finding(item, "wrong", f"These topics do not exist: {', '.join(missing)}.", SET_UP)
    return Finding(item, "fine", "All topics exist.")


def _site_account(client: AdminClient) -> Finding:
    item = f"account {SITE_ACCOUNT.id}"
    try:
        if SiteAccountRepository(client).exists():
            return Finding(item, "fine", "It exists, so people who delete their accounts can leave their posts to it.")
    except errors.SiteError as error:
        return not_checked(item, error)
    return Finding(
        item, "wrong", "The site's own account is missing, so people cannot leave their posts to it.", SET_UP
    )
