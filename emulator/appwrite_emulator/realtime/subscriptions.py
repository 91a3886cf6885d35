"""Subscriptions: the channels that a client subscribes to, and the queries that events must match."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from appwrite_emulator.common import ids
from appwrite_emulator.common.php_json import to_array
from appwrite_emulator.realtime import queries
from appwrite_emulator.realtime.queries import Query

ACTIONS = ("create", "update", "upsert", "delete")


@dataclass
class Subscription:
    """Channel -> its queries, all of which must match. Subscribing again adds channels or replaces their queries."""

    channels: dict[str, tuple[Query, ...]]

    def matches(self, channels: Iterable[str], payload: Mapping[str, Any]) -> bool:
        """Return whether the subscription receives an event with the given channels and payload."""
        subscribed = {self.channels[channel] for channel in channels if channel in self.channels}
        return any(queries.all_match(each, payload) for each in subscribed)

    def rebind(self, old_user: str, new_user: str) -> None:
        """Change the account channels to those of the new user, after the connection has authenticated as that user."""
        self.channels = {_rebound(name, old_user, new_user): each for name, each in self.channels.items()}


def convert_channels(names: Iterable[Any], user_id: str) -> list[str]:
    """Return the channels. Add the caller's user ID to account channels, and omit other users' account channels.

    Guests keep `account.update`, which takes effect when they sign in.
    """
    requested = list(dict.fromkeys(name for name in names if isinstance(name, str)))
    channels = dict.fromkeys(requested)
    for name in requested:
        action = name.removeprefix("account.")
        if name == "account":
            if user_id:
                channels.setdefault(f"account.{user_id}")
        elif name.startswith("account.") and action in ACTIONS:
            if user_id:
                del channels[name]
                channels[f"account.{user_id}.{action}"] = None
        elif name.startswith("account."):
            channels.pop(name, None)
    return list(channels)


def _rebound(channel: str, old_user: str, new_user: str) -> str:
    prefix, _, rest = channel.partition(".")
    if prefix != "account" or not rest or old_user == new_user:
        return channel
    if not old_user:
        return f"account.{new_user}.{rest}" if rest in ACTIONS else channel
    owner, _, action = rest.partition(".")
    if owner != old_user or (action and action not in ACTIONS):
        return channel
    return f"account.{new_user}.{action}" if action else f"account.{new_user}"


def from_query_string(channels: list[str], parameters: Mapping[str, Any]) -> dict[str, Subscription]:
    """Return subscription key -> subscription, for channels in the URL: `rows[0][]=QUERY&rows[1][]=QUERY`.

    The keys are the numbers of the subscriptions. In the parameter's name, each dot of the channel is replaced by `_`.
    Channels without queries belong to subscription 0. Raise QueryError or SelectError for an invalid query, or
    TypeError for a query that is not a string.
    """
    names: dict[str, list[str]] = {}
    parsed: dict[str, tuple[Query, ...]] = {}
    for channel in channels:
        parameter = channel.replace(".", "_")
        slots = parameters.get(parameter)
        if slots is None or (parameter == "project" and isinstance(slots, str)):
            names.setdefault("0", []).append(channel)
            parsed["0"] = parsed.get("0") or queries.parse_all([queries.SELECT_ALL])
            continue
        for key, slot in _items(slots):
            names.setdefault(key, []).append(channel)
            parsed[key] = parsed.get(key) or queries.parse_all([text for _, text in _items(slot)])
    return {key: Subscription(dict.fromkeys(names[key], parsed[key])) for key in names}


def _items(value: Any) -> list[tuple[str, Any]]:
    """Return the keys and values of a PHP array. A string counts as an array with one item."""
    if isinstance(value, dict):
        return list(value.items())
    return [(str(n), each) for n, each in enumerate(value if isinstance(value, list) else [value])]


def with_new_ids(subscriptions: Mapping[str, Subscription]) -> tuple[dict[str, Subscription], Any]:
    """Return two mappings: new ID -> subscription, and old key -> new ID.

    As in PHP, the second is a list if the keys are 0, 1, 2….
    """
    by_key = {key: ids.unique() for key in subscriptions}
    return {by_key[key]: subscription for key, subscription in subscriptions.items()}, to_array(by_key)
