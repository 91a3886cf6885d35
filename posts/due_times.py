"""The time of the next check for scheduled posts that are due, in the cache that all workers share.

The site updates this time when someone schedules a post. The time can be wrong for two reasons: scheduling through
Appwrite's REST API does not update it, and clearing the cache deletes it. Therefore `posts.scheduling` regularly reads
the scheduled posts again.
"""

import math
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.core.cache import cache

from core import errors
from core.locks import CACHE_ONLY, one_at_a_time
from core.revalidation import revalidate

REREAD_TTL = 300  # seconds after which the scheduled posts are read from Appwrite again
RETRY_AFTER = 60  # seconds until the next attempt after a failure
KEY = "due-times"


@dataclass(frozen=True)
class Plan:
    """The next check. Times are values of `time.time()`. `check_at` is infinite if no post is scheduled.

    `read_at` is the time when the scheduled posts were last read from Appwrite. `mark` changes with each new scheduled
    time. `has_failed` is true if the last check failed and its error was logged.
    """

    check_at: float = math.inf
    read_at: float = 0
    mark: str = field(default="")
    has_failed: bool = False

    @property
    def is_old(self) -> bool:
        return not 0 <= time.time() - self.read_at < REREAD_TTL


_memory: tuple[str, Plan] = ("", Plan())  # the generation and the plan at the last read from the shared cache


def current(generation: str | None) -> Plan:
    """Return the plan. Read it from the shared cache only if the generation has changed or is unknown (None)."""
    known, plan = _memory
    return stored(generation) if generation is None or known != generation else plan


def is_due(generation: str | None) -> bool:
    """Return whether a scheduled post may be due now."""
    return time.time() >= current(generation).check_at and time.time() >= stored(generation).check_at


def stored(generation: str | None = None) -> Plan:
    """Return the plan from the shared cache, or the default plan if the cache contains none."""
    global _memory
    plan = cache.get(KEY)
    plan = plan if isinstance(plan, Plan) else Plan()
    _memory = (generation or "", plan)
    return plan


@contextmanager
def expecting(scheduled_at: datetime | None) -> Iterator[None]:
    """Run a block that schedules a post, and plan a check at `scheduled_at` even if the block fails.

    If `scheduled_at` is None, plan no check.
    """
    try:
        yield
    finally:
        if scheduled_at is not None:
            expect(scheduled_at)


def expect(scheduled_at: datetime) -> None:
    """Plan a check at `scheduled_at`, unless an earlier check is planned.

    If the next check becomes earlier, change the generation, so that every process reads the new plan.
    """
    with _locked():
        plan = stored()
        check_at = min(plan.check_at, scheduled_at.timestamp())
        _store(replace(plan, check_at=check_at, mark=secrets.token_hex(4)))
    if check_at < plan.check_at:
        revalidate()


def remember(check_at: float, before: Plan) -> None:
    """Plan the next check for `check_at`, the time of the next scheduled post.

    `before` is the plan from before the scheduled posts were read. If a post has been scheduled since then and its
    check is earlier, keep that check.
    """
    with _locked():
        plan = stored()
        if plan.mark != before.mark:
            check_at = min(check_at, plan.check_at)
        _store(Plan(check_at, time.time(), plan.mark))
    if check_at < plan.check_at:
        revalidate()


def postpone() -> None:
    """After a failed check or publication, plan the next attempt in RETRY_AFTER seconds."""
    with _locked():
        plan, now = stored(), time.time()
        retry_at = now + RETRY_AFTER
        check_at = retry_at if plan.check_at <= now else plan.check_at
        _store(replace(plan, check_at=check_at, read_at=now - REREAD_TTL + RETRY_AFTER, has_failed=True))


def _store(plan: Plan) -> None:
    global _memory
    cache.set(KEY, plan, None)
    _memory = ("", plan)


@contextmanager
def _locked() -> Iterator[None]:
    """Hold the lock for changes to the plan. If the lock does not become free in time, continue without it."""
    lock = one_at_a_time("due-times", seconds=CACHE_ONLY)
    is_locked = False
    with suppress(errors.UnavailableError):
        lock.__enter__()
        is_locked = True
    try:
        yield
    finally:
        if is_locked:
            lock.__exit__(None, None, None)
