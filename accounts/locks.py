"""One at a time, over all workers on this machine: for what is looked at first and done then."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.files import locks


@contextmanager
def one_at_a_time(what: str) -> Iterator[None]:
    """Whoever comes with the same `what` waits until this block is left."""
    settings.LOCAL_DIR.mkdir(parents=True, exist_ok=True)
    with open(settings.LOCAL_DIR / f"{what}.lock", "w") as file:
        locks.lock(file, locks.LOCK_EX)
        try:
            yield
        finally:
            locks.unlock(file)
