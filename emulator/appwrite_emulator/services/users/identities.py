"""All users' identities at OAuth2 providers."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Identity
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Text, accepts
from appwrite_emulator.services import lists

IDENTITY_QUERIES = lists.attributes(
    Identity,
    userId="user",
    provider="provider",
    providerUid="provider_uid",
    providerEmail="provider_email",
    providerAccessTokenExpiry="provider_access_token_expiry",
)


@accepts(queries=lists.Queries(IDENTITY_QUERIES), search=Text(256, default=""), total=Boolean(default=True))
def list_identities(request: Request, *, queries: list[str], search: str, total: bool) -> dict[str, Any]:
    """GET /users/identities. There is a `search` parameter, but using it causes an error."""
    if search:
        raise AppwriteError("general_query_invalid", "Identities cannot be searched.")
    page = lists.page(Identity.objects.all(), queries, IDENTITY_QUERIES, total=total)
    return {"total": page.total, "identities": [responses.identity(i) for i in page.items]}


def delete_identity(request: Request, *, identity_id: str) -> None:
    """DELETE /users/identities/{id}."""
    identity = Identity.objects.filter(id=identity_id).first()
    if identity is None:
        raise AppwriteError("user_identity_not_found")
    request.add_change(responses.identity(identity))
    identity.delete()
