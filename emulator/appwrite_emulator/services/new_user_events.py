"""The event for a new user. No route declares it, because many routes create users."""

from typing import Any

from django.db import transaction

from appwrite_emulator.auth import users
from appwrite_emulator.common import events
from appwrite_emulator.common.events import Event
from appwrite_emulator.db.models import Project, User
from appwrite_emulator.http import responses


def start() -> None:
    """Start publishing an event for every new user."""
    users.created.connect(_publish_new_user)


def _publish_new_user(user: User, **_: Any) -> None:
    if not events.has_listeners():
        return

    def publish() -> None:
        pattern, params = "users.[userId].create", {"userId": user.id}
        payload = events.without_secrets(pattern, responses.account(user))
        names, project_id = events.names_of(pattern, params), Project.objects.get().id
        events.publish([Event(pattern, params, names, payload, project_id, events.caused_by.get())])

    transaction.on_commit(publish)  # by then, the user's password and targets exist
