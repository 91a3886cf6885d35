"""The door to Appwrite: one client class, one pool of connections, two ways in.

`create_session_client(request)` acts as the visitor, `create_admin_client()` as the site with its API key. Both give
the bundle of the original's server reference (account, db, teams, storage, functions, messaging; users for the admin).
"""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from datetime import datetime
from functools import cache, cached_property, wraps
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Self

import requests
from appwrite.client import Client
from appwrite.encoders.value_class_encoder import ValueClassEncoder
from appwrite.exception import AppwriteException
from appwrite.input_file import InputFile
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
from requests.adapters import HTTPAdapter

from biso_site import errors


def _pool() -> requests.Session:
    """Kept-alive connections for the whole process; a TLS handshake per call would cost more than the call."""
    session = requests.Session()
    # Every answer that makes a session also sets a cookie, and Appwrite believes cookies before headers:
    # a jar would hand one person's session to the next call. An empty policy neither keeps nor sends any.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.trust_env = False  # a .netrc or proxy variable must not add to or divert what we send
    adapter = HTTPAdapter(pool_connections=2, pool_maxsize=32)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


POOL = _pool()
ERRANDS = ThreadPoolExecutor(max_workers=8, thread_name_prefix="errand")  # its threads begin with the first call


class AppwriteClient(Client):  # type: ignore[misc]
    """The SDK's client with our pool, time-outs and errors.

    All wire traffic of the SDK passes `call`, so a refusal rises as one of `biso_site.errors`, while the SDK's own
    complaint about a missing argument (our bug) stays a loud AppwriteException.
    """

    _last_headers: Mapping[str, str] = {}

    def call(
        self,
        method: str,
        path: str = "",
        headers: dict[str, str] | None = None,
        params: dict[str, Any] | None = None,
        response_type: str = "json",
    ) -> Any:
        """Send one request; returns the JSON body, the bytes or text of another, or where a `location` points.

        Raises a `biso_site.errors.SiteError`, Unavailable when no answer came within settings.APPWRITE_TIMEOUT.
        """
        request = self._request(method, path, {**self._global_headers, **(headers or {})}, params or {})
        try:
            answer = self._send(request)
        except requests.RequestException as error:
            raise errors.Unavailable(f"{method.upper()} {path}: {type(error).__name__}") from error
        self._last_headers = answer.headers
        if answer.status_code >= 400:
            raise self._refusal(answer)
        if response_type == "location":
            return answer.headers.get("Location")
        if response_type == "text":
            return answer.text
        # A 204 comes without a content type; the SDK's own reading of the header would be a KeyError.
        kind = answer.headers.get("Content-Type", "")
        if kind.startswith("application/json"):
            try:
                return answer.json()
            except ValueError as error:
                raise errors.Unavailable(f"{method.upper()} {path}: unreadable JSON") from error
        if answer.content and request.headers.get("accept") == "application/json":  # a proxy's page, under a 200
            raise errors.Unavailable(f"{method.upper()} {path}: {kind or 'no type'} instead of JSON")
        return answer.content

    def session_made(self) -> str:
        """The secret of the session that the last answer made; "" where it made none.

        Appwrite repeats its cookie as JSON in this header, for browsers that refuse cookies (behaviour of 1.9.6).
        """
        try:
            made = json.loads(self._last_headers.get("X-Fallback-Cookies") or "{}")
        except ValueError:
            return ""
        return str(made.get(f"a_session_{settings.APPWRITE_PROJECT}", "")) if isinstance(made, dict) else ""

    def _request(self, method: str, path: str, headers: dict[str, str], params: dict[str, Any]) -> requests.Request:
        params = {key: Query._flatten(value) for key, value in params.items()}
        content_type = headers.get("content-type", "")
        request = requests.Request(method.upper(), self._endpoint + path, headers=headers)
        if method == "get":
            request.params = self.flatten(params)
        elif content_type.startswith("multipart/form-data"):
            del headers["content-type"]  # requests writes its own, with the boundary
            request.files = {
                name: (value.filename, value.data) for name, value in params.items() if isinstance(value, InputFile)
            }
            fields = self.flatten(
                {name: value for name, value in params.items() if name not in request.files}, stringify=True
            )
            if request.files:
                request.data = fields
            else:  # without a file requests would write a URL-encoded body
                request.files = {name: (None, value) for name, value in fields.items()}
        else:
            request.data = json.dumps(params, cls=ValueClassEncoder)
        return request

    def _send(self, request: requests.Request) -> requests.Response:
        prepared = POOL.prepare_request(request)
        try:
            return POOL.send(prepared, timeout=settings.APPWRITE_TIMEOUT, allow_redirects=False)
        except requests.Timeout:
            raise
        except requests.ConnectionError:
            # A kept-alive connection may be closed under us just as we reuse it. Reading again harms nobody.
            if request.method != "GET":
                raise
            return POOL.send(prepared, timeout=settings.APPWRITE_TIMEOUT, allow_redirects=False)

    def _refusal(self, answer: requests.Response) -> errors.SiteError:
        try:
            body = answer.json()
        except ValueError:
            body = None
        if not isinstance(body, dict) or not body.get("type"):
            # Appwrite names every refusal. Before one that is down a proxy says “404 page not found”: no row is gone.
            return errors.Unavailable(f"{answer.status_code} by somebody else", code=answer.status_code)
        return errors.from_appwrite(
            str(body["type"]),
            answer.status_code,
            body.get("message", ""),
            by_key="x-appwrite-key" in self.get_headers(),
        )


@cache
def _careful(service: Any) -> Any:
    """The SDK's class `service`, whose methods raise Unavailable for an answer that is not what they expect."""
    methods = {name: _readable(made) for name, made in vars(service).items() if callable(made) and name[0] != "_"}
    return type(service.__name__, (service,), methods)


def _readable(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def careful(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except (ValidationError, AppwriteException) as error:
            if isinstance(error, AppwriteException) and error.response is None:
                raise  # no answer: an argument is missing, which is our bug
            # `from None`: pydantic quotes what it could not read, and that may be a session with its secret.
            raise errors.Unavailable(f"{method.__name__}: an answer the SDK cannot read") from None

    return careful


class SessionClient:
    """Appwrite as one visitor sees it. Services are made when first asked for: a page needs one or two."""

    def __init__(self, client: AppwriteClient) -> None:
        self.client = client

    def unless_changed_since(self, moment: datetime) -> Self:
        """The same caller, whose writes to a row raise Conflict where it was changed after `moment`.

        A client for one write: whatever else it called would carry the header, too.
        """
        client = copy(self.client)
        client._global_headers = self.client.get_headers()
        client.add_header("X-Appwrite-Timestamp", moment.isoformat(timespec="milliseconds"))
        return type(self)(client)

    @cached_property
    def account(self) -> Account:
        return _careful(Account)(self.client)

    @cached_property
    def db(self) -> TablesDB:
        return _careful(TablesDB)(self.client)

    @cached_property
    def teams(self) -> Teams:
        return _careful(Teams)(self.client)

    @cached_property
    def storage(self) -> Storage:
        return _careful(Storage)(self.client)

    @cached_property
    def functions(self) -> Functions:
        return _careful(Functions)(self.client)

    @cached_property
    def messaging(self) -> Messaging:
        return _careful(Messaging)(self.client)


class AdminClient(SessionClient):
    """Appwrite with the site's API key, which passes by every permission: for sign-in, provisioning and people."""

    @cached_property
    def users(self) -> Users:
        return _careful(Users)(self.client)


def _client() -> AppwriteClient:
    client = AppwriteClient()
    client.set_endpoint(settings.APPWRITE_ENDPOINT)
    client.set_project(settings.APPWRITE_PROJECT)
    return client


def create_session_client(request: HttpRequest) -> SessionClient:
    """Appwrite with the rights of whoever sent `request`: their session if they are signed in, a guest's otherwise."""
    secret = getattr(request, "appwrite_session", "")  # set by accounts.middleware from the session cookie
    return client_of_session(secret) if secret else create_guest_client()


def client_of_session(secret: str) -> SessionClient:
    """Appwrite with the rights of the session whose secret this is."""
    return SessionClient(_client().set_session(secret))


def create_guest_client() -> SessionClient:
    """Appwrite as somebody sees it who is not signed in."""
    return SessionClient(_client())


def create_admin_client(request: HttpRequest | None = None) -> AdminClient:
    """Appwrite with the site's API key.

    With `request` Appwrite is told the visitor's browser and language (it believes the browser only from a key), so
    that mails and the list of sessions name them.
    """
    client = _client().set_key(settings.APPWRITE_API_KEY)
    if request is not None:
        client.set_forwarded_user_agent(" ".join(request.headers.get("User-Agent", "").split())[:500])
        client.set_locale(get_language())
    return AdminClient(client)


def side_by_side(*calls: Callable[[], Any]) -> list[Any]:
    """What each of these returns, asked at the same time: for calls that do not depend on each other. Raises what the
    first of them raises."""
    others = [ERRANDS.submit(call) for call in calls[1:]]
    return [calls[0](), *(other.result() for other in others)]
