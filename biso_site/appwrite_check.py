"""Check whether Appwrite is set up for the site. The check changes nothing, and no finding contains a secret.

No call returns the scopes of an API key. Appwrite checks the scope before the parameters of a call, so the check makes
calls with an invalid object id. Appwrite responds with 401 if the key lacks the scope, and otherwise with 400.
"""

import json
import re
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from django.conf import settings

from accounts.repositories.people import PeopleRepository
from biso_site.local_project import KEY_SCOPES
from core import errors, transport
from core.appwrite_client import AdminClient, create_admin_client, create_guest_client
from core.calls import run_concurrently
from posts import schema_check
from posts.schema_check import Finding, not_checked

TESTED = "1.9.6"  # docs/appwrite-versions.md describes how other versions differ
MAX_CLOCK_DIFFERENCE = 30  # seconds
VERSION = re.compile(r"[0-9][0-9A-Za-z.+-]{0,40}")
NO_ID = "_"  # no object has this id, because an id cannot start with an underscore
AT_ONCE = 4
DAY = 24 * 3600  # seconds
MAX_SESSION = 180  # days
CONSOLE = "In Appwrite's Console, open"
KEYS = f"{CONSOLE} *Overview → API keys*"

_TABLE = f"/tablesdb/{NO_ID}/tables/{NO_ID}"
PATHS = {
    "users": f"/users/{NO_ID}",
    "teams": f"/teams/{NO_ID}",
    "databases": f"/tablesdb/{NO_ID}",
    "tables": _TABLE,
    "columns": f"{_TABLE}/columns/{NO_ID}",
    "indexes": f"{_TABLE}/indexes/{NO_ID}",
    "rows": f"{_TABLE}/rows/{NO_ID}",
    "buckets": f"/storage/buckets/{NO_ID}",
    "files": f"/storage/buckets/{NO_ID}/files/{NO_ID}",
    "providers": f"/messaging/providers/{NO_ID}",
    "topics": f"/messaging/topics/{NO_ID}",
    "subscribers": f"/messaging/topics/{NO_ID}/subscribers/{NO_ID}",
    "targets": f"/users/{NO_ID}/targets/{NO_ID}",
    "messages": f"/messaging/messages/{NO_ID}",
}
"""Kind of scope -> the path of a call: GET needs the scope `KIND.read`, and DELETE needs `KIND.write`."""
MAIL_SCOPES = ("providers", "topics", "subscribers", "targets", "messages")
SIGN_IN_METHODS = {"email-password": "Email/Password", "anonymous": "Anonymous", "phone": "Phone", "jwt": "JWT"}
"""Sign-in methods that must be off. Appwrite's id -> the name in the Console."""
GUEST_CALLS = {"email-password": "/account/sessions/email", "phone": "/account/tokens/phone"}
"""Sign-in method -> a call with which a guest can see whether the method is on. Without parameters, it does nothing."""


def findings() -> Iterator[Finding]:
    """Check everything. Yield the findings in the order in which an administrator should correct the problems."""
    answer = _version()
    if isinstance(answer, Finding):
        yield answer
        yield Finding(
            "everything else", "unknown", "Not checked.", "Correct APPWRITE_ENDPOINT first, then check again."
        )
        return
    yield from _connection(answer)
    client = create_admin_client()
    if wrong := _refusal(client):
        yield wrong
        yield Finding("everything else", "unknown", "Not checked.", "Correct this first, then check again.")
        return
    yield Finding("project", "fine", f"Appwrite knows the project {settings.APPWRITE_PROJECT} and the API key.")
    yield from _scopes(client)
    yield _platform(client)
    yield from _project(client)
    yield _microsoft()
    yield _provider(client)
    yield from schema_check.findings(client)
    yield _admins(client)


# -- the server --------------------------------------------------------------------------------------------------------
def _version() -> transport.Response | Finding:
    """Return the response with Appwrite's version, or a finding that explains why there is none."""
    item, endpoint = "endpoint", settings.APPWRITE_ENDPOINT
    request = requests.Request("GET", f"{endpoint}/health/version")
    try:
        answer = transport.send(request, is_repeatable=True)
    except transport.NoResponseError as error:
        return Finding(item, "wrong", f"{endpoint} cannot be reached: {error}.", _remedy(str(error)))
    if VERSION.fullmatch(str(_json(answer).get("version"))):
        return answer
    if answer.status >= 500:
        remedy = "Look at the logs of Appwrite and of any proxy in front of it."
        return Finding(item, "wrong", f"{endpoint} responds with the error {answer.status}.", remedy)
    if 300 <= answer.status < 400 and (location := answer.headers.get("Location")):
        target = urlsplit(urljoin(endpoint, location))
        detail = f"{endpoint} redirects to {target.scheme}://{target.netloc.rpartition('@')[2]}."
        return Finding(item, "wrong", detail, "Set APPWRITE_ENDPOINT to the address to which it redirects.")
    remedy = (
        "Set APPWRITE_ENDPOINT to the API endpoint that the Console shows in the project's settings. It ends in /v1."
    )
    return Finding(item, "wrong", f"A server responds at {endpoint}, but it is not Appwrite's API.", remedy)


def _remedy(cause: str) -> str:
    """Return what to do about a failed connection. `cause` is the text of a `NoResponseError`."""
    if "gaierror" in cause or "NameResolution" in cause or "name lookup" in cause:
        return "Check the host name in APPWRITE_ENDPOINT, and that this server can resolve host names."
    if "CERTIFICATE" in cause.upper():
        return "Check that the certificate of the Appwrite server is valid for this host name and has not expired."
    if "SSL" in cause:
        return "Check that the server accepts https:// on this port. Use http:// only inside a private network."
    if "refused" in cause or "InvalidURL" in cause:
        return "Check that Appwrite is running, and check the host and the port in APPWRITE_ENDPOINT."
    return "Check that Appwrite is running and not overloaded, and that no firewall blocks the connection."


def _json(answer: transport.Response) -> dict[str, Any]:
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _connection(answer: transport.Response) -> Iterator[Finding]:
    endpoint = settings.APPWRITE_ENDPOINT
    if endpoint.startswith("https:") or _is_internal(urlsplit(endpoint).hostname or ""):
        yield Finding("endpoint", "fine", f"Appwrite answers at {endpoint}.")
    else:
        detail = "The connection is not encrypted, so others on the network can read the API key."
        yield Finding("endpoint", "wrong", detail, "Set APPWRITE_ENDPOINT to an address that starts with https://.")
    version = str(_json(answer)["version"])
    if version == TESTED:
        yield Finding("version", "fine", f"Appwrite {version}.")
    else:
        detail = f"Appwrite {version}. The site was tested with Appwrite {TESTED}."
        yield Finding("version", "unknown", detail, "See docs/appwrite-versions.md for how this version differs.")
    yield _clock(answer.headers.get("Date", ""))


def _is_internal(host: str) -> bool:
    try:
        return ip_address(host).is_private
    except ValueError:
        return host == "localhost" or "." not in host  # for example a container's name


def _clock(date: str) -> Finding:
    try:
        difference = parsedate_to_datetime(date).timestamp() - time.time()
    except (TypeError, ValueError):
        return Finding(
            "clock", "unknown", "Appwrite's response has no valid Date header.", "Compare the clocks of both servers."
        )
    if abs(difference) <= MAX_CLOCK_DIFFERENCE:
        return Finding("clock", "fine", "The clocks of both servers agree.")
    detail = (
        f"Appwrite's clock is {abs(difference):.0f} seconds {'ahead of' if difference > 0 else 'behind'} this server's."
    )
    return Finding("clock", "wrong", detail, "On both servers, run timedatectl set-ntp true.")


# -- the API key -------------------------------------------------------------------------------------------------------
def _headers() -> dict[str, str]:
    return {"content-type": "application/json", "x-appwrite-project": settings.APPWRITE_PROJECT}


def _answer(
    client: AdminClient, method: str, path: str, params: dict[str, Any] | None = None
) -> errors.SiteError | None:
    """Make a call. Return the error that the call raises, or None if the call succeeds."""
    try:
        client.client.call(method, path, _headers(), params)
    except errors.SiteError as error:
        return error
    return None


def _refusal(client: AdminClient) -> Finding | None:
    """Return a finding that says why Appwrite rejects all calls, or None if it knows the project and the key."""
    error = _answer(client, "get", PATHS["users"])
    if error is None:
        return Finding("project", "wrong", "The server accepts an invalid call.", "Check that it is Appwrite.")
    if error.type == "general_unauthorized_scope" or isinstance(error, errors.InvalidInputError):
        return None
    if error.type == "project_not_found":
        detail = f"Appwrite does not know the project {settings.APPWRITE_PROJECT}."
        return Finding(
            "project",
            "wrong",
            detail,
            "Set APPWRITE_PROJECT to the id that the Console shows next to the project's name.",
        )
    if error.type == "project_key_expired":
        return Finding(
            "API key", "wrong", "The API key has expired.", f"{KEYS}, and create a new key for APPWRITE_API_KEY."
        )
    if error.code == 401:
        detail = "Appwrite does not know the API key."
        return Finding("API key", "wrong", detail, f"{KEYS}, and copy the key's whole secret to APPWRITE_API_KEY.")
    remedy = (
        "Check that APPWRITE_PROJECT and APPWRITE_API_KEY contain no spaces or line breaks, and try again in a minute."
    )
    return Finding("project", "wrong", f"Appwrite rejects the calls: {error}", remedy)


def _scopes(client: AdminClient) -> Iterator[Finding]:
    for start in range(0, len(KEY_SCOPES), AT_ONCE):
        scopes = KEY_SCOPES[start : start + AT_ONCE]
        yield from run_concurrently(*(lambda scope=scope: _scope(client, scope) for scope in scopes))


def _scope(client: AdminClient, scope: str) -> Finding:
    item = f"scope {scope}"
    kind, _, access = scope.partition(".")
    if scope == "sessions.write":
        error = _answer(client, "post", "/account/tokens/magic-url", {})
    elif kind in PATHS:
        error = _answer(client, "get" if access == "read" else "delete", PATHS[kind])
    else:
        return Finding(item, "unknown", "The check cannot test it.", f"{KEYS}, and check that the key has this scope.")
    if isinstance(error, (errors.InvalidInputError, errors.NotFoundError)):
        return Finding(item, "fine", "The API key has it.")
    if error is not None and error.type == "general_unauthorized_scope":
        without = " Without it, e-mails about posts do not work." if kind in MAIL_SCOPES else ""
        return Finding(item, "wrong", f"The API key lacks it.{without}", f"{KEYS}, and add this scope to the key.")
    return Finding(item, "unknown", f"The check failed: {error or 'unexpected response'}", "Check again in a minute.")


# -- the project -------------------------------------------------------------------------------------------------------
def _platform(client: AdminClient) -> Finding:
    """Check whether sign-in links can lead to this site. Appwrite always rejects the call, so it sends no e-mail."""
    address = settings.SITE_URL or "http://localhost"
    params = {"userId": "unique()", "email": "nobody@example.com", "url": f"{address}/", "phrase": "invalid"}
    error = _answer(client, "post", "/account/tokens/magic-url", params)
    host, message = urlsplit(address).hostname, str(error)
    if message.startswith("Invalid `url`"):
        remedy = f"{CONSOLE} *Overview → Platforms*, and add a web platform with the host {host}."
        return Finding("platform", "wrong", f"Appwrite does not send links to {host}, so nobody can sign in.", remedy)
    if message.startswith("Invalid `phrase`"):
        return Finding("platform", "fine", f"Sign-in links can lead to {host}.")
    return Finding(
        "platform",
        "unknown",
        "The check cannot test it.",
        f"{CONSOLE} *Overview → Platforms*, and check that {host} is a platform.",
    )


def _project(client: AdminClient) -> Iterator[Finding]:
    """Check settings that the site's key can read only if it has the scopes `project.read` and `policies.read`."""
    project = _read(client, "/project")
    policy = _read(client, "/project/policies/session-duration")
    methods = {method["$id"]: method["enabled"] for method in project.get("authMethods", [])}
    for method, name in SIGN_IN_METHODS.items():
        yield _method(name, methods.get(method, _is_on(method)))
    if "smtpEnabled" not in project:
        yield _in_console(
            "SMTP", "*Settings → SMTP*, and check that it names your mail server, so that e-mails come from you"
        )
    elif project["smtpEnabled"]:
        yield Finding("SMTP", "fine", "Your own mail server sends the e-mails.")
    else:
        remedy = f"{CONSOLE} *Settings → SMTP*, and enter your mail server."
        yield Finding("SMTP", "wrong", "Appwrite's own mail server sends the e-mails, if it has one.", remedy)
    if "duration" not in policy:
        yield _in_console(
            "session length", "*Auth → Security*, and check how long sessions last; the default is a year"
        )
    else:
        yield _session_length(round(policy["duration"] / DAY))


def _read(client: AdminClient, path: str) -> dict[str, Any]:
    """Return the JSON at `path`, or an empty dict if the key lacks the scope or Appwrite has no such path."""
    try:
        body = client.client.call("get", path, _headers())
    except errors.SiteError:
        return {}
    return body if isinstance(body, dict) else {}


def _in_console(item: str, what: str) -> Finding:
    return Finding(item, "unknown", "The site's API key cannot read it.", f"{CONSOLE} {what}.")


def _is_on(method: str) -> bool | None:
    """Return whether guests can use this sign-in method, or None if no harmless call can show this."""
    if method not in GUEST_CALLS:
        return None
    try:
        create_guest_client().client.call("post", GUEST_CALLS[method], _headers(), {})
    except errors.InvalidInputError:
        return True
    except errors.SiteError as error:
        return False if error.type == "user_auth_method_unsupported" else None
    return True


def _method(name: str, is_on: bool | None) -> Finding:
    item = f"sign-in method {name}"
    if is_on is None:
        return _in_console(item, "*Auth → Settings*, and check that it is off")
    if not is_on:
        return Finding(item, "fine", "It is off.")
    detail = "It is on. Attackers could create accounts with other people's addresses."
    return Finding(item, "wrong", detail, f"{CONSOLE} *Auth → Settings*, and turn it off.")


def _session_length(days: int) -> Finding:
    if days <= MAX_SESSION:
        return Finding("session length", "fine", f"Sessions end after {days} days.")
    remedy = f"{CONSOLE} *Auth → Security*, and set the session length, for example to 90 days."
    return Finding("session length", "wrong", f"Sessions end only after {days} days.", remedy)


def _microsoft() -> Finding:
    item, address = "Microsoft", settings.SITE_URL or "http://localhost"
    call = create_guest_client().client.call
    params = {"success": f"{address}/", "failure": f"{address}/", "project": settings.APPWRITE_PROJECT}
    try:
        target = urlsplit(str(call("get", "/account/tokens/oauth2/microsoft", _headers(), params, "location")))
    except errors.SiteError as error:
        if error.code == 412:  # Appwrite responds with an HTML page, which does not contain the error type
            if not settings.MICROSOFT_SIGN_IN:
                return Finding(item, "fine", "Signing in with Microsoft is off.")
            remedy = "Set MICROSOFT_SIGN_IN=False, or set up Microsoft as described in docs/deploy.md."
            return Finding(
                item, "wrong", "The site shows a Microsoft button, but Microsoft is off in Appwrite.", remedy
            )
        return Finding(
            item, "unknown", f"The check failed: {error}", f"{CONSOLE} *Auth → Settings*, and check it there."
        )
    if target.path.split("/")[1:2] in (["common"], ["organizations"], ["consumers"]):
        remedy = f"{CONSOLE} *Auth → Settings → Microsoft*, and enter the tenant of your own organisation."
        return Finding(item, "wrong", "People from any organisation can sign in with Microsoft.", remedy)
    return Finding(item, "fine", f"Signing in with Microsoft leads to {target.netloc}.")


def _provider(client: AdminClient) -> Finding:
    item = "e-mail provider"
    try:
        providers = client.messaging.list_providers().providers
    except errors.SiteError as error:
        return not_checked(item, error)
    if any(provider.type == "email" and provider.enabled for provider in providers):
        return Finding(item, "fine", "Appwrite can send e-mails about posts.")
    return Finding(
        item, "fine", "E-mails about posts are off, because no e-mail provider is enabled. They are optional."
    )


def _admins(client: AdminClient) -> Finding:
    item = "admins"
    try:
        total = PeopleRepository(client).count_admins()
    except errors.SiteError as error:
        return not_checked(item, error)
    if total:
        return Finding(item, "fine", f"{total} {'person is an admin' if total == 1 else 'people are admins'}.")
    return Finding(
        item, "wrong", "Nobody is an admin.", "Run manage.py setup_appwrite --admin with your e-mail address."
    )
