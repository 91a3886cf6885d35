"""Health checks. Monitoring tools call these endpoints directly, because the SDKs no longer include them.

A ping is the measured time of a database query, or of writing and reading a file. The emulator has no workers, so its
queues are always empty.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db import state
from appwrite_emulator.http import responses, server_versions
from appwrite_emulator.http.parameters import Integer, Param, ParameterError, Text, accepts

QUEUES = (
    "v1-database", "v1-deletes", "v1-audits", "v1-mails", "v1-functions", "v1-stats-resources", "v1-stats-usage",
    "v1-webhooks", "v1-certificates", "v1-builds", "v1-screenshots", "v1-messaging", "v1-migrations",
)  # fmt: skip
"""Queues whose failed jobs have an endpoint."""
MAX_JOBS = 5000
"""Default threshold: a queue with this many jobs is too long."""
TIME_GAP = 60
"""Maximum difference between the clocks, in seconds."""


def get(request: Request) -> dict[str, Any]:
    """GET /health: report that the server is up."""
    return responses.health_status(0, "http")


def get_version(request: Request) -> dict[str, Any]:
    """GET /health/version: return the version. This requires no authentication."""
    return responses.health_version(server_versions.number())


def get_db(request: Request) -> dict[str, Any]:
    """GET /health/db: check the console's and the projects' databases, which are one database in the emulator."""
    names = ("Console.DB (database_db_main)", "Projects.DB (database_db_main)")
    return responses.health_status_list([responses.health_status(_measure(_query_database), name) for name in names])


def get_cache(request: Request) -> dict[str, Any]:
    """GET /health/cache: check the in-process cache."""
    return responses.health_status_list(
        [responses.health_status(_measure(_acquire_write_lock), "Cache (cache_redis_main)")]
    )


def get_pub_sub(request: Request) -> dict[str, Any]:
    """GET /health/pubsub: check publishing and subscribing.

    There is no broker, so the ping is measured in this process.
    """
    return responses.health_status_list(
        [responses.health_status(_measure(_acquire_write_lock), "PubSub (pubsub_redis_main)")]
    )


def get_time(request: Request) -> dict[str, Any]:
    """GET /health/time: compare the emulator's clock with the machine's clock, which stands in for a time server.

    Raise 500 if they differ by more than a minute. This happens if the emulator's clock has been set.
    """
    remote, local = int(time.time()), int(clock.now().timestamp())
    if abs(remote - local) > TIME_GAP:
        raise AppwriteError(
            "general_unknown", "The emulator's clock differs from the machine's by more than 60 seconds."
        )
    return responses.health_time(remote, local)


def get_storage(request: Request) -> dict[str, Any]:
    """GET /health/storage: check that the emulator can write to its data directory."""
    return responses.health_status(_measure(_write_file))


def get_storage_local(request: Request) -> dict[str, Any]:
    """GET /health/storage/local: same as `get_storage`."""
    return responses.health_status(_measure(_write_file))


def get_antivirus(request: Request) -> dict[str, Any]:
    """GET /health/anti-virus: disabled, as in a default installation."""
    return responses.health_antivirus("disabled", "")


class PublicDomain(Param):
    """A public host name, or a URL that contains one."""

    def clean(self, value: Any) -> str:
        domain = value.split("://")[-1].split("/")[0].split(":")[0] if isinstance(value, str) else ""
        labels = domain.lower().split(".")
        public = len(labels) > 1 and all(label.replace("-", "a").isalnum() for label in labels)
        if not public or labels[-1].isdecimal() or labels[-1] in ("localhost", "local", "internal", "invalid", "test"):
            raise ParameterError("Value must be a valid public domain")
        return domain


@accepts(domain=PublicDomain(required=True))
def get_certificate(request: Request, *, domain: str) -> None:
    """GET /health/certificate: always an error, because the emulator does not connect to other hosts."""
    raise AppwriteError("health_invalid_host", f"The emulator does not connect to {domain} to check its certificate.")


def get_stats(request: Request) -> None:
    """GET /health/stats: always an error, as on the real server, because no key can have the `root` scope."""
    raise AppwriteError("general_unauthorized_scope")


# -- queues -----------------------------------------------------------------------------------------------------------


def _queue_getter(name: str) -> Callable[..., dict[str, Any]]:
    """Build the handler for GET /health/queue/NAME."""

    @accepts(threshold=Integer(default=MAX_JOBS))
    def get_queue(request: Request, *, threshold: int) -> dict[str, Any]:
        return _queue(threshold)

    get_queue.__doc__ = f"GET /health/queue/{name}: the number of waiting jobs."
    return get_queue


get_queue_audits = _queue_getter("audits")
get_queue_builds = _queue_getter("builds")
get_queue_certificates = _queue_getter("certificates")
get_queue_deletes = _queue_getter("deletes")
get_queue_functions = _queue_getter("functions")
get_queue_logs = _queue_getter("logs")
get_queue_mails = _queue_getter("mails")
get_queue_messaging = _queue_getter("messaging")
get_queue_migrations = _queue_getter("migrations")
get_queue_stats_resources = _queue_getter("stats-resources")
get_queue_usage = _queue_getter("stats-usage")
get_queue_webhooks = _queue_getter("webhooks")


@accepts(name=Text(256, default="database_db_main"), threshold=Integer(default=MAX_JOBS))
def get_queue_databases(request: Request, *, name: str, threshold: int) -> dict[str, Any]:
    """GET /health/queue/databases: return the number of waiting jobs. Any queue name is accepted."""
    return _queue(threshold)


@accepts(name=Text(choices=QUEUES, required=True), threshold=Integer(default=MAX_JOBS))
def get_failed_jobs(request: Request, *, name: str, threshold: int) -> dict[str, Any]:
    """GET /health/queue/failed/{name}: return the number of failed jobs."""
    return _queue(threshold)


def _queue(threshold: int) -> dict[str, Any]:
    """Return an empty queue. Raise an error if `threshold` is 0 or less."""
    size = 0
    if size >= threshold:
        raise AppwriteError("health_queue_size_exceeded")
    return responses.health_queue(size)


# -- measuring --------------------------------------------------------------------------------------------------------


def _measure(check: Callable[[], None]) -> int:
    """Return how many milliseconds `check` took. Raise 500 if `check` fails."""
    start = time.perf_counter()
    check()
    return round((time.perf_counter() - start) * 1000)


def _query_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1").fetchone()


def _acquire_write_lock() -> None:
    """Acquire the write lock, which also guards the cache, and release it."""
    with state.write_lock():
        pass


def _write_file() -> None:
    folder = Path(str(settings.DATABASES["default"]["NAME"])).parent
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"test")
        file.seek(0)
        if file.read() != b"test":
            raise OSError(f"{folder} returned different content from what was written")
