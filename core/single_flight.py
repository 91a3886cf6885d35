"""Share one call among the threads of this process that need the same result at the same time."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """The calls in progress, by key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: dict[Hashable, Future[T]] = {}

    def run(self, key: Hashable, call: Callable[[], T], wait: Callable[[Future[T]], T]) -> T:
        """Call `call` and return its result, unless another thread is already running the call with this key.

        In that case, pass the future of that call to `wait`, and return the result of `wait`. Exceptions from `call`
        and `wait` are passed on.
        """
        with self._lock:
            future = self._pending.get(key)
            is_first = future is None
            if future is None:
                future = self._pending[key] = Future()
        if not is_first:
            return wait(future)
        try:
            result = call()
        except BaseException as error:
            future.set_exception(error)
            raise
        else:
            future.set_result(result)
            return result
        finally:
            with self._lock:
                del self._pending[key]
