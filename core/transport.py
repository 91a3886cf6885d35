"""HTTP requests to Appwrite: keep-alive connections, deadlines for whole responses, and safe retries.

The timeouts of `requests` apply to each read, so a response that arrives byte by byte never times out. Here, instead, a
thread shuts down the connection at the call's deadline, even in the middle of the request or the response.
The connect timeout limits the total time for the DNS lookup and for connecting to the host's addresses.
"""

import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from heapq import heappop, heappush
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from itertools import count
from typing import Any

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError
from urllib3.util.connection import allowed_gai_family, create_connection

MAX_BODY = 64 * 1024 * 1024
"""Maximum size of a decompressed response in bytes. The longest list that the site requests is smaller, even with
every character escaped."""
CHUNK = 64 * 1024
clock = time.monotonic


class NoResponseError(Exception):
    """No complete response arrived. If `is_sent` is true, the request may have reached the server."""

    def __init__(self, cause: str, *, is_sent: bool) -> None:
        super().__init__(cause)
        self.is_sent = is_sent


@dataclass(frozen=True)
class Response:
    """A complete response. If `is_repeated` is true, the request was sent twice and may have been executed twice."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_repeated: bool


# -- deadlines ---------------------------------------------------------------------------------------------------------
class _Allowance:
    """The time limit for all Appwrite calls that serve one request, counted from the start of the first call."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._started: float | None = None

    def left(self) -> float:
        if self._started is None:
            self._started = clock()
        return self._seconds - (clock() - self._started)


_allowance: ContextVar[_Allowance | None] = ContextVar("allowance", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Limit the total time for all calls within this block to `seconds` from the start of the first call."""
    token = _allowance.set(_Allowance(seconds))
    try:
        yield
    finally:
        _allowance.reset(token)


def seconds_left() -> float | None:
    """Return the seconds until the `deadline` of all calls, or None without a deadline."""
    allowance = _allowance.get()
    return allowance.left() if allowance else None


# -- connections -------------------------------------------------------------------------------------------------------
class _Call:
    """One call to Appwrite, whose connection is shut down at the call's deadline."""

    def __init__(self, seconds: float) -> None:
        self.is_late = False  # the deadline passed before the response was complete
        self.is_sent = False  # the server may have received part of the request
        self.is_reused = False  # the request was sent on a keep-alive connection
        self._wants_new_connection = False
        self._has_connected = False
        self._is_requesting = False
        self._line: socket.socket | None = None
        self._lock = threading.Lock()
        self._seconds = seconds
        self.is_over = False

    def __enter__(self) -> "_Call":
        _watchdog.watch(self, time.monotonic() + self._seconds)
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.is_over = True
            self._release()

    def requesting(self, connection: HTTPConnection) -> None:
        """Record that `connection` is about to send the request. If it has no socket yet, it connects first."""
        self._is_requesting = True
        if connection.sock is None:
            return
        if self._has_connected:  # for https, the TLS handshake is complete too
            self.is_sent = True
        elif self._wants_new_connection:
            connection.close()
        else:
            self.is_sent = self.is_reused = True
            self._watch(connection.sock)

    def connected(self, line: socket.socket) -> None:
        self._has_connected = True
        self.is_sent = self.is_sent or self._is_requesting
        self._watch(line)

    def repeat(self) -> None:
        """Prepare to send the request again on a new connection."""
        self._wants_new_connection = True
        self._has_connected = self._is_requesting = self.is_reused = False

    def _watch(self, line: socket.socket) -> None:
        with self._lock:
            self._release()
            # Duplicate the socket's descriptor: TLS takes over the original, and urllib3 may close the original while
            # the body is still being read.
            self._line = socket.socket(fileno=os.dup(line.fileno()))
            if self.is_late:
                self._shut_down()

    def _release(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    def end(self) -> None:
        """Shut down the connection, unless the call has finished."""
        with self._lock:
            if not self.is_over:
                self.is_late = True
                self._shut_down()

    def _shut_down(self) -> None:
        if self._line is not None:
            with suppress(OSError):  # the server may have closed the connection
                self._line.shutdown(socket.SHUT_RDWR)


class _Watchdog:
    """One thread that ends each call at its deadline. A thread per call would add a fifth to each call's CPU time."""

    def __init__(self) -> None:
        self._calls: list[tuple[float, int, _Call]] = []  # a heap ordered by deadline
        self._numbers = count()  # tie-breakers for calls with the same deadline
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def watch(self, call: _Call, end: float) -> None:
        """End the call at the `time.monotonic()` value `end`."""
        with self._changed:
            if self._thread is None or not self._thread.is_alive():  # not started, or lost in a fork
                self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
                self._thread.start()
            heappush(self._calls, (end, next(self._numbers), call))
            if self._calls[0][2] is call:
                self._changed.notify()

    def _run(self) -> None:
        while True:
            self._next().end()

    def _next(self) -> _Call:
        """Wait until a call reaches its deadline, and return that call."""
        with self._changed:
            while True:
                while self._calls and self._calls[0][2].is_over:
                    heappop(self._calls)
                left = self._calls[0][0] - time.monotonic() if self._calls else None
                if left is not None and left <= 0:
                    return heappop(self._calls)[2]
                self._changed.wait(left)


_watchdog = _Watchdog()
_call: ContextVar[_Call | None] = ContextVar("call", default=None)


class _Watched(HTTPConnection):
    """A connection that notifies the current `_Call` when it connects and before it sends a request."""

    def _new_conn(self) -> socket.socket:
        """Connect within `self.timeout` in total. urllib3 would apply it to each address, but not to the DNS lookup."""
        try:
            line = _connect(self._dns_host, self.port, float(self.timeout or 0), self.socket_options)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, str(error)) from error
        except OSError as error:
            raise NewConnectionError(self, str(error)) from error
        if call := _call.get():
            call.connected(line)
        return line

    def request(self, *args: Any, **options: Any) -> None:
        if call := _call.get():
            call.requesting(self)
        super().request(*args, **options)


def _connect(host: str, port: int, seconds: float, options: Any) -> socket.socket:
    """Return a connection to the first address of `host` that accepts one. Divide the time between the addresses."""
    end = clock() + seconds
    addresses = _addresses(host, port, seconds)
    failure: OSError = TimeoutError("no time is left for connecting")
    for number, address in enumerate(addresses):
        share = (end - clock()) / (len(addresses) - number)
        if share <= 0:
            break
        try:
            line = create_connection(address, share, socket_options=options)
        except OSError as error:
            failure = error
        else:
            line.settimeout(seconds)  # for the TLS handshake
            return line
    raise failure


def _addresses(host: str, port: int, seconds: float) -> list[tuple[str, int]]:
    """Return the addresses of `host`. Raise socket.gaierror if it has none, and TimeoutError after `seconds`.

    The system's resolver has no time limit and may take half a minute, so it runs in a separate thread.
    """
    found: Future[list[Any]] = Future()

    def look_up() -> None:
        try:
            found.set_result(socket.getaddrinfo(host.strip("[]"), port, allowed_gai_family(), socket.SOCK_STREAM))
        except Exception as error:
            found.set_exception(error)

    threading.Thread(target=look_up, name="name lookup", daemon=True).start()
    try:
        return [address[:2] for *_, address in found.result(seconds)]
    except TimeoutError as error:
        raise TimeoutError("the name lookup takes too long") from error


class _WatchedOverTLS(_Watched, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _PoolOverTLS(HTTPSConnectionPool):
    ConnectionCls = _WatchedOverTLS


def _session() -> requests.Session:
    """Return a session that keeps connections alive: a TLS handshake per call would cost more than the call itself."""
    session = requests.Session()
    # Appwrite sets a cookie whenever it creates a session, and gives cookies precedence over headers. With a cookie
    # jar, the next call would therefore use another person's session. This policy neither stores nor sends cookies.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.trust_env = False  # .netrc and proxy variables must not change or redirect our requests
    # Trust the system's certificate authorities, so that an administrator can add one. `requests` would use certifi's.
    authorities = ssl.get_default_verify_paths()
    session.verify = authorities.cafile or authorities.capath or True
    session.headers["Accept-Encoding"] = "gzip, deflate"  # requests would add brotli if its package is installed
    adapter = HTTPAdapter(pool_connections=2, pool_maxsize=32)
    adapter.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _PoolOverTLS}
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


POOL = _session()


# -- one call ----------------------------------------------------------------------------------------------------------
def send(request: requests.Request, *, is_repeatable: bool) -> Response:
    """Send the request, and return the complete response, even with an error status. Do not follow redirects.

    If a keep-alive connection closes without a response, send an `is_repeatable` request once more on a new
    connection. Raise NoResponseError if no complete response arrives within settings.APPWRITE_TIMEOUT or the
    `deadline` of all calls.
    """
    to_connect, in_all = settings.APPWRITE_TIMEOUT
    left = seconds_left()
    seconds = in_all if left is None else min(in_all, left)
    if seconds <= 0:
        raise NoResponseError("Timeout: the time for all calls of this request is used up", is_sent=False)
    with _Call(seconds) as call:
        token = _call.set(call)
        try:
            return _send(call, request, (min(to_connect, seconds), seconds), is_repeatable)
        except (requests.RequestException, HTTPError, ValueError) as error:
            # `requests` does not convert all of urllib3's errors, and fails if a response redirects to an invalid URL.
            raise NoResponseError(_cause(call, error, seconds), is_sent=call.is_sent) from error
        finally:
            _call.reset(token)


def _send(call: _Call, request: requests.Request, timeout: tuple[float, float], is_repeatable: bool) -> Response:
    prepared = POOL.prepare_request(request)
    is_repeated = False
    try:
        answer = POOL.send(prepared, timeout=timeout, allow_redirects=False, stream=True)
    except requests.Timeout:
        raise
    except requests.ConnectionError:
        may_repeat = is_repeatable and call.is_sent and (call.is_reused or request.method == "GET")
        if call.is_late or not may_repeat:
            raise
        call.repeat()
        is_repeated = True
        answer = POOL.send(prepared, timeout=timeout, allow_redirects=False, stream=True)
    body = bytearray()
    try:
        for chunk in answer.iter_content(CHUNK):
            body += chunk
            if len(body) > MAX_BODY:
                raise requests.exceptions.ContentDecodingError(f"more than {MAX_BODY} bytes")
    except BaseException:
        answer.close()
        raise
    if call.is_late:  # without a Content-Length, a truncated body looks complete
        answer.close()
        raise requests.ReadTimeout
    return Response(answer.status_code, answer.headers, bytes(body), is_repeated)


def _cause(call: _Call, error: Exception, seconds: float) -> str:
    """Return the cause of the failure, for the log. Omit the URL: its query string may contain an e-mail address."""
    if call.is_late:
        return f"ReadTimeout: no complete response within {seconds:.1f} s"
    inner: BaseException | None = error
    details = [type(error).__name__]
    while inner is not None:
        if isinstance(inner, (OSError, HTTPException)) and not isinstance(inner, requests.RequestException):
            details.append(f"{type(inner).__name__}: {getattr(inner, 'strerror', None) or inner}")
            break
        inner = inner.__cause__ or inner.__context__
    return ": ".join(details)
