"""manage.py remove_unused_images: delete text images whose posts do not exist."""

from datetime import UTC, datetime, timedelta
from typing import Any

from appwrite.models.file import File
from appwrite.query import Query
from django.conf import settings
from django.core.management.base import BaseCommand

from core.appwrite_client import AdminClient, create_admin_client
from posts import image_ids, schema
from posts.covers.storage import FileRepository
from posts.covers.text_images import ImageRepository

UNSAVED_FOR = 7  # days; an unsaved post's form may stay open for days
IDS_AT_ONCE = 1000  # ids per response


class Command(BaseCommand):
    help = (
        "Deletes the text images of posts that were deleted or never saved. Keeps images that were uploaded or changed "
        "within the last week. Run this command once a week."
    )

    def handle(self, *_: Any, **__: Any) -> None:
        client = create_admin_client()
        files = _files(client)  # read before the posts, because a post may be saved between the two reads
        posts = {image_ids.prefix(post_id) for post_id in _post_ids(client)}
        since = datetime.now(UTC) - timedelta(days=UNSAVED_FOR)
        unused = [
            file.id
            for file in files
            if file.id[: len(image_ids.prefix(""))] not in posts and datetime.fromisoformat(file.updatedat) <= since
        ]
        ImageRepository(client).discard(unused)
        self.stdout.write(f"Deleted {len(unused)} of {len(files)} images.")


def _files(client: AdminClient) -> list[File]:
    bucket = FileRepository(client, schema.IMAGES)
    files, is_last = bucket.files_after("")
    while not is_last:
        more, is_last = bucket.files_after(files[-1].id)
        files += more
    return files


def _post_ids(client: AdminClient) -> list[str]:
    ids: list[str] = []
    place = [Query.limit(IDS_AT_ONCE)]
    while rows := client.db.list_rows(
        settings.APPWRITE_DATABASE, schema.POSTS, [*place, Query.select(["$id"])], total=0
    ).rows:
        ids += [row.id for row in rows]
        place = [Query.limit(IDS_AT_ONCE), Query.cursor_after(ids[-1])]
    return ids
