"""The e-mails that Appwrite Messaging has sent. Appwrite keeps them, with their text and recipients.

Each e-mail contains marks that identify its recipient and the people whom it is about (`marks_of`). We do not search
for names: the deletion of an account with the name “e” would then delete other people's e-mails.
"""

import hashlib
import logging
import re

from appwrite.models.message import Message
from appwrite.query import Query

from accounts.models import User
from core import errors
from core.appwrite_client import AdminClient

log = logging.getLogger(__name__)

MESSAGES_AT_ONCE = 50  # messages per response, each with its text
MARKS = re.compile(r'data-people="([0-9a-f ]*)"')  # a text in an e-mail cannot contain this, because quotes are escaped


def marks_of(*user_ids: str) -> str:
    """Return the value of the attribute `data-people` for an e-mail to or about these people."""
    return " ".join(dict.fromkeys(hashlib.sha256(f"person|{user_id}".encode()).hexdigest() for user_id in user_ids))


class MessageRepository:
    """The sent e-mails, with the admin client."""

    def __init__(self, client: AdminClient) -> None:
        self._messaging = client.messaging
        self._users = client.users

    def delete_naming(self, user: User, cursor: str) -> str | None:
        """Delete the messages to or about the person among the next MESSAGES_AT_ONCE messages.

        Start after the message with the id `cursor` ("": with the first). Return the cursor for the next call; None
        after the last messages. Appwrite refuses to delete a message while it is being sent; log this, and log a key
        that lacks the scope `messages.read`.
        """
        queries = [Query.limit(MESSAGES_AT_ONCE)]
        try:
            targets = {target.id for target in self._users.get(user.id).targets}
            after = [Query.cursor_after(cursor)] if cursor else []
            messages = self._messaging.list_messages([*queries, *after], total=0).messages
        except errors.MisconfiguredError as error:
            log.warning("The e-mails that name the account %s remain in Appwrite: %s", user.id, error)
            return None
        except errors.InvalidInputError as error:
            if error.type != "general_cursor_not_found":
                raise
            return ""
        deleted = {message.id for message in messages if _names(message, user, targets) and self._delete(message)}
        if len(messages) < MESSAGES_AT_ONCE:
            return None
        return next((message.id for message in reversed(messages) if message.id not in deleted), cursor)

    def _delete(self, message: Message) -> bool:
        try:
            self._messaging.delete(message.id)
        except errors.NotFoundError:
            pass
        except errors.InvalidInputError as error:
            log.warning("The e-mail %s cannot be deleted: %s", message.id, error)
            return False
        return True


def _names(message: Message, user: User, targets: set[str]) -> bool:
    """Return whether the message is to the person, who has these targets, or about the person."""
    if user.id in message.users or not targets.isdisjoint(message.targets):
        return True
    data = message.data if isinstance(message.data, dict) else {}
    return any(marks_of(user.id) in marks.split() for marks in MARKS.findall(str(data.get("content"))))
