"""Preparation before the first request: create or migrate the database, and seed it if it is empty."""

import logging
import sqlite3
import zlib
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder

# geometry and text give every new connection their SQL functions, which a seed's indexes need.
from appwrite_emulator.auth.callers import USER_ONLY_SCOPES
from appwrite_emulator.db import collation, geometry, state  # noqa: F401
from appwrite_emulator.db.models import ApiKey, OAuth2Provider, Platform, Project

MIGRATIONS = Path(__file__).parent / "db" / "migrations"


log = logging.getLogger(__name__)


class Unusable(Exception):
    """The data file cannot be used; the message continues "The file …"."""


class UnusableSeed(Exception):
    """The `--seed` file is invalid; the message gives place and reason."""


class InUse(Exception):
    """Another emulator uses the data file."""


_locks: list[sqlite3.Connection] = []


def lock(database: Path) -> None:
    """Lock the data file until this process ends, however it ends. Raise `InUse` or OSError.

    This uses SQLite's locking on a separate lock file, which works on every system and ends with the process.
    """
    try:
        held = sqlite3.connect(f"{database}.lock", timeout=2, isolation_level=None, check_same_thread=False)
    except sqlite3.OperationalError as error:
        raise OSError(0, str(error)) from None
    try:
        held.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        held.close()
        if error.sqlite_errorname == "SQLITE_BUSY":
            raise InUse from None
        raise OSError(0, str(error)) from None
    _locks.append(held)


def prepare_database() -> None:
    """Create, migrate or seed the database as needed. Raise `Unusable` if that fails."""
    current = _migrations_mark()
    try:
        with connection.cursor() as cursor:
            (applied,) = cursor.execute("PRAGMA user_version").fetchone()
            tables = set(connection.introspection.table_names(cursor))
            if not tables:
                _create_tables()
            elif applied != current:
                _bring_up_to_date(cursor, tables)
            cursor.execute(f"PRAGMA user_version = {current}")
        if not Project.objects.exists():
            seed()
    except DatabaseError as error:
        raise Unusable(f"cannot be used as a database: {error}") from error


def _bring_up_to_date(cursor: Any, tables: set[str]) -> None:
    """Migrate, and check that the tables match the models: a migration may have been rewritten."""
    if Project._meta.db_table not in tables:
        raise Unusable("does not contain an emulator's data")
    call_command("migrate", verbosity=0, skip_checks=True)
    for model in apps.get_app_config("appwrite_emulator").get_models():
        described = connection.introspection.get_table_description(cursor, model._meta.db_table)
        if {column.name for column in described} != {field.column for field in model._meta.concrete_fields}:
            raise Unusable("was made by another version of the emulator")


def _create_tables() -> None:
    """Create the models' tables directly, which takes a quarter of the time of all migrations."""
    recorder = MigrationRecorder(connection)
    with connection.schema_editor() as editor:
        for model in apps.get_app_config("appwrite_emulator").get_models():
            editor.create_model(model)
        recorder.ensure_schema()
        for name in _migration_names():
            recorder.record_applied("appwrite_emulator", name)


def _migration_names() -> list[str]:
    return sorted(path.stem for path in MIGRATIONS.glob("0*.py"))


def _migrations_mark() -> int:
    """Return a number that changes with the migrations; comparing it is much faster than running `migrate`."""
    mark = 0
    for name in _migration_names():
        mark = zlib.crc32((MIGRATIONS / f"{name}.py").read_bytes(), mark)
    return mark & 0x7FFFFFFF


@transaction.atomic
def seed() -> None:
    """Create the project in its initial state (README, “The Appwrite emulator”), and load the `--seed` file."""
    project = Project.objects.create(id=settings.PROJECT, name=settings.PROJECT)
    for hostname in ("localhost", "127.0.0.1"):
        Platform.objects.create(project=project, name=hostname, hostname=hostname)
    for name in ("mock", "mock-unverified"):
        OAuth2Provider.objects.create(project=project, name=name, application_id="1", secret="123456")  # noqa: S106
    OAuth2Provider.objects.create(project=project, name="microsoft", tenant="common")
    if settings.SEED:
        _seed_from(Path(settings.SEED))


def _seed_from(file: Path) -> None:
    from appwrite_emulator import seed

    try:
        for note in seed.load(seed.read(file.read_bytes()), "replace").notes:
            log.info("%s: %s", file.name, note)
    except (seed.SeedError, OSError) as error:
        raise UnusableSeed(f"{error.strerror}." if isinstance(error, OSError) else str(error)) from None


@state.on_bootstrap
def prepare() -> None:
    """Do everything that must be done before the first request."""
    prepare_database()
    grant_key()


def grant_key() -> None:
    """Give the key from the command line, if any, all scopes of all routes."""
    if settings.KEY:
        _grant_all_scopes(settings.KEY)


def _grant_all_scopes(secret: str) -> None:
    from appwrite_emulator.routes.table import ROUTES

    scopes = sorted({scope for route in ROUTES for scope in route.scopes} - USER_ONLY_SCOPES)
    project = Project.objects.get(id=settings.PROJECT)
    ApiKey.objects.update_or_create(
        secret=secret, defaults={"project": project, "name": "All scopes", "scopes": scopes}
    )
