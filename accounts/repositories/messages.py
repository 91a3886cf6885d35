"""The e-mails that Appwrite Messaging has sent. Appwrite keeps them, with their text and recipients."""

import html
import json
import logging

from appwrite.models.message import Message
from appwrite.query import Query

from accounts.models import User
from core import errors
from core.appwrite_client import AdminClient

log = logging.getLogger(__name__)

MESSAGES_AT_ONCE = 50  # messages per response, each with its text


class MessageRepository:
    """The sent e-mails, with the admin client."""

    def __init__(self, client: AdminClient) -> None:
        self._messaging = client.messaging
        self._users = client.users

    def delete_naming(self, user: User, cursor: str) -> str | None:
        """Delete those of the next messages that were sent to the person or contain the name, address or id.

        Start after the message with the id `cursor` ("": with the first). Return the cursor for the next call; None
        after the last messages. A message that is being sent cannot be deleted, and is logged. So is a key without the
        scope `messages.read`.
        """
        queries = [Query.limit(MESSAGES_AT_ONCE)]
        try:
            words = self._words(user)
            after = [Query.cursor_after(cursor)] if cursor else []
            messages = self._messaging.list_messages([*queries, *after], total=0).messages
        except errors.MisconfiguredError as error:
            log.warning("The e-mails that name the account %s remain in Appwrite: %s", user.id, error)
            return None
        except errors.InvalidInputError as error:
            if error.type != "general_cursor_not_found":
                raise
            return ""
        deleted = {message.id for message in messages if _contains(message, words) and self._delete(message)}
        if len(messages) < MESSAGES_AT_ONCE:
            return None
        return next((message.id for message in reversed(messages) if message.id not in deleted), cursor)

    def _words(self, user: User) -> list[str]:
        targets = [target.id for target in self._users.get(user.id).targets]
        return [word for word in (user.id, user.email, user.name, html.escape(user.name), *targets) if word]

    def _delete(self, message: Message) -> bool:
        try:
            self._messaging.delete(message.id)
        except errors.NotFoundError:
            pass
        except errors.InvalidInputError as error:
            log.warning("The e-mail %s cannot be deleted: %s", message.id, error)
            return False
        return True


def _contains(message: Message, words: list[str]) -> bool:
    text = json.dumps(message.to_dict(), ensure_ascii=False, default=str)
    return any(word in text for word in words)
