"""Sites. The list is always empty, because the emulator hosts no websites."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.http.parameters import Boolean, Text, accepts
from appwrite_emulator.services import lists

_ATTRIBUTES = "name enabled framework deploymentId buildCommand installCommand outputDirectory installationId"
ATTRIBUTES = lists.constants(**dict.fromkeys(_ATTRIBUTES.split(), ""))


@accepts(queries=lists.Queries(ATTRIBUTES), search=Text(256, min=0, default=""), total=Boolean(default=True))
def list_(request: Request, *, queries: list[str], search: str, total: bool) -> dict[str, Any]:
    """GET /sites: return an empty list."""
    return {"total": 0, "sites": []}
