"""The state of one realtime connection, including its user and subscriptions."""

from dataclasses import dataclass, field
from typing import Any

from appwrite_emulator.auth.callers import Caller
from appwrite_emulator.common import project_state
from appwrite_emulator.common.project_state import ProjectState
from appwrite_emulator.http.rate_limits import Counter
from appwrite_emulator.realtime.audience import Audience
from appwrite_emulator.realtime.subscriptions import Subscription
from appwrite_emulator.realtime.websocket import WebSocket


@dataclass(eq=False)
class Connection:
    """One connection: its user and its subscriptions."""

    project: ProjectState
    project_id: str
    user_id: str
    session_id: str
    roles: frozenset[str]
    is_impersonated: bool
    subscriptions: dict[str, Subscription]
    counter: Counter
    """Counts the messages from the client."""
    socket: WebSocket = field(init=False)
    presences: set[str] = field(default_factory=set)

    def sign_in(self, caller: Caller) -> None:
        """Sign in `caller`. Keep the subscriptions, but change their account channels to those of the new user."""
        old_user = self.user_id
        self.user_id, self.session_id, self.roles = caller.log_identity[1], caller.session_id, caller.roles
        for subscription in self.subscriptions.values():
            subscription.rebind(old_user, self.user_id)

    def is_of(self, user_id: str) -> bool:
        """Return whether the connection belongs to the user `user_id` in the current project."""
        return self.user_id == user_id and self.project is project_state.current()

    def depends_on(self, session_id: str) -> bool:
        """Return whether the connection is authenticated with the session `session_id` in the current project."""
        return self.session_id == session_id and self.project is project_state.current()

    def matching(self, audience: Audience, payload: dict[str, Any]) -> list[str]:
        """Return the IDs of the subscriptions that receive an event with the given audience and payload."""
        if "any" not in audience.roles and self.roles.isdisjoint(audience.roles):
            return []
        return [key for key, each in self.subscriptions.items() if each.matches(audience.channels, payload)]
