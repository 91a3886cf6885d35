"""manage.py check_appwrite finds problems in a project, says how to correct them, and changes nothing."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from biso_site import appwrite_check
from biso_site.local_project import KEY_SCOPES
from core import transport
from core.appwrite_client import create_admin_client
from tests.conftest import KEY, PATIENT
from tests.faulty_server import Server
from tests.site import NOTHING

SECRET = "standard_secret_of_a_key"
METHODS_OFF = ("email-password", "anonymous", "phone", "jwt")


def check() -> dict[str, dict[str, str]]:
    """Return the first finding for each item."""
    out = StringIO()
    try:
        call_command("check_appwrite", json=True, stdout=out)
    except CommandError:
        assert '"state": "wrong"' in out.getvalue()
    else:
        assert '"state": "wrong"' not in out.getvalue()
    return {finding["item"]: finding for finding in reversed(json.loads(out.getvalue()))}


def wrong() -> set[str]:
    found = check().values()
    assert all(finding["remedy"] for finding in found if finding["state"] != "fine")
    return {finding["item"] for finding in found if finding["state"] == "wrong"}


def create_key(appwrite, scopes) -> str:
    appwrite.control(
        "POST",
        "import",
        body={
            "format": "appwrite-emulator/1",
            "project": {"keys": [{"name": "Other", "secret": SECRET, "scopes": list(scopes)}]},
        },
    )
    return SECRET


@pytest.fixture
def switched_off(appwrite, settings) -> None:
    """Turn off the sign-in methods that the site does not use, as described in docs/deploy.md."""
    client = create_admin_client().client
    client.set_key(KEY)
    headers = {"content-type": "application/json", "x-appwrite-project": settings.APPWRITE_PROJECT}
    for method in METHODS_OFF:
        client.call("patch", f"/project/auth-methods/{method}", headers, {"enabled": False})


def test_check_finds_nothing_wrong_in_a_project_as_in_the_guide_and_changes_nothing(switched_off, monkeypatch):
    answers = []
    send = transport.send

    def recorded(request, **options):
        answer = send(request, **options)
        answers.append((request.method, answer.status))
        return answer

    monkeypatch.setattr(transport, "send", recorded)
    found = check()
    assert {finding["state"] for finding in found.values()} == {"fine", "unknown"}
    assert {f"scope {scope}" for scope in KEY_SCOPES} <= {
        item for item, finding in found.items() if finding["state"] == "fine"
    }
    assert all(status >= 400 for method, status in answers if method != "GET")


def test_every_scope_of_the_api_key_can_be_checked():
    kinds = {scope.partition(".")[0] for scope in KEY_SCOPES if scope != "sessions.write"}
    assert kinds <= set(appwrite_check.PATHS)


@pytest.mark.parametrize("scope", ["users.read", "rows.write", "sessions.write", "messages.read", "targets.write"])
def test_missing_scope_is_reported_with_its_remedy(scope, switched_off, appwrite, settings):
    settings.APPWRITE_API_KEY = create_key(appwrite, set(KEY_SCOPES) - {scope})
    finding = check()[f"scope {scope}"]
    assert finding["state"] == "wrong"
    assert "add this scope" in finding["remedy"]


def test_unused_sign_in_methods_that_are_on_are_reported(appwrite):
    assert wrong() == {"sign-in method Email/Password", "sign-in method Phone"}


def test_microsoft_button_requires_microsoft_to_be_enabled_in_appwrite(switched_off, settings):
    client = create_admin_client().client
    client.set_key(KEY)
    headers = {"content-type": "application/json", "x-appwrite-project": settings.APPWRITE_PROJECT}
    client.call("patch", "/project/oauth2/microsoft", headers, {"enabled": False})
    assert wrong() == {"Microsoft"}
    settings.MICROSOFT_SIGN_IN = False
    assert wrong() == set()


def test_check_reads_the_projects_settings_if_the_key_allows_this(switched_off, settings):
    settings.APPWRITE_API_KEY = KEY
    found = check()
    assert found["sign-in method JWT"]["state"] == "fine"
    assert found["session length"]["detail"] == "Sessions end only after 365 days."
    assert found["SMTP"]["state"] == "wrong"


def test_missing_platform_is_reported(switched_off, settings):
    settings.SITE_URL = "https://posts.example.org"
    assert wrong() == {"platform"}
    assert "posts.example.org" in check()["platform"]["remedy"]


def test_differences_in_the_schema_are_reported(switched_off, settings):
    db = create_admin_client().db
    db.delete_column("app", "posts", "coverAlt")
    db.create_varchar_column("app", "posts", "coverAlt", 10, required=True)
    db.delete_column("app", "posts", "campus")
    db.delete_index("app", "topics", "by_count")
    db.delete_table("app", "mailings")
    create_admin_client().storage.delete_bucket("images")
    settings.POSTS_WRITERS = "label:editor"
    assert wrong() == {
        *("table posts", "column posts.coverAlt", "column posts.campus", "index topics.by_count", "table mailings"),
        *("bucket covers", "bucket images"),
    }
    assert "it is required, its size is 10 and not 300" in check()["column posts.coverAlt"]["detail"]


def test_empty_project_is_reported_as_not_set_up(switched_off, settings, ingrid):
    settings.APPWRITE_DATABASE = "fresh"
    create_admin_client().users.delete("biso")
    create_admin_client().users.delete(ingrid.id)
    assert wrong() == {"database fresh", "account biso", "admins"}


def test_check_distinguishes_an_unknown_project_from_an_unknown_key(appwrite, settings):
    settings.APPWRITE_API_KEY = SECRET
    found = check()
    assert found["API key"]["detail"] == "Appwrite does not know the API key."
    assert SECRET not in json.dumps(found)
    settings.APPWRITE_PROJECT = "nowhere"
    assert "nowhere" in check()["project"]["detail"]


def answering(status: str, *headers: str, body: str = ""):
    def handle(server, line):
        if server.receive(line):
            lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
            line.sendall("\r\n".join([*lines, "", body]).encode())

    return handle


JSON = "Content-Type: application/json"


@pytest.mark.parametrize(
    ("handle", "expected"),
    [
        (answering("200 OK", "Content-Type: text/html", body="<h1>Hello</h1>"), "not Appwrite's API"),
        (
            answering("404 Not Found", JSON, body='{"message":"Not found","type":"general_route_not_found"}'),
            "not Appwrite",
        ),
        (answering("301 Moved", "Location: https://cloud.example.org/v1/x"), "redirects to https://cloud.example.org."),
        (
            answering("301 Moved", "Location: https://me:secret@cloud.example.org"),
            "redirects to https://cloud.example.",
        ),
        (answering("301 Moved", "Location: /console"), "redirects to http://127.0.0.1:"),
        (answering("302 Found"), "not Appwrite's API"),
        (answering("302 Found", "Location: https://[x"), "cannot be reached"),
        (answering("200 OK", JSON, body="[" * 100_000), "not Appwrite's API"),
        (answering("200 OK", JSON, body='{"version": {}}'), "not Appwrite's API"),
        (answering("200 OK", JSON, body='{"version": "\\u001b[2J"}'), "not Appwrite's API"),
        (answering("502 Bad Gateway", "Content-Type: text/html", body="<h1>Bad</h1>"), "the error 502"),
        (lambda server, line: None, "cannot be reached"),
    ],
)
def test_server_that_is_not_appwrite_is_reported(handle, expected, settings):
    server = Server(handle)
    settings.APPWRITE_TIMEOUT = PATIENT
    settings.APPWRITE_ENDPOINT = server.url
    found = check()
    server.close()
    assert expected in found["endpoint"]["detail"]
    assert found["endpoint"]["remedy"]
    assert set(found) == {"endpoint", "everything else"}


@pytest.mark.parametrize(
    ("endpoint", "remedy"),
    [
        (NOTHING, "Check that Appwrite is running"),
        ("https://no-such-host.invalid/v1", "Check the host name"),
        ("http://127.0.0.1:99999/v1", "Check that Appwrite is running, and check the host and the port"),
    ],
)
def test_remedy_is_suggested_if_the_server_is_unreachable(endpoint, remedy, settings):
    settings.APPWRITE_ENDPOINT = endpoint
    assert check()["endpoint"]["remedy"].startswith(remedy)


def test_differing_clock_and_version_are_reported(settings):
    date = "Date: Tue, 01 Jan 2030 00:00:00 GMT"
    server = Server(answering("200 OK", JSON, date, body='{"version":"2.7.0"}'))
    settings.APPWRITE_TIMEOUT = PATIENT
    settings.APPWRITE_ENDPOINT = server.url
    found = check()
    server.close()
    assert "ahead of this server's" in found["clock"]["detail"]
    assert found["version"]["state"] == "unknown"
    assert "2.7.0" in found["version"]["detail"]


def test_lines_name_each_item_and_its_remedy(appwrite):
    out = StringIO()
    with pytest.raises(CommandError, match=r"2 of .* items are wrong"):
        call_command("check_appwrite", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0].startswith("fine     endpoint: Appwrite answers at http://127.0.0.1:")
    place = lines.index(
        "WRONG    sign-in method Phone: It is on. Attackers could create accounts with other people's addresses."
    )
    assert lines[place + 1] == "         → In Appwrite's Console, open *Auth → Settings*, and turn it off."


def test_remedy_is_suggested_if_the_server_does_not_support_https(appwrite, settings):
    settings.APPWRITE_ENDPOINT = settings.APPWRITE_ENDPOINT.replace("http:", "https:")
    assert "http://" in check()["endpoint"]["remedy"]


@pytest.mark.parametrize("key", ["a\nkey", " "])
def test_key_with_a_line_break_is_reported(key, appwrite, settings):
    settings.APPWRITE_API_KEY = key
    assert check()["project"]["state"] == "wrong"
    assert "line breaks" in check()["project"]["remedy"]
