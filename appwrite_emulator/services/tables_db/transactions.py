"""Transactions: writes staged together, then committed or rolled back."""

import datetime
from typing import Any

from appwrite_emulator import clock, lists
from appwrite_emulator.callers import Request
from appwrite_emulator.errors import AppwriteError
from appwrite_emulator.models import Transaction
from appwrite_emulator.params import (
    Anything,
    Boolean,
    Float,
    Id,
    Integer,
    Json,
    ListOf,
    NewId,
    Permissions,
    Queries,
    Text,
    accepts,
)
from appwrite_emulator.responses import Answer, databases
from appwrite_emulator.rows import shapes, staging
from appwrite_emulator.services.tables_db import bulk
from appwrite_emulator.services.tables_db.described import read

ATTRIBUTES = lists.attributes(Transaction, status="status", expiresAt="expires_at")
ONE_ROW = ("create", "update", "upsert", "delete", "increment", "decrement")
COUNTING = ("increment", "decrement")
MANY_ROWS = ("bulkCreate", "bulkUpdate", "bulkUpsert", "bulkDelete")
_OPERATION = {
    "action": Text(choices=(*ONE_ROW, *MANY_ROWS), required=True),
    "databaseId": Id(required=True),
    "tableId": Id(),
    "collectionId": Id(),
    "rowId": NewId(),
    "documentId": NewId(),
    "data": Anything(),
}
_COUNT = {"column": Text(), "attribute": Text(), "value": Float(default=1), "min": Float(), "max": Float()}
_ROWS = {"data": ListOf(Json(), 100, required=True)}
_CHANGE = {"data": Json(default={}), "queries": Queries()}
_ROW = {"data": Json(required=True)}
_PERMISSIONS = {"$permissions": Permissions(*staging.ROW_ACTIONS)}


@accepts(queries=Queries(), total=Boolean(default=True))
def list_transactions(request: Request, *, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /tablesdb/transactions: the caller's own; all for an API key."""
    mine = Transaction.objects.all() if request.caller.is_key else Transaction.objects.filter(owner=_owner(request))
    found = lists.page(mine, queries, ATTRIBUTES, total=total)
    return {"total": found.total, "transactions": [databases.transaction(each) for each in found.items]}


def _owner(request: Request) -> str:
    return staging.owner(request.caller) if request.caller.user else ""


@accepts(ttl=Integer(60, 3600, default=300))
def create_transaction(request: Request, *, ttl: int) -> Answer:
    """POST /tablesdb/transactions"""
    now = clock.now()
    transaction = Transaction.objects.create(
        owner=staging.owner(request.caller),
        created_at=now,
        updated_at=now,
        expires_at=now + datetime.timedelta(seconds=ttl),
    )
    return Answer(databases.transaction(transaction), 201)


def get_transaction(request: Request, *, transaction_id: str) -> dict[str, Any]:
    """GET /tablesdb/transactions/{transactionId}"""
    return databases.transaction(staging.find(transaction_id, request.caller))


@accepts(commit=Boolean(default=False), rollback=Boolean(default=False))
def update_transaction(request: Request, *, transaction_id: str, commit: bool, rollback: bool) -> dict[str, Any]:
    """PATCH /tablesdb/transactions/{transactionId}: commit, or roll back, which the real server calls `failed`."""
    if commit == rollback:
        raise AppwriteError("general_bad_request", "Either commit or roll back.")
    transaction = staging.find_open(transaction_id, request.caller)
    try:
        if commit:
            staging.commit(transaction, request.caller)
        _end(transaction, "committed" if commit else "failed")
    except AppwriteError as error:
        error.and_then = lambda: _end(transaction, "failed")
        raise
    return databases.transaction(transaction)


def _end(transaction: Transaction, status: str) -> None:
    transaction.status = status
    transaction.updated_at = clock.now()
    transaction.save()


def delete_transaction(request: Request, *, transaction_id: str) -> None:
    """DELETE /tablesdb/transactions/{transactionId}"""
    staging.find(transaction_id, request.caller).delete()


@accepts(operations=ListOf(Json(), 0, required=True))
def create_operations(request: Request, *, transaction_id: str, operations: list[dict[str, Any]]) -> Answer:
    """POST /tablesdb/transactions/{transactionId}/operations"""
    transaction = staging.find_open(transaction_id, request.caller)
    for described in operations:
        operation = read(described, _OPERATION, "operations")
        action, row_id = operation["action"], operation["rowId"] or operation["documentId"] or ""
        table_id = operation["tableId"] or operation["collectionId"]
        if not table_id or (action in ONE_ROW and not row_id):
            raise AppwriteError("general_argument_invalid", f"Invalid `operations`: {action} needs a table and a row.")
        data = _staged(request, action, operation["data"])
        shape = shapes.find(operation["databaseId"], table_id)
        if shape is None:
            # The older word also under the newer path: so the real server answers.
            raise AppwriteError("collection_not_found")
        if action in MANY_ROWS and not request.caller.is_key:
            raise AppwriteError("general_unauthorized_scope")
        staging.stage(transaction, shape, action, row_id, **data)
    return Answer(databases.transaction(transaction), 201)


def _staged(request: Request, action: str, data: Any) -> dict[str, Any]:
    """An operation's data, checked, in the form in which single requests stage it."""
    if action == "delete":
        return {}
    if action in ("bulkCreate", "bulkUpsert"):
        return {"rows": bulk.identified(read({"data": data}, _ROWS, "operations")["data"], request.project)}
    data = read({"data": {} if data is None and action in COUNTING else data}, _ROW, "operations")["data"]
    if action in COUNTING:
        count = read(data, _COUNT, "operations")
        if count["value"] <= 0 or not (count["column"] or count["attribute"]):
            raise AppwriteError(
                "general_argument_invalid", f"Invalid `operations`: {action} needs a column and a value."
            )
        limit = count["max"] if action == "increment" else count["min"]
        return {"column": count["column"] or count["attribute"], "value": count["value"], "limit": limit}
    if action in ("bulkUpdate", "bulkDelete"):
        change = read(data, _CHANGE, "operations")
        return {"data": change["data"], "permissions": None, "queries": list(change["queries"])}
    allowed = read(data, _PERMISSIONS, "operations")["$permissions"]
    if action == "create" and allowed is None:
        allowed = staging.default_permissions(request.caller)
    return {"data": {key: value for key, value in data.items() if key != "$permissions"}, "permissions": allowed}
