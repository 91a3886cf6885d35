"""Ping, and Appwrite's URLs outside its API: versions, robots.txt, humans.txt and the invitation page."""

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.views.decorators.http import require_safe

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.http import server_versions
from appwrite_emulator.http.responses import JSON, Response

TEXT = "text/plain; charset=UTF-8"

SDK_VERSIONS = {
    "client-web": "22.4.0",
    "client-flutter": "21.4.0",
    "client-apple": "14.3.0",
    "client-android": "12.2.0",
    "client-react-native": "0.24.0",
    "client-graphql": "October 2021",
    "client-rest": "",
    "console-web": "22.4.0",
    "console-cli": "13.5.0",
    "static-agent-skills": "0.1.0",
    "static-cursor-plugin": "0.1.0",
    "static-claude-plugin": "0.1.0",
    "static-codex-plugin": "0.1.1",
    "server-nodejs": "22.0.1",
    "server-php": "20.0.1",
    "server-python": "15.1.0",
    "server-ruby": "21.0.1",
    "server-go": "v0.16.1",
    "server-dotnet": "0.26.0",
    "server-dart": "21.0.1",
    "server-kotlin": "14.0.1",
    "server-swift": "15.1.0",
    "server-graphql": "October 2021",
    "server-rest": "",
}
"""SDK versions that Appwrite 1.9.6 reports."""

ROBOTS = "# robotstxt.org/\n\nUser-agent: *\n"
HUMANS = f"# humanstxt.org/\n\nEmulator of Appwrite {server_versions.number()}\n"


def ping(request: Request) -> Response:
    """GET /ping: test the connection to the project."""
    if request.project.is_console:
        raise AppwriteError("project_not_found")
    return Response("Pong!", content_type=TEXT)


@require_safe
def versions(http: HttpRequest) -> JsonResponse:
    """GET /versions: the versions of the server and the SDKs."""
    return JsonResponse({"server": server_versions.number(), **SDK_VERSIONS}, content_type=JSON)


@require_safe
def robots(http: HttpRequest) -> HttpResponse:
    return HttpResponse(ROBOTS, content_type=TEXT)


@require_safe
def humans(http: HttpRequest) -> HttpResponse:
    return HttpResponse(HUMANS, content_type=TEXT)


@require_safe
def invite(http: HttpRequest) -> HttpResponse:
    """GET /invite: redirect from an invitation's default URL to the console, and keep the query string."""
    query = http.META["QUERY_STRING"]
    return HttpResponsePermanentRedirect(
        f"/console/invite?{query}" if query else "/console/invite", content_type="text/html"
    )
