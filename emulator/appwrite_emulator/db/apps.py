"""The Django app with the emulator's models."""

from typing import Any

from django.apps import AppConfig
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from appwrite_emulator.db import collation, geometry


class DbConfig(AppConfig):
    name = "appwrite_emulator.db"
    label = "appwrite_emulator"  # the prefix of the table names; a different label would break existing data files

    def ready(self) -> None:
        connection_created.connect(_register_sql_functions)


def _register_sql_functions(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Register the emulator's SQL functions on every new connection. Indexes, triggers and queries use them."""
    collation.register(connection.connection)
    geometry.register(connection.connection)
