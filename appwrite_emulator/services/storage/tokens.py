"""File tokens, the SDK's Tokens service: links that let whoever has them read one file. Made by servers only."""

import datetime
from typing import Any

from appwrite_emulator import clock, jwt, lists, moments, responses, state
from appwrite_emulator.callers import Request
from appwrite_emulator.errors import AppwriteError
from appwrite_emulator.models import File, FileToken
from appwrite_emulator.params import Boolean, Invalid, Param, accepts
from appwrite_emulator.responses import Answer
from appwrite_emulator.services.storage.access import find_bucket, find_file

# Nor can `expire` be asked for, whatever Appwrite's documentation says: its list is checked against files' fields.
ATTRIBUTES = lists.attributes(FileToken)
SECRET_LIFE = 10 * 365 * 24 * 3600
"""The secret itself lasts; what ends a token is its own `expire`, which can be changed."""
ACCESS_INTERVAL = datetime.timedelta(days=1)


class Moment(Param):
    """A time to come."""

    def clean(self, value: Any, project: Any) -> datetime.datetime:
        try:
            moment = moments.parse(value) if isinstance(value, str) else None
        except ValueError:
            moment = None
        if moment is None or moment <= clock.now():
            raise Invalid("must be a time that is yet to come")
        return moment


@accepts(queries=lists.Queries(ATTRIBUTES), total=Boolean(default=True))
def list_(request: Request, *, bucket_id: str, file_id: str, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /tokens/buckets/{bucketId}/files/{fileId}"""
    file = find_file(find_bucket(request, bucket_id), file_id)
    found = lists.page(file.tokens.select_related("file__bucket"), queries, ATTRIBUTES, total=total)
    return {"total": found.total, "tokens": [_shown(request, token) for token in found.items]}


@accepts(expire=Moment())
def create_file_token(request: Request, *, bucket_id: str, file_id: str, expire: datetime.datetime | None) -> Answer:
    """POST /tokens/buckets/{bucketId}/files/{fileId}: good for ever, unless `expire` says until when."""
    file = find_file(find_bucket(request, bucket_id), file_id)
    return Answer(_shown(request, FileToken.objects.create(file=file, expire=expire)), status=201)


def get(request: Request, *, token_id: str) -> dict[str, Any]:
    """GET /tokens/{tokenId}"""
    return _shown(request, _find(token_id))


@accepts(expire=Moment())
def update(request: Request, *, token_id: str, expire: datetime.datetime | None) -> dict[str, Any]:
    """PATCH /tokens/{tokenId}: another end; left out or null, none."""
    token = _find(token_id)
    token.expire = expire
    token.save()
    return _shown(request, token)


def delete(request: Request, *, token_id: str) -> None:
    """DELETE /tokens/{tokenId}: the link opens nothing any more."""
    _find(token_id).delete()


def _find(token_id: str) -> FileToken:
    token = FileToken.objects.select_related("file__bucket").filter(id=token_id).first()
    if token is None:
        raise AppwriteError("token_not_found")
    return token


def _shown(request: Request, token: FileToken) -> dict[str, Any]:
    claims = {"tokenId": token.id, "resourceId": token.resource_id, "resourceType": "files"}
    return responses.file_token(token, secret=jwt.encode(claims, request.project.jwt_secret, SECRET_LIFE))


def file_of(request: Request, secret: str | None) -> File | None:
    """The file that the secret in a link opens; None for one that is wrong, ended or over: as if there were none."""
    try:
        token_id = jwt.decode(secret, request.project.jwt_secret)["tokenId"] if secret else ""
    except (ValueError, KeyError, TypeError):
        return None
    token = FileToken.objects.select_related("file__bucket").filter(id=token_id).first()
    if token is None or (token.expire and token.expire <= clock.now()):
        return None
    _note_access(token)
    return token.file


def _note_access(token: FileToken) -> None:
    """Keep when the link was last used, to the day."""
    if token.accessed_at is None or token.accessed_at < clock.now() - ACCESS_INTERVAL:
        with state.write_lock:
            FileToken.objects.filter(pk=token.pk).update(accessed_at=clock.now())
