"""The user's own identities at OAuth2 providers."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Identity
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, accepts
from appwrite_emulator.services import lists
from appwrite_emulator.services.users.identities import IDENTITY_QUERIES


@accepts(queries=lists.Queries(IDENTITY_QUERIES), total=Boolean(default=True))
def list_identities(request: Request, *, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /account/identities."""
    page = lists.page(request.user.identities.all(), queries, IDENTITY_QUERIES, total=total)
    return {"total": page.total, "identities": [responses.identity(i) for i in page.items]}


def delete_identity(request: Request, *, identity_id: str) -> None:
    """DELETE /account/identities/{id}.

    Respond with 401 for another user's identity, although this reveals that the identity exists.
    """
    identity = Identity.objects.filter(id=identity_id).first()
    if identity is None:
        raise AppwriteError("user_identity_not_found")
    if identity.user_id != request.user.id:
        raise AppwriteError("user_unauthorized")
    request.add_change(responses.identity(identity))
    identity.delete()
