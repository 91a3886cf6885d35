"""Signals to the apps above this one, which this app must not import."""

from django.dispatch import Signal

roles_changed = Signal()
"""Sent after an admin has saved the roles of the person `user_id`. Receivers may raise the errors in `core.errors`."""
