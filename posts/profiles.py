"""Authors' bios, in the `profiles` table. A row has the same id as its person.

The site reads and writes the table only with its API key. Without the key, Appwrite's error for a missing table counts
as an outage (see `core.errors`), so a project without the table would seem to be down.
"""

from typing import Any

from django.conf import settings

from core import errors
from core.appwrite_client import AdminClient, create_admin_client
from core.calls import confirm_done
from core.revalidation import revalidating
from core.text_fields import line
from posts import models, new_tables
from posts.public_copies import BIOS, optional
from posts.schema import PROFILES


class ProfileRepository:
    """The profiles, accessed with the API key."""

    def __init__(self, client: AdminClient) -> None:
        self._db = client.db

    def bio(self, user_id: str) -> str | None:
        """Return the person's bio, "" if they have none, or None if the table does not exist yet."""
        try:
            row = self._db.get_row(settings.APPWRITE_DATABASE, PROFILES, user_id)
        except errors.NotFoundError as error:
            return None if new_tables.is_missing(error, PROFILES) else ""
        data: Any = row.data
        text = data.get("bio") if isinstance(data, dict) else ""
        return line(models.legible(text))[: models.MAX_BIO] if isinstance(text, str) else ""

    def save(self, user_id: str, bio: str) -> None:
        """Save the person's bio. Raise NotFoundError if the table does not exist yet."""
        if not bio:
            self.delete(user_id)
            return
        with revalidating():
            confirm_done(
                lambda: self._db.upsert_row(settings.APPWRITE_DATABASE, PROFILES, user_id, {"bio": bio}),
                lambda: self.bio(user_id) == bio,
            )

    def delete(self, user_id: str) -> None:
        """Delete the person's profile. Do nothing if there is none."""
        with revalidating():
            try:
                confirm_done(
                    lambda: self._db.delete_row(settings.APPWRITE_DATABASE, PROFILES, user_id),
                    lambda: not self.bio(user_id),
                )
            except errors.NotFoundError as error:
                new_tables.is_missing(error, PROFILES)


def public_bio(user_id: str) -> str:
    """Return the bio from the copies that all visitors share.

    Return "" if the person has none, or if Appwrite does not return it in time.
    """

    def call() -> str:
        return ProfileRepository(create_admin_client()).bio(user_id) or ""

    return optional(str, lambda: BIOS.read(user_id, call).value)
