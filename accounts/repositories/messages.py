"""The e-mails sent with Appwrite Messaging, which stores their text and recipients.

Each e-mail contains marks that identify its recipient and the people whom it is about (`marks_of`). The site does not
search for names, because deleting an account with the name “e” would then delete other people's e-mails.
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

MESSAGES_AT_ONCE = 50  # messages per response, including their text
MARKS = re.compile(r'data-people="([0-9a-f ]*)"')  # cannot occur in an e-mail's text, where quotes are escaped


def marks_of(*user_ids: str) -> str:
    """Return the value of the `data-people` attribute for an e-mail to or about the users `user_ids`."""
    return " ".join(dict.fromkeys(hashlib.sha256(f"person|{user_id}".encode()).hexdigest() for user_id in user_ids))


class MessageRepository:
    """The sent e-mails, accessed with the admin client."""

    def __init__(self, client: AdminClient) -> None:
        self._messaging = client.messaging
        self._users = client.users

    def delete_naming(self, user: User, cursor: str) -> str | None:
        """Look through the next MESSAGES_AT_ONCE messages, and delete those sent to the person or about the person.

        Start after the message with the id `cursor`, or with the first message if it is "". Return the cursor for the
        next call, or None after the last message. If Appwrite cannot delete a message because it is being sent, or if
        the key lacks the scope `messages.read`, only log a warning.
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
    """Return whether the message was sent to the person or one of the person's `targets`, or is about the person."""
    if user.id in message.users or not targets.isdisjoint(message.targets):
        return True
    data = message.data if isinstance(message.data, dict) else {}
    return any(marks_of(user.id) in marks.split() for marks in MARKS.findall(str(data.get("content"))))
