"""Preparation before the first request: create or migrate the database, and seed it if it is empty."""

import logging
import shutil
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.expressions import RawSQL

from appwrite_emulator.auth import users
from appwrite_emulator.auth.oauth_catalogue import PROVIDERS
from appwrite_emulator.auth.oauth_providers import STAND_IN_CLIENT
from appwrite_emulator.auth.scopes import PROJECT_SCOPES
from appwrite_emulator.common import clock, ids
from appwrite_emulator.common.project_state import CONSOLE as CONSOLE_STATE
from appwrite_emulator.common.project_state import PerProject, ProjectState
from appwrite_emulator.db import state
from appwrite_emulator.db.models import (
    APP_SCHEMES,
    CONSOLE,
    ORGANIZATION,
    ApiKey,
    Membership,
    OAuth2Provider,
    Platform,
    Project,
    Team,
    User,
)

MIGRATIONS = Path(__file__).parent / "db" / "migrations"
DEFAULT_PROJECT = "default"
DEMO_APP = "com.example.app"
"""Application ID of every app that --demo-project adds."""
CONSOLE_USER_ID = "console-user"
ALL_SCOPES = "All scopes"
"""Name of the API key that the emulator creates and prints."""

log = logging.getLogger(__name__)


class UnusableDataError(Exception):
    """The data file cannot be used; the message completes a sentence that begins with "The file …"."""


class UnusableSeedError(Exception):
    """The `--seed` file is invalid; the message gives the location in the file and the reason."""


class DataInUseError(Exception):
    """Another emulator is using the data file."""


class StartError(Exception):
    """The emulator cannot start; the message gives the reason and what to do."""


@dataclass
class Identity:
    """A project's ID and an API key with all scopes. A reset keeps both.

    They come from the options or else from the data file. For a new file, the emulator creates the key.
    """

    project: str
    key: str


identity = PerProject(lambda: Identity(settings.PROJECT, settings.KEY))

DATABASE = Path(str(settings.DATABASES["default"]["NAME"]))
EPHEMERAL_FILES = "appwrite-emulator-*.sqlite3"


def open_files() -> bool:
    """Create the mail folder, and open or create the database. Return whether the database already existed.

    Raise `StartError` if a file cannot be used.
    """
    try:
        if settings.MAIL_DIR:
            Path(settings.MAIL_DIR).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StartError(
            f"Cannot write e-mails to {settings.MAIL_DIR}: {error.strerror}. Choose another --mail-dir."
        ) from error
    with _as_start_errors(DATABASE):
        DATABASE.parent.mkdir(parents=True, exist_ok=True)
        if settings.EPHEMERAL:
            _delete_leftovers()
        lock(DATABASE)
        has_data = DATABASE.exists()
        _open_database()
    return has_data


def open_project(project_id: str, database: Path) -> ProjectState:
    """Open or create an additional project with the first project's key. Raise `StartError` if its file is unusable."""
    first, project = identity(), ProjectState(project_id, database)
    with _as_start_errors(database), project.use():
        identity().project, identity().key = project_id, first.key
        database.parent.mkdir(parents=True, exist_ok=True)
        _open_database()
    return project


def _open_database() -> None:
    """Prepare the current project's database. If it is ephemeral, also keep its initial state in memory."""
    prepare()
    if settings.EPHEMERAL:
        state.checkpoint()


@contextmanager
def _as_start_errors(database: Path) -> Iterator[None]:
    try:
        yield
    except UnusableDataError as error:
        raise StartError(f"The file {database} {error}. Move it away, or choose another file with --data.") from error
    except DataInUseError as error:
        raise StartError(f"Another emulator uses {database}. Stop it, or choose another file with --data.") from error
    except UnusableSeedError as error:
        raise StartError(f"The seed {settings.SEED} cannot be loaded. {error}") from error
    except OSError as error:
        raise StartError(
            f"Cannot write data to {database.parent}: {error.strerror}. Choose another file with --data."
        ) from error


def close_files() -> None:
    """Delete the database if it is ephemeral; otherwise merge SQLite's write-ahead log into it."""
    if not settings.EPHEMERAL:
        state.checkpoint_wal()
    delete_ephemeral_files()


def delete_ephemeral_files() -> None:
    if settings.EPHEMERAL:
        while _locks:
            _locks.pop().close()
        _delete_all_projects(DATABASE)


def _delete_leftovers() -> None:
    """Delete the temporary files of killed emulators: the files whose lock is not held by any process."""
    for database in DATABASE.parent.glob(EPHEMERAL_FILES):
        if database != DATABASE and not Path(f"{database}.lock").exists():
            continue  # the emulator may be running: older versions do not lock the file
        with suppress(DataInUseError, OSError):  # OSError: the file belongs to another user
            lock(database, timeout=0)
            _locks.pop().close()
            _delete_all_projects(database)


def projects_folder(database: Path) -> Path:
    """Return the folder of the additional projects' databases. It is next to the first project's database."""
    return database.with_name(f"{database.name}.projects")


def _delete_all_projects(database: Path) -> None:
    shutil.rmtree(projects_folder(database), ignore_errors=True)
    delete_database(database)


def delete_database(database: Path) -> None:
    """Delete the database file, SQLite's files next to it and the lock file."""
    for file in database.parent.glob(f"{database.name}*"):
        if file.is_file():
            file.unlink(missing_ok=True)


_locks: list[sqlite3.Connection] = []


def lock(database: Path, timeout: float = 2) -> None:
    """Lock the data file until this process exits or is killed. Raise `DataInUseError` or OSError.

    `timeout`: seconds to wait if another process holds the lock. The lock is an SQLite lock on a separate file, which
    works on every operating system and ends with the process.
    """
    try:
        lock_file = sqlite3.connect(f"{database}.lock", timeout=timeout, isolation_level=None, check_same_thread=False)
    except sqlite3.OperationalError as error:
        raise OSError(0, str(error)) from None
    try:
        lock_file.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        lock_file.close()
        if error.sqlite_errorname == "SQLITE_BUSY":
            raise DataInUseError from None
        raise OSError(0, str(error)) from None
    _locks.append(lock_file)


def open_console() -> None:
    """Open the console project for the user of `--console-user`. Raise `StartError` if its database is unusable."""
    CONSOLE_STATE.database = database = DATABASE.with_name(f"{DATABASE.name}.console")
    with _as_start_errors(database), CONSOLE_STATE.use():
        try:
            prepare_tables()
            fill_console(*settings.CONSOLE_USER.split(":", 1))
        except DatabaseError as error:
            raise UnusableDataError(f"cannot be used as a database: {error}") from error


@transaction.atomic
def fill_console(email: str, password: str) -> None:
    """Create or update the console's user, who owns its organization.

    If the address or password changes, the user's sessions are deleted.
    """
    Project.objects.get_or_create(id=CONSOLE, defaults={"name": "Console"})
    organization, _ = Team.objects.get_or_create(id=ORGANIZATION, defaults={"name": "Organization", "total": 1})
    user, _ = User.objects.get_or_create(id=CONSOLE_USER_ID, defaults={"name": email.partition("@")[0]})
    Membership.objects.get_or_create(
        team=organization, user=user, defaults={"roles": ["owner"], "joined": clock.now(), "confirm": True}
    )
    if user.email != email or not users.check_password(user, password):
        users.delete_sessions(user)
        user.email = email
        users.set_password(user, password)
        users.save(user)


def prepare_tables() -> None:
    """Create or migrate the tables as needed. Raise `UnusableDataError` or DatabaseError."""
    current = _migrations_mark()
    with connection.cursor() as cursor:
        (applied,) = cursor.execute("PRAGMA user_version").fetchone()
        tables = set(connection.introspection.table_names(cursor))
        if not tables:
            _create_tables()
        elif applied != current:
            _bring_up_to_date(cursor, tables)
        cursor.execute(f"PRAGMA user_version = {current}")


def prepare_database() -> None:
    """Create, migrate or seed the database as needed. Raise `UnusableDataError` if that fails."""
    try:
        prepare_tables()
        project = Project.objects.first()
        if project is None:
            seed_project()
        elif identity().project in ("", project.id):
            identity().project = project.id
        else:
            raise UnusableDataError(f"contains the project {project.id}, so --project cannot be {identity().project}")
    except DatabaseError as error:
        raise UnusableDataError(f"cannot be used as a database: {error}") from error


def _bring_up_to_date(cursor: CursorWrapper, tables: set[str]) -> None:
    """Run the migrations. Then check that the tables match the models, because a migration may have been rewritten."""
    if Project._meta.db_table not in tables:
        raise UnusableDataError("does not contain an emulator's data")
    call_command("migrate", verbosity=0, skip_checks=True)
    for model in apps.get_app_config("appwrite_emulator").get_models():
        described = connection.introspection.get_table_description(cursor, model._meta.db_table)
        if {column.name for column in described} != {field.column for field in model._meta.concrete_fields}:
            raise UnusableDataError("was made by another version of the emulator")


def _create_tables() -> None:
    """Create the models' tables directly, which takes a quarter of the time that the migrations take."""
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
    """Return a checksum of the migrations. Comparing it is much faster than running `migrate`."""
    mark = 0
    for name in _migration_names():
        mark = zlib.crc32((MIGRATIONS / f"{name}.py").read_bytes(), mark)
    return mark & 0x7FFFFFFF


@transaction.atomic
def seed_project() -> None:
    """Create the project in its initial state, and load the `--seed` file if there is one."""
    identity().project = identity().project or DEFAULT_PROJECT
    project = Project.objects.create(id=identity().project, name=identity().project)
    for hostname in ("localhost", "127.0.0.1"):
        Platform.objects.create(project=project, name=hostname, hostname=hostname)
    for name in ("mock", "mock-unverified"):
        OAuth2Provider.objects.create(project=project, name=name, application_id="1", secret="123456")  # noqa: S106
    OAuth2Provider.objects.create(project=project, name="microsoft", settings={"tenant": "common"})
    if settings.DEMO_PROJECT:
        _fill_demo_project(project)
    if settings.SEED:
        _seed_from(Path(settings.SEED))


def _fill_demo_project(project: Project) -> None:
    """Add one app per platform, and enable every OAuth2 provider with the emulator's own sign-in page."""
    for kind in APP_SCHEMES:
        Platform.objects.create(project=project, type=kind, name=kind.title(), key=DEMO_APP)
    for name in PROVIDERS:
        client = {"application_id": STAND_IN_CLIENT, "secret": STAND_IN_CLIENT, "enabled": True}
        OAuth2Provider.objects.update_or_create(project=project, name=name, defaults=client)


def _seed_from(file: Path) -> None:
    from appwrite_emulator import seed  # imported late: the import is slow, and most emulators start without a seed

    try:
        for note in seed.load(seed.read(file.read_bytes()), "replace").notes:
            log.info("%s: %s", file.name, note)
    except (seed.SeedError, OSError) as error:
        raise UnusableSeedError(f"{error.strerror}." if isinstance(error, OSError) else str(error)) from None


@state.on_bootstrap
def prepare() -> None:
    """Prepare the database and the API key; both must be ready before the first request."""
    prepare_database()
    grant_key()


def grant_key() -> None:
    """Store the API key of `identity`, with every scope that a key can have.

    If `identity` has no key, choose a stored one or create one. Choose the oldest key named `ALL_SCOPES`, so that the
    key stays the same after a restart.
    """
    project = Project.objects.get()
    if not identity().key:
        oldest = project.keys.filter(name=ALL_SCOPES).order_by(RawSQL("rowid", ())).first()  # the clock can be set
        identity().key = oldest.secret if oldest else f"standard_{ids.secret(32)}"
    ApiKey.objects.update_or_create(
        secret=identity().key, defaults={"project": project, "name": ALL_SCOPES, "scopes": list(PROJECT_SCOPES)}
    )
