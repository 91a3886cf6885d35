"""Read from Appwrite everything that a restore needs, page by page, and write it to an archive."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from appwrite.models.user import User as AppwriteUser
from appwrite.query import Query
from django.conf import settings
from django.utils import timezone

from accounts.repositories.subscriptions import TOPICS as MAIL_TOPICS
from core import errors
from core.appwrite_client import AdminClient
from posts import schema
from posts.covers import images
from posts.transfer import archive
from posts.transfer.archive import Writer

TEXTS_AT_ONCE = 25  # rows per response if the rows contain the posts' text
AT_ONCE = 100  # other objects per response
DERIVED = (schema.TOPICS,)
"""Tables that are not exported, because the import computes them again."""


def export(client: AdminClient, path: Path, say: Callable[[str], None]) -> None:
    """Write the export to `path`.

    `say` receives a message about each kind of object, and about each omitted object.
    """
    with archive.writing(path) as writer:
        writer.add(kind="export", format=archive.FORMAT, at=timezone.now().isoformat(timespec="seconds"))
        # Read the posts before their pictures. Otherwise, a picture uploaded in between could be missing from the
        # export.
        for table in schema.tables():
            if table.id not in DERIVED:
                say(f"{_rows(client, writer, table)} rows of table {table.id}")
        say(f"{_people(client, writer)} people")
        for bucket in schema.buckets():
            say(f"{_files(client, writer, bucket, say)} files of bucket {bucket.id}")
        _subscribers(client, writer, say)


def _pages(read: Callable[[list[str]], list[Any]], size: int) -> Iterator[Any]:
    """Yield all objects in the order of their ids. A cursor would fail if its object were deleted in between."""
    place: list[str] = []
    while page := read([Query.order_asc("$id"), Query.limit(size), *place]):
        yield from page
        place = [Query.greater_than("$id", page[-1].id)]


def _rows(client: AdminClient, writer: Writer, table: schema.Table) -> int:
    size = TEXTS_AT_ONCE if any(column.kind == "mediumtext" for column in table.columns) else AT_ONCE
    database, count = settings.APPWRITE_DATABASE, 0
    try:
        for row in _pages(lambda queries: list(client.db.list_rows(database, table.id, queries, total=0).rows), size):
            writer.add(
                kind="row",
                table=table.id,
                id=row.id,
                permissions=list(row.permissions),
                created=row.createdat,
                updated=row.updatedat,
                data=row.data,
            )
            count += 1
    except errors.NotFoundError:  # an older project lacks the table
        return 0
    return count


def _people(client: AdminClient, writer: Writer) -> int:
    count = 0
    for user in _pages(lambda queries: list(client.users.list(queries, total=0).users), AT_ONCE):
        writer.add(kind="person", **person_values(user))
        count += 1
    return count


def person_values(user: AppwriteUser) -> dict[str, Any]:
    """Return the exported data about an account. Passwords, sessions and sign-in methods are not exported."""
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "verified": bool(user.emailverification),
        "active": bool(user.status),
        "labels": sorted(user.labels),
        "prefs": user.prefs.data if isinstance(user.prefs.data, dict) else {},
    }


def _files(client: AdminClient, writer: Writer, bucket: schema.Bucket, say: Callable[[str], None]) -> int:
    count = 0
    try:
        for file in _pages(lambda queries: list(client.storage.list_files(bucket.id, queries, total=0).files), AT_ONCE):
            try:
                content = bytes(client.storage.get_file_download(bucket.id, file.id))
            except errors.NotFoundError:
                continue  # the file was deleted after it was listed, or its upload was never completed
            if not images.is_webp(content):  # uploaded directly to Appwrite; the site never shows the file
                say(f"Left out file {file.id} of bucket {bucket.id}, because it is not a picture.")
                continue
            path = f"{bucket.id}/{file.id}.webp"
            writer.add_picture(path, content)
            writer.add(
                kind="file",
                bucket=bucket.id,
                id=file.id,
                name=file.name,
                permissions=list(file.permissions),
                path=path,
            )
            count += 1
    except errors.NotFoundError:  # an older project lacks the bucket
        return 0
    return count


def _subscribers(client: AdminClient, writer: Writer, say: Callable[[str], None]) -> None:
    count = 0
    for topic in MAIL_TOPICS:
        try:
            for each in _pages(partial(_subscribers_of, client, topic), AT_ONCE):
                writer.add(kind="subscriber", topic=topic, person=each.userid)
                count += 1
        except errors.NotFoundError:
            continue  # `setup_appwrite` has not created the topic
        except errors.MisconfiguredError as error:
            say(f"Left out the subscriptions to e-mails: {error}")
            return
    say(f"{count} subscriptions to e-mails")


def _subscribers_of(client: AdminClient, topic: str, queries: list[str]) -> list[Any]:
    return list(client.messaging.list_subscribers(topic, queries, total=0).subscribers)
