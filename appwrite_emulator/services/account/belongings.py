"""What belongs to oneself: identities at OAuth2 providers, the activity log, devices for push messages."""

from typing import Any

from appwrite_emulator import lists, logs, responses
from appwrite_emulator.callers import Request
from appwrite_emulator.errors import AppwriteError
from appwrite_emulator.models import Identity
from appwrite_emulator.params import Boolean, Queries, accepts

IDENTITY_QUERIES = lists.attributes(
    Identity,
    userId="user",
    provider="provider",
    providerUid="provider_uid",
    providerEmail="provider_email",
    providerAccessTokenExpiry="provider_access_token_expiry",
)


@accepts(queries=Queries(), total=Boolean(default=True))
def list_identities(request: Request, *, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /account/identities."""
    found = lists.page(request.caller.user.identities.all(), queries, IDENTITY_QUERIES, total=total)
    return {"total": found.total, "identities": [responses.identity(i) for i in found.items]}


def delete_identity(request: Request, *, identity_id: str) -> None:
    """DELETE /account/identities/{id}."""
    deleted, _ = request.caller.user.identities.filter(id=identity_id).delete()
    if not deleted:
        raise AppwriteError("user_identity_not_found")


@accepts(queries=Queries(), total=Boolean(default=True))
def list_logs(request: Request, *, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /account/logs: newest first; only limit and offset can be asked for."""
    return logs.page(request, request.caller.user.logs.all(), queries, total=total)
