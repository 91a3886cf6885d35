"""Appwrite clients: the SDK's services, with this site's connection pool, deadlines and exceptions.

The client from `create_session_client(request)` acts as the visitor. The client from `create_admin_client()` acts as
the site, with its API key. Both clients have the SDK's services as attributes: account, db, teams, storage, functions
and messaging. The admin client also has users.
"""

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import copy
from datetime import datetime
from functools import cache, cached_property, wraps
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import requests
from appwrite.client import Client
from appwrite.encoders.value_class_encoder import ValueClassEncoder
from appwrite.exception import AppwriteException
from appwrite.input_file import InputFile
from appwrite.models.row_list import RowList
from appwrite.query import Query
from appwrite.services.account import Account
from appwrite.services.functions import Functions
from appwrite.services.messaging import Messaging
from appwrite.services.storage import Storage
from appwrite.services.tables_db import TablesDB
from appwrite.services.teams import Teams
from appwrite.services.users import Users
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language
from pydantic import ValidationError

from core import bulkhead, circuit_breaker, errors, observation, response_shapes, server_version, transport
from core.formats import appwrite_time

# An escaped surrogate in JSON, which is invalid if the other half of its pair is missing.
LONE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
CHOSEN_IDS = ("rowId", "fileId", "messageId", "subscriberId")  # parameters of calls that create an object
TOO_LONG = (414, 431)  # HTTP statuses that a proxy returns if a URL or the headers are too long


class AppwriteClient(Client):  # type: ignore[misc]
    """The SDK's client, with this site's connection pool, deadlines and exceptions.

    The SDK sends all requests through `call`, so every error response raises an exception from `core.errors`. If an
    argument is missing, the SDK raises AppwriteException without sending a request. Nothing converts that exception,
    because its cause is a bug in the site.
    """

    _returns: Any = None  # the return type of the calling SDK method; None if no SDK method makes the call
    _operation = "other"  # the SDK method that makes the call, for example "TablesDB.get_row"
    _sends_writes = True
    _body: Any = None  # the JSON of the latest response
    _is_replay = False

    def calling(self, operation: str, returns: Any) -> Self:
        """Return a copy of this client for the SDK method `operation`, which returns a model, bytes, str or dict."""
        client = copy(self)
        client._operation, client._returns = operation, returns
        return client

    def without_writes(self) -> Self:
        """Return a copy of this client that sends only GET requests. Other requests raise WouldWriteError."""
        client = copy(self)
        client._sends_writes = False
        return client

    def replay(self) -> Self | None:
        """Return a copy of this client that sends nothing: each call returns a repaired copy of the latest response.

        Return None if there is no response, or if it cannot be repaired so that the SDK can parse it.
        """
        client = copy(self)
        client._body = None if self._body is None else response_shapes.readable(self._body, self._returns)
        client._is_replay = True
        return None if client._body is None else client

    def call(
        self,
        method: str,
        path: str = "",
        headers: dict[str, str] | None = None,
        params: dict[str, Any] | None = None,
        response_type: str = "json",
    ) -> Any:
        """Send one request and return the content of its response: a JSON object, bytes, text or a redirect's URL.

        Raise a `core.errors.SiteError` if the call fails: UnavailableError if no complete response arrives in time (see
        `core.transport`) or if the response has the wrong shape for this call, and NotCalledError if the circuit
        breaker or the bulkhead rejects the call.
        """
        if self._is_replay:
            return self._body
        if not self._sends_writes and method != "get":
            raise errors.WouldWriteError(f"{method.upper()} {path}")
        with (
            observation.timed_call(self._operation, _outcome),
            circuit_breaker.BREAKER.watch(self._is_outage),
            bulkhead.ALL.slot(),
        ):
            return self._call(method, path, headers, params or {}, response_type)

    def _is_outage(self, error: BaseException) -> bool | None:
        """Return whether `error` counts as a failure of Appwrite, or None if that is unknown.

        Return None if the bulkhead rejected the call, or if a single image may be the cause: any writer can upload an
        image that Appwrite cannot process, or processes too slowly.
        """
        if not isinstance(error, errors.SiteError):
            return True
        if isinstance(error, (errors.AppwriteRateLimitedError, errors.MisconfiguredError)):
            return False
        if not isinstance(error, errors.UnavailableError) or error.code in TOO_LONG:
            return False
        if isinstance(error, errors.NotCalledError):
            return None
        is_unsent = isinstance(error.__cause__, transport.NoResponseError) and not error.__cause__.is_sent
        return None if self._returns is bytes and not is_unsent else True

    def _call(
        self, method: str, path: str, headers: dict[str, str] | None, params: dict[str, Any], response_type: str
    ) -> Any:
        request = self._request(method, path, {**self._global_headers, **(headers or {})}, params)
        try:
            answer = transport.send(request, is_repeatable=_is_repeatable(method, path, params))
        except transport.NoResponseError as error:
            raise self._unavailable(method, path, str(error), is_sent=error.is_sent) from error
        if answer.status >= 400:
            refusal = self._refusal(method, path, answer)
            if answer.is_repeated and method == "delete" and isinstance(refusal, errors.NotFoundError):
                return b""  # the first of the two requests deleted the object
            raise refusal
        try:
            return self._content(answer, response_type, path, accepts=request.headers.get("accept", ""), method=method)
        except ValueError as error:
            raise self._unavailable(method, path, str(error), code=answer.status) from None

    def _content(self, answer: transport.Response, response_type: str, path: str, *, accepts: str, method: str) -> Any:
        """Return the content of a successful response as the SDK expects it.

        Raise ValueError, with a description of the fault, if the response is not what Appwrite would send.
        """
        kind = answer.headers.get("Content-Type", "")
        if response_type == "location":
            location = _location(answer)
            if self._returns is not None and not _is_authorization_request(location):  # only OAuth redirects
                raise ValueError("a redirect to a page that is not an OAuth provider's")
            return location
        if answer.status >= 300:
            raise ValueError(f"an unexpected redirect ({answer.status})")
        if self._returns is bytes:
            return _file(answer, path, kind)
        if response_type == "text":
            return answer.body.decode()
        if not answer.body and (self._returns is None or (method == "delete" and answer.status == 204)):
            return b""  # a 204 has no Content-Type, so the SDK would raise KeyError
        if kind.startswith("application/json"):
            return self._checked_json(answer, method)
        if accepts == "application/json" or self._returns is not None:  # a proxy's page with status 200
            raise ValueError(f"{kind or 'no type'} instead of JSON")
        return answer.body

    def _checked_json(self, answer: transport.Response, method: str) -> Any:
        body = _json(answer.body)
        if wrong := response_shapes.fault(body, self._returns):
            raise ValueError(wrong)
        is_of_many = isinstance(self._returns, type) and issubclass(self._returns, RowList)  # Appwrite returns the rows
        if method == "delete" and self._returns is not None and not is_of_many:
            raise ValueError("a body, although Appwrite sends none")
        self._body = body
        return body

    def _unavailable(
        self, method: str, path: str, cause: str, *, is_sent: bool = True, code: int = 0
    ) -> errors.UnavailableError:
        error = errors.UnavailableError(f"{method.upper()} {path}: {cause}", code=code)
        error.may_have_happened = is_sent and method != "get"
        return error

    def _request(self, method: str, path: str, headers: dict[str, str], params: dict[str, Any]) -> requests.Request:
        params = {key: Query._flatten(value) for key, value in params.items()}
        content_type = headers.get("content-type", "")
        if request_id := observation.request_id():
            headers["X-Request-ID"] = request_id  # for the log of a proxy in front of Appwrite; Appwrite ignores it
        request = requests.Request(method.upper(), self._endpoint + path, headers=headers)
        if method == "get":
            request.params = self.flatten(params)
        elif content_type.startswith("multipart/form-data"):
            del headers["content-type"]  # requests sets this header itself, with the multipart boundary
            request.files = {
                name: (value.filename, value.data) for name, value in params.items() if isinstance(value, InputFile)
            }
            fields = self.flatten(
                {name: value for name, value in params.items() if name not in request.files}, stringify=True
            )
            if request.files:
                request.data = fields
            else:  # without a file, `requests` would send a URL-encoded body instead of multipart
                request.files = {name: (None, value) for name, value in fields.items()}
        else:
            request.data = json.dumps(params, cls=ValueClassEncoder)
        return request

    def _refusal(self, method: str, path: str, answer: transport.Response) -> errors.SiteError:
        try:
            body = _json(answer.body)
        except ValueError:
            body = None
        if not isinstance(body, dict) or not body.get("type"):
            # Every Appwrite error has a type. If Appwrite is down, a proxy may return “404 page not found”, which says
            # nothing about the requested row.
            error: errors.SiteError = self._unavailable(
                method, path, f"{answer.status} not from Appwrite", code=answer.status
            )
            error.retry_after = errors.seconds_to_wait(answer.headers)
            return error
        server_version.note(body.get("version"))
        error = errors.from_appwrite(
            str(body["type"]),
            answer.status,
            body.get("message", ""),
            by_key="x-appwrite-key" in self.get_headers(),
        )
        # The server may fail after the write, and a repeated request may fail because the first request succeeded.
        error.may_have_happened = method != "get" and (answer.status >= 500 or answer.is_repeated)
        if answer.status in (429, 503):
            error.retry_after = errors.seconds_to_wait(answer.headers)
        return error


def _outcome(error: BaseException) -> str:
    """Return the `outcome` of `core.observation.Call` for a call that raised this error."""
    if isinstance(error, errors.NotCalledError):
        return "not_called"
    return (
        "failed" if isinstance(error, errors.UnavailableError) or not isinstance(error, errors.SiteError) else "refused"
    )


def _is_repeatable(method: str, path: str, params: Mapping[str, Any]) -> bool:
    """Return whether the request is idempotent, so that it may be sent again.

    Reading, updating or deleting the object in the URL is idempotent. Creating an object with an id that we chose is
    also idempotent, because Appwrite rejects the second request. A call that e-mails a link, consumes a secret or
    increments a number is not idempotent.
    """
    if "secret" in params or path.endswith(("/increment", "/decrement")):
        return False
    if method in ("get", "put", "patch", "delete"):
        return True
    return any(params.get(name) not in (None, "unique()") for name in CHOSEN_IDS)


def _json(body: bytes) -> Any:
    """Return the parsed `body`. Raise ValueError if `body` is not JSON or contains text that is not valid Unicode."""
    try:
        value = json.loads(body.decode(), parse_constant=_no_constant)
        if LONE_SURROGATE.search(body):  # a valid pair, such as for an emoji, can be encoded
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError:
        raise ValueError("text that is not Unicode") from None
    except RecursionError:
        raise ValueError("JSON that is nested too deeply") from None
    except ValueError:
        raise ValueError("malformed JSON") from None
    return value


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _location(answer: transport.Response) -> str:
    """Return the target of a redirect. Raise ValueError if the response is not a redirect."""
    if answer.status < 300:
        raise ValueError(f"{answer.status} instead of a redirect")
    return answer.headers.get("Location", "")


def _is_authorization_request(url: str) -> bool:
    """Return whether the URL is an OAuth authorization request (RFC 6749, 4.1.1), not a redirect by a proxy."""
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and {"client_id", "response_type"} <= set(
        parse_qs(parts.query, keep_blank_values=True)
    )


def _file(answer: transport.Response, path: str, kind: str) -> bytes:
    """Return the bytes of a file.

    Raise ValueError for any other response, such as a proxy's error page. Appwrite sends every preview as an image and
    every download as an attachment, regardless of the file's type.
    """
    if path.endswith("/preview"):
        is_file = kind.startswith("image/")
    else:
        is_file = answer.headers.get("Content-Disposition", "").startswith("attachment")
    if not is_file or not answer.body:
        raise ValueError(f"{kind or 'no type'} instead of a file")
    return answer.body


@cache
def _checked_service(service: Any) -> Any:
    """Return a subclass of the SDK class `service` whose methods raise UnavailableError for unexpected responses."""
    public = {name: value for name, value in vars(service).items() if callable(value) and not name.startswith("_")}
    methods = {name: _checked_method(service.__name__, method) for name, method in public.items()}
    return type(service.__name__, (service,), methods)


def _checked_method(service_name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    returns = method.__annotations__.get("return")

    @wraps(method)
    def checked(service: Any, *args: Any, **kwargs: Any) -> Any:
        calling = copy(service)
        calling.client = service.client.calling(f"{service_name}.{method.__name__}", returns)
        try:
            return method(calling, *args, **kwargs)
        except (ValidationError, AppwriteException) as error:
            if isinstance(error, AppwriteException) and error.response is None:
                raise  # no response: an argument is missing, which is a bug in the site
        if replay := calling.client.replay():  # the unreadable field may be one that the site does not need
            calling.client = replay
            with suppress(ValidationError, AppwriteException):
                return method(calling, *args, **kwargs)
        # Raised outside the `except` block, because pydantic quotes the value: it may contain a session's secret.
        unreadable = errors.UnavailableError(f"{method.__name__}: a response that the SDK cannot read")
        unreadable.may_have_happened = not method.__name__.startswith(("get", "list"))
        raise unreadable

    return checked


class SessionClient:
    """A client with a visitor's permissions. Services are created on first use, because each page needs only a few."""

    def __init__(self, client: AppwriteClient) -> None:
        self.client = client

    def unless_changed_since(self, moment: datetime) -> Self:
        """Return a client that raises ConflictError on a write to a row that was changed after `moment`.

        Use the client for a single write only, because it sends the X-Appwrite-Timestamp header with every call.
        """
        client = copy(self.client)
        client._global_headers = self.client.get_headers()
        client.add_header("X-Appwrite-Timestamp", appwrite_time(moment))
        return type(self)(client)

    @cached_property
    def account(self) -> Account:
        return _checked_service(Account)(self.client)

    @cached_property
    def db(self) -> TablesDB:
        return _checked_service(TablesDB)(self.client)

    @cached_property
    def teams(self) -> Teams:
        return _checked_service(Teams)(self.client)

    @cached_property
    def storage(self) -> Storage:
        return _checked_service(Storage)(self.client)

    @cached_property
    def functions(self) -> Functions:
        return _checked_service(Functions)(self.client)

    @cached_property
    def messaging(self) -> Messaging:
        return _checked_service(Messaging)(self.client)


class AdminClient(SessionClient):
    """A client with the site's API key, which bypasses permissions. Use it for sign-in, set-up and managing users."""

    @cached_property
    def users(self) -> Users:
        return _checked_service(Users)(self.client)

    def without_writes(self) -> Self:
        """Return a client for a dry run, which raises WouldWriteError instead of sending a write."""
        return type(self)(self.client.without_writes())


def _client() -> AppwriteClient:
    client = AppwriteClient()
    client.set_endpoint(settings.APPWRITE_ENDPOINT)
    client.set_project(settings.APPWRITE_PROJECT)
    return client


def create_session_client(request: HttpRequest) -> SessionClient:
    """Return a client with the permissions of the person who sent `request`, or of a guest."""
    secret = getattr(request, "appwrite_session", "")  # set by accounts.middleware from the session cookie
    return client_of_session(secret) if secret else create_guest_client()


def client_of_session(secret: str) -> SessionClient:
    """Return a client with the permissions of the session that has this secret."""
    return SessionClient(_client().set_session(secret))


def create_guest_client() -> SessionClient:
    """Return a client with the permissions of a visitor who is not signed in."""
    return SessionClient(_client())


def create_admin_client(request: HttpRequest | None = None) -> AdminClient:
    """Return a client with the site's API key.

    If `request` is given, the client forwards the visitor's user agent and language to Appwrite, which uses them for
    e-mails and the list of sessions. Appwrite accepts a forwarded user agent only from a client with an API key.
    """
    client = _client().set_key(settings.APPWRITE_API_KEY)
    if request is not None:
        client.set_forwarded_user_agent(" ".join(request.headers.get("User-Agent", "").split())[:500])
        client.set_locale(get_language())
    return AdminClient(client)


def log_server_version() -> None:
    """Ask Appwrite for its version, which is public, and log it. If Appwrite does not return it, log nothing."""
    with suppress(errors.SiteError):
        answer = create_guest_client().client.call("get", "/health/version", {"accept": "application/json"})
        if isinstance(answer, dict):
            server_version.note(answer.get("version"))
