"""The parameter type for event patterns, which functions and webhooks use."""

from typing import Any

from appwrite_emulator.functions import triggers
from appwrite_emulator.http.parameters import Param, ParameterError


class EventPattern(Param):
    """An event pattern, such as `users.*.create`."""

    def clean(self, value: Any) -> str:
        if not isinstance(value, str) or not triggers.is_event(value):
            raise ParameterError("Event is not valid.")
        return value
