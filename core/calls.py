"""Concurrent calls to Appwrite, and writes whose response may be lost."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

from django.utils.translation import get_language, override

from core import bulkhead, errors, transport

log = logging.getLogger(__name__)
T = TypeVar("T")

# The threads of `run_concurrently`. There are more threads than bulkhead slots, because a call that waits for a slot
# also occupies a thread.
EXECUTOR = ThreadPoolExecutor(max_workers=2 * bulkhead.SLOTS, thread_name_prefix="appwrite")


def run_concurrently(*calls: Callable[[], Any]) -> list[Any]:
    """Make these independent calls concurrently, in the active language. Return their results in the order of `calls`.

    If any calls fail, raise the exception of the one that comes first in `calls`. Raise UnavailableError if a call has
    not finished one second after the request's `deadline`.
    """
    language = get_language()

    def run(call: Callable[[], Any]) -> Any:
        with override(language):  # each thread has its own active language
            return call()

    others = [EXECUTOR.submit(copy_context().run, run, call) for call in calls[1:]]  # the context contains the deadline

    def patience() -> float | None:
        """Return the seconds until the deadline plus one, or None without a deadline.

        The extra second lets a call that fails at the deadline load a cached copy.
        """
        left = transport.seconds_left()
        return None if left is None else max(left, 0) + 1

    try:
        return [calls[0](), *(other.result(patience()) for other in others)]
    except TimeoutError as error:
        raise errors.UnavailableError("Timeout: the time for all calls of this request is used up") from error


def confirm(write: Callable[[], T], read: Callable[[], T | None]) -> T:
    """Return the result of `write`. If `write` fails but may have happened, return the result of `read` instead.

    Raise the error of `write` if `read` fails or returns None. The error's `may_have_happened` stays true if `read`
    fails, or if the server may still be processing the write.
    """
    try:
        return write()
    except errors.SiteError as error:
        if not error.may_have_happened:
            raise
        try:
            written = read()
        except errors.SiteError:
            written = None
        else:
            error.may_have_happened = not error.code  # if there was a response, the server has finished
        if written is None:
            raise
        log.warning("The write was carried out, but its response was lost: %s", error)
        return written


def confirm_done(write: Callable[[], object], is_done: Callable[[], bool]) -> None:
    """Like `confirm`, but for a write without a result. `is_done` returns whether the write happened."""

    def carry_out() -> bool:
        write()
        return True

    confirm(carry_out, lambda: is_done() or None)
