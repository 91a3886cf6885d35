"""Signals to the apps above this one, which this app must not import."""

from django.dispatch import Signal

roles_changed = Signal()
"""An admin has saved a person's roles. Argument: `user_id`. Receivers may raise the errors in `core.errors`."""
