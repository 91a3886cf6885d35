"""Find the project that a request belongs to, and check the request's origin."""

from django.http import HttpRequest

from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.project_state import CONSOLE as CONSOLE_STATE
from appwrite_emulator.db import state
from appwrite_emulator.db.models import CONSOLE, Project
from appwrite_emulator.http.server import REALTIME

PROJECT_PART = "project"
"""Name of the project's placeholder in paths below `projects/`."""


def named_project(http: HttpRequest) -> str:
    """Return the project ID in the request, or "" if the request does not contain one.

    As on the real server, a path below `projects/` takes precedence over `?project=` (GET requests only), which takes
    precedence over the header. For realtime, the header takes precedence over `?project=`
    (app/init/realtime/connection.php).
    """
    if in_path := project_in_path(http.path):
        return in_path
    in_header = http.headers.get("X-Appwrite-Project", "")
    if http.method not in ("GET", "HEAD") or (in_header and http.path == REALTIME):
        return in_header
    return http.GET.get("project", in_header)


def project_in_path(path: str) -> str:
    """Return `demo` for `/v1/projects/demo/keys`, and "" for other paths."""
    parts = [part for part in path.split("/") if part]
    return parts[2] if parts[:2] == ["v1", "projects"] and len(parts) > 2 else ""


def find_project(http: HttpRequest) -> Project:
    """Return the request's project, or the console project if the request does not name a project.

    Raise 404 for an unknown project.
    """
    if http.headers.get("X-Appwrite-Key") and not http.headers.get("X-Appwrite-Project"):
        raise AppwriteError("project_id_missing")
    project_id = named_project(http)
    project = _console() if project_id in ("", CONSOLE) else stored_project(project_id)
    if project is None:
        raise AppwriteError("project_not_found")
    return project


def find_project_or_console(http: HttpRequest) -> Project:
    """Like `find_project`, but return the console project instead of raising an error."""
    try:
        return find_project(http)
    except AppwriteError:
        return _console()


def _console() -> Project:
    if CONSOLE_STATE.database is None:
        return Project(id=CONSOLE)
    with CONSOLE_STATE.use():
        project: Project = stored_project(CONSOLE)
        return project


@state.cached_until_write
def stored_project(project_id: str) -> Project | None:
    """Return the project with the ID `project_id`, or None."""
    return Project.objects.filter(id=project_id).first()


def is_origin_allowed(http: HttpRequest) -> bool:
    """Return whether the request's origin matches a platform of its project.

    Requests without an origin are allowed. If the project is unknown, the console's platforms apply.
    """
    origin = http.headers.get("Origin", "")
    return not origin or find_project_or_console(http).knows_url(origin)


def is_from_client(http: HttpRequest) -> bool:
    """Return False if a foreign website that is open in a browser may have caused the request.

    Return True for clients other than browsers, for URLs typed in the address bar, and for pages on a platform of the
    first project.

    Unlike `is_origin_allowed`, this also checks requests that browsers send without an origin, such as those for
    images, links and forms on other websites. Browsers send `Sec-Fetch-Site` only to the same computer or
    over HTTPS. Other clients do not send it.
    """
    site = http.headers.get("Sec-Fetch-Site", "none")
    if site == "same-origin":
        return True
    page = http.headers.get("Origin") or http.headers.get("Referer")
    return Project.objects.get().knows_url(page) if page else site == "none"


def is_origin_exposed(http: HttpRequest) -> bool:
    """Return whether the CORS headers name the request's origin.

    As in Appwrite, the origin's scheme does not matter.
    """
    return find_project_or_console(http).knows_host(http.headers.get("Origin", ""))
