"""File tokens (the SDK's Tokens service): anyone with the link can read one file. Only API keys can manage tokens."""

import datetime
from typing import Any

from appwrite_emulator.auth import jwt
from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db import state
from appwrite_emulator.db.models import File, FileToken
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Datetime, accepts
from appwrite_emulator.services import lists
from appwrite_emulator.services.storage.access import find_bucket, find_file

# Contrary to Appwrite's documentation, `expire` cannot be queried. The real server validates queries against a file's
# fields.
ATTRIBUTES = lists.attributes(FileToken)
ACCESS_INTERVAL = datetime.timedelta(days=1)


@accepts(queries=lists.Queries(ATTRIBUTES), total=Boolean(default=True))
def list_(request: Request, *, bucket_id: str, file_id: str, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /tokens/buckets/{bucketId}/files/{fileId}."""
    file = find_file(find_bucket(request, bucket_id), file_id)
    page = lists.page(file.tokens.select_related("file__bucket"), queries, ATTRIBUTES, total=total)
    return {"total": page.total, "tokens": [_model(request, token) for token in page.items]}


@accepts(expire=Datetime(future=True))
def create_file_token(
    request: Request, *, bucket_id: str, file_id: str, expire: datetime.datetime | None
) -> dict[str, Any]:
    """POST /tokens/buckets/{bucketId}/files/{fileId}. Without `expire`, the token does not expire."""
    file = find_file(find_bucket(request, bucket_id), file_id)
    return _model(request, FileToken.objects.create(file=file, expire=expire))


def get(request: Request, *, token_id: str) -> dict[str, Any]:
    """GET /tokens/{tokenId}."""
    return _model(request, _find(token_id))


@accepts(expire=Datetime(future=True))
def update(request: Request, *, token_id: str, expire: datetime.datetime | None) -> dict[str, Any]:
    """PATCH /tokens/{tokenId}: set `expire`. If it is omitted or null, the token does not expire."""
    token = _find(token_id)
    token.expire = expire
    token.save()
    return _model(request, token)


def delete(request: Request, *, token_id: str) -> None:
    """DELETE /tokens/{tokenId}: revoke the token."""
    token = _find(token_id)
    request.add_change(_model(request, token))
    token.delete()


def _find(token_id: str) -> FileToken:
    token = FileToken.objects.select_related("file__bucket").filter(id=token_id).first()
    if token is None:
        raise AppwriteError("token_not_found")
    return token


def _model(request: Request, token: FileToken) -> dict[str, Any]:
    """Return the token with a new secret. Older secrets keep their expiry time when `expire` changes."""
    claims: dict[str, Any] = {
        "tokenId": token.id,
        "resourceId": token.resource_id,
        "resourceType": "files",
        "resourceInternalId": f"{token.file.bucket_id}:{token.file.pk}",
        "iat": int(clock.now().timestamp()),
    }
    if token.expire:
        claims["exp"] = int(token.expire.timestamp())
    return responses.file_token(token, secret=jwt.encode(claims, request.project.jwt_secret, None))


def find_token_file(request: Request, secret: str | None) -> File | None:
    """Return the file to which a token's secret gives access.

    Return None if the token is invalid, deleted or expired.
    """
    try:
        token_id = jwt.decode(secret, request.project.jwt_secret)["tokenId"] if secret else ""
    except (ValueError, KeyError, TypeError):
        return None
    token = FileToken.objects.select_related("file__bucket").filter(id=token_id).first()
    if token is None or (token.expire and token.expire <= clock.now()):
        return None
    _record_access(token)
    return token.file


def _record_access(token: FileToken) -> None:
    """Update `accessedAt`, at most once a day."""
    if token.accessed_at is None or token.accessed_at < clock.now() - ACCESS_INTERVAL:
        with state.write_lock():
            FileToken.objects.filter(pk=token.pk).update(accessed_at=clock.now())
