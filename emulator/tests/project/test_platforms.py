"""The project's platforms, and the origins and redirects that they allow."""

import pytest
import requests
from appwrite.query import Query
from appwrite.services.account import Account
from appwrite.services.project import Project

from tests.conftest import PASSWORD, session_headers

APPS = {
    "android": "application_id",
    "apple": "bundle_identifier",
    "linux": "package_name",
    "windows": "package_identifier_name",
}
"""App type -> the SDK's parameter for the app's identifier."""


@pytest.fixture
def project(server):
    return Project(server)


def origin_status(emulator, person, origin):
    """Send a request from `origin`. Return the status, and the origin that the response's CORS headers allow."""
    response = requests.get(
        f"{emulator.endpoint}/account", headers={**session_headers(person), "Origin": origin}, timeout=20
    )
    return response.status_code, response.headers.get("Access-Control-Allow-Origin")


@pytest.mark.parametrize("kind", APPS)
def test_app_platform_can_be_created_changed_and_deleted(project, kind, expect_error):
    identifier = APPS[kind]
    create, update = getattr(project, f"create_{kind}_platform"), getattr(project, f"update_{kind}_platform")
    created = create("app", "App", **{identifier: "com.example.App"})
    assert (created.id, created.type.value) == ("app", kind)
    update("app", "Changed", **{identifier: "com.example.other"})
    changed = project.get_platform("app")
    assert (changed.name, getattr(changed, identifier.replace("_", ""))) == ("Changed", "com.example.other")
    with expect_error("platform_method_unsupported", 400):
        project.update_web_platform("app", "App", "example.org")
    project.delete_platform("app")
    with expect_error("platform_not_found", 404):
        project.get_platform("app")


def test_list_platforms_filters_by_type_and_identifier(project):
    project.create_web_platform("web", "Web", "app.example.org")
    project.create_android_platform("boat", "Boat", "com.example.boat")
    project.create_apple_platform("sail", "Sail", "com.example.sail")

    def found(*queries):
        return [platform.id for platform in project.list_platforms(list(queries)).platforms]

    assert found(Query.equal("type", "apple")) == ["sail"]
    assert found(Query.equal("applicationId", "com.example.boat")) == ["boat"]
    assert found(Query.equal("hostname", "app.example.org")) == ["web"]


def test_create_web_platform_accepts_only_a_host(project, expect_error):
    for hostname in ("http://example.org", "example.org:8080", "example.org/path", "h" * 254):
        with expect_error("general_argument_invalid", 400):
            project.create_web_platform("unique()", "Web", hostname)


def test_update_web_platform_changes_the_allowed_host(emulator, project, alice):
    project.create_web_platform("web", "Web", "old.example.org")
    project.update_web_platform("web", "Web", "New.example.org")
    assert origin_status(emulator, alice, "https://old.example.org")[0] == 403
    assert origin_status(emulator, alice, "https://new.example.org:8443") == (200, "https://new.example.org:8443")


def test_wildcard_host_allows_every_subdomain(emulator, project, alice):
    project.create_web_platform("web", "Web", "*.example.org")
    assert origin_status(emulator, alice, "https://a.b.example.org")[0] == 200
    assert origin_status(emulator, alice, "https://example.org")[0] == 403
    assert origin_status(emulator, alice, "https://badexample.org")[0] == 403
    project.create_web_platform("all", "All", "*")
    assert origin_status(emulator, alice, "https://example.org")[0] == 200


@pytest.mark.parametrize(("kind", "scheme"), [("android", "android"), ("apple", "ios"), ("apple", "tvos")])
def test_app_platform_allows_origins_with_its_scheme(emulator, project, alice, kind, scheme):
    origin = f"appwrite-{scheme}://com.example.boat"
    assert origin_status(emulator, alice, origin) == (403, None)
    getattr(project, f"create_{kind}_platform")("app", "App", **{APPS[kind]: "com.example.boat"})
    assert origin_status(emulator, alice, origin) == (200, origin)
    # As in Appwrite, one registered app allows its scheme for every app, but only the registered app gets CORS headers.
    assert origin_status(emulator, alice, f"appwrite-{scheme}://com.example.other") == (200, None)


def test_expo_and_the_scheme_of_the_project_are_always_allowed(emulator, guest, alice, expect_error):
    for url in ("exp://192.0.2.1:8081", f"appwrite-callback-{emulator.project}://"):
        assert origin_status(emulator, alice, url)[0] == 200
        Account(guest).create_magic_url_token("unique()", "new@example.com", f"{url}/back")
    for url in ("capacitor://localhost", "file:///back", "appwrite-callback-other://"):
        assert origin_status(emulator, alice, url)[0] == 403
        with expect_error("general_argument_invalid", 400):
            Account(guest).create_magic_url_token("unique()", "new@example.com", url)


def test_redirect_to_a_registered_app_is_allowed(project, guest, users, expect_error):
    users.create("ada", email="ada@example.com", password=PASSWORD)
    with expect_error("general_argument_invalid", 400):
        Account(guest).create_recovery("ada@example.com", "appwrite-android://com.example.boat/reset")
    project.create_android_platform("app", "App", "com.example.boat")
    Account(guest).create_recovery("ada@example.com", "appwrite-android://com.example.boat/reset")
