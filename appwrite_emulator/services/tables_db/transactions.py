"""Transactions: writes staged together, then committed or rolled back."""

import datetime
from typing import Any

from appwrite_emulator import clock, lists
from appwrite_emulator.callers import Request
from appwrite_emulator.errors import AppwriteError
from appwrite_emulator.models import Project, Transaction
from appwrite_emulator.params import Boolean, Integer, Invalid, Json, ListOf, Queries, accepts
from appwrite_emulator.responses import Answer, databases
from appwrite_emulator.rows import shapes, staging

ATTRIBUTES = lists.attributes(Transaction, status="status", expiresAt="expires_at")
ONE_ROW = ("create", "update", "upsert", "delete", "increment", "decrement")
MANY_ROWS = ("bulkCreate", "bulkUpdate", "bulkUpsert", "bulkDelete")


class StagedOperation(Json):
    """One operation: what to do, where, and with what."""

    def clean(self, value: Any, project: Project) -> dict[str, Any]:
        operation = super().clean(value, project)
        action, data = operation.get("action"), operation.get("data")
        table_id = operation.get("tableId") or operation.get("collectionId")
        row_id = operation.get("rowId") or operation.get("documentId") or ""
        if action not in (*ONE_ROW, *MANY_ROWS):
            raise Invalid(f"holds the unknown action {action!r}")
        if not all(isinstance(text, str) and text for text in (operation.get("databaseId"), table_id)):
            raise Invalid("must name database and table")
        if not isinstance(row_id, str) or (action in ONE_ROW[1:] and not row_id):
            raise Invalid(f"must name the row to {action}")
        if action in ("create", "update", "upsert") and not isinstance(data, dict):
            raise Invalid(f"must hold the data to {action}")
        return {"action": action, "database": operation["databaseId"], "table": table_id, "row": row_id, "data": data}


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


@accepts(operations=ListOf(StagedOperation(), 0, required=True))
def create_operations(request: Request, *, transaction_id: str, operations: list[dict[str, Any]]) -> Answer:
    """POST /tablesdb/transactions/{transactionId}/operations"""
    transaction = staging.find_open(transaction_id, request.caller)
    for operation in operations:
        shape = shapes.find(operation["database"], operation["table"])
        if shape is None:
            # The older word also under the newer path: so the real server answers.
            raise AppwriteError("collection_not_found")
        if operation["action"] in MANY_ROWS and not request.caller.is_key:
            raise AppwriteError("general_unauthorized_scope")
        staging.stage(transaction, shape, operation["action"], operation["row"], **_staged(request, operation))
    return Answer(databases.transaction(transaction), 201)


def _staged(request: Request, operation: dict[str, Any]) -> dict[str, Any]:
    """The operation's data in the form that single requests stage it in."""
    action, data = operation["action"], operation["data"]
    if action in ("bulkCreate", "bulkUpsert"):
        return {"rows": data if isinstance(data, list) else []}
    data = data or {}
    if action in ("increment", "decrement"):
        limit = data.get("max") if action == "increment" else data.get("min")
        return {"column": data.get("column") or data.get("attribute"), "value": data.get("value", 1), "limit": limit}
    if action in ("bulkUpdate", "bulkDelete"):
        return {"data": data.get("data", {}), "permissions": None, "queries": data.get("queries", [])}
    allowed = data.pop("$permissions", None)
    if action == "create" and allowed is None:
        allowed = staging.default_permissions(request.caller)
    return {"data": data, "permissions": allowed}
