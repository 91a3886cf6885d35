"""A user's memberships."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.db.models import Membership
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Text, accepts
from appwrite_emulator.services import lists
from appwrite_emulator.services.users.lookup import find_user

MEMBERSHIP_QUERIES = lists.attributes(
    Membership, userId="user", teamId="team", invited="invited", joined="joined", confirm="confirm", roles="roles"
)


@accepts(queries=lists.Queries(MEMBERSHIP_QUERIES), search=Text(256, default=""), total=Boolean(default=True))
def list_memberships(request: Request, *, user_id: str, queries: list[str], search: str, total: bool) -> dict[str, Any]:
    """GET /users/{id}/memberships. As on the real server, the total counts only the memberships on this page.

    As in the response to creating a membership, most details about the user are missing.
    """
    memberships = find_user(user_id).memberships.select_related("user", "team")
    page = lists.page(memberships, queries, MEMBERSHIP_QUERIES, search=search, searched=("id", "user"), total=False)
    return {
        "total": len(page.items) if total else 0,
        "memberships": [responses.membership(m) for m in page.items],
    }
