"""How the server is. The SDKs have no such service any more; monitors ask by HTTP.

Pings are measured: the database is asked, a file written and read. The emulator has no workers, so its queues are
empty at all times.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from appwrite_emulator import VERSION, clock, responses, state
from appwrite_emulator.callers import Request
from appwrite_emulator.errors import AppwriteError
from appwrite_emulator.params import Integer, Invalid, Param, Text, accepts

QUEUES = (
    "v1-database", "v1-deletes", "v1-audits", "v1-mails", "v1-functions", "v1-stats-resources", "v1-stats-usage",
    "v1-webhooks", "v1-certificates", "v1-builds", "v1-screenshots", "v1-messaging", "v1-migrations",
)  # fmt: skip
"""Queues whose failed jobs can be asked for."""
MOST_JOBS = 5000
"""From so many on, unless told otherwise, a queue is refused as too long."""
TIME_GAP = 60
"""Seconds that the clock may be wrong."""


def get(request: Request) -> dict[str, Any]:
    """GET /health: that anything answers at all."""
    return responses.health_status(0, "http")


def get_version(request: Request) -> dict[str, Any]:
    """GET /health/version, for everybody."""
    return responses.health_version(VERSION)


def get_db(request: Request) -> dict[str, Any]:
    """GET /health/db: the console's database and the projects', which are one here."""
    names = ("Console.DB (database_db_main)", "Projects.DB (database_db_main)")
    return responses.health_status_list([responses.health_status(_measured(_ask_database), name) for name in names])


def get_cache(request: Request) -> dict[str, Any]:
    """GET /health/cache: what this process remembers."""
    return responses.health_status_list([responses.health_status(_measured(_take_turn), "Cache (cache_redis_main)")])


def get_pub_sub(request: Request) -> dict[str, Any]:
    """GET /health/pubsub: everything happens in this process, which is asked."""
    return responses.health_status_list([responses.health_status(_measured(_take_turn), "PubSub (pubsub_redis_main)")])


def get_time(request: Request) -> dict[str, Any]:
    """GET /health/time: the emulator's clock beside the machine's, which stands in for a time server.

    A 500 where they differ by more than a minute: somebody moved the emulator's.
    """
    remote, local = int(time.time()), int(clock.now().timestamp())
    if abs(remote - local) > TIME_GAP:
        raise AppwriteError("general_unknown", "The emulator's clock was moved.")
    return responses.health_time(remote, local)


def get_storage(request: Request) -> dict[str, Any]:
    """GET /health/storage: whether there is room for a file where the emulator keeps them."""
    return responses.health_status(_measured(_write_file))


def get_storage_local(request: Request) -> dict[str, Any]:
    """GET /health/storage/local: there is no other."""
    return responses.health_status(_measured(_write_file))


def get_antivirus(request: Request) -> dict[str, Any]:
    """GET /health/anti-virus: none, as on a server that was installed and left as it was."""
    return responses.health_antivirus("disabled", "")


class PublicDomain(Param):
    """The name or URL of a host that the whole world could reach."""

    def clean(self, value: Any, project: Any) -> str:
        domain = value.split("://")[-1].split("/")[0].split(":")[0] if isinstance(value, str) else ""
        labels = domain.lower().split(".")
        public = len(labels) > 1 and all(label.replace("-", "a").isalnum() for label in labels)
        if not public or labels[-1].isdecimal() or labels[-1] in ("localhost", "local", "internal", "invalid", "test"):
            raise Invalid("must be a domain, or a URL, that is public")
        return domain


@accepts(domain=PublicDomain(required=True))
def get_certificate(request: Request, *, domain: str) -> None:
    """GET /health/certificate: the emulator asks no other host for it, so none can be reached."""
    raise AppwriteError("health_invalid_host", f"The emulator does not ask {domain} for its certificate.")


def get_stats(request: Request) -> None:
    """GET /health/stats: nobody has the scope that this needs (`root`), there as here."""
    raise AppwriteError("general_unauthorized_scope")


# -- queues -----------------------------------------------------------------------------------------------------------


def _queue_getter(name: str) -> Callable[..., dict[str, Any]]:
    """The handler of GET /health/queue/NAME."""

    @accepts(threshold=Integer(default=MOST_JOBS))
    def get_queue(request: Request, *, threshold: int) -> dict[str, Any]:
        return _queue(threshold)

    get_queue.__doc__ = f"GET /health/queue/{name}: how many jobs wait there."
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


@accepts(name=Text(256, default="database_db_main"), threshold=Integer(default=MOST_JOBS))
def get_queue_databases(request: Request, *, name: str, threshold: int) -> dict[str, Any]:
    """GET /health/queue/databases: as the others, for a queue of any name."""
    return _queue(threshold)


@accepts(name=Text(choices=QUEUES, required=True), threshold=Integer(default=MOST_JOBS))
def get_failed_jobs(request: Request, *, name: str, threshold: int) -> dict[str, Any]:
    """GET /health/queue/failed/{name}: how many jobs failed."""
    return _queue(threshold)


def _queue(threshold: int) -> dict[str, Any]:
    """A queue without jobs; refused where even none are too many."""
    size = 0
    if size >= threshold:
        raise AppwriteError("health_queue_size_exceeded", f"The queue holds {size} jobs, and {threshold} are too many.")
    return responses.health_queue(size)


# -- measuring --------------------------------------------------------------------------------------------------------


def _measured(check: Callable[[], None]) -> int:
    """How many milliseconds `check` took. What it raises is the answer's 500."""
    start = time.perf_counter()
    check()
    return round((time.perf_counter() - start) * 1000)


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1").fetchone()


def _take_turn() -> None:
    """Wait for whoever is writing: what is remembered changes behind the same lock."""
    with state.write_lock:
        pass


def _write_file() -> None:
    folder = Path(settings.DATABASES["default"]["NAME"]).parent
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"test")
        file.seek(0)
        if file.read() != b"test":
            raise OSError(f"{folder} does not give back what was written")
