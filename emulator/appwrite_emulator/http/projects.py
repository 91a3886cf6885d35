"""The project and the origin of a request."""

from django.http import HttpRequest

from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db import state
from appwrite_emulator.db.models import CONSOLE, Project


def find_project(http: HttpRequest) -> Project:
    """Return the project named by the header or by `?project=`, as in links. Raise 404 if either is unknown.

    A request that names no project, or the console, gets the console project.
    """
    in_header, in_query = http.headers.get("X-Appwrite-Project", ""), http.GET.get("project", "")
    if http.headers.get("X-Appwrite-Key") and not in_header:
        raise AppwriteError("project_id_missing")
    project = Project(id=CONSOLE)
    for project_id in {in_header, in_query} - {"", CONSOLE}:
        stored = stored_project(project_id)
        if stored is None:
            raise AppwriteError("project_not_found")
        project = stored
    return project


def find_project_or_console(http: HttpRequest) -> Project:
    """Like `find_project`, but return the console project instead of raising an error."""
    try:
        return find_project(http)
    except AppwriteError:
        return Project(id=CONSOLE)


@state.cached_until_write
def stored_project(project_id: str) -> Project | None:
    """Return the project with this ID, or None."""
    return Project.objects.filter(id=project_id).first()


def is_origin_allowed(http: HttpRequest) -> bool:
    """Return whether the request's origin is a platform of its project. Requests without an origin are allowed.

    An unknown project has the same platforms as the console.
    """
    origin = http.headers.get("Origin", "")
    return not origin or find_project_or_console(http).knows_url(origin)


def is_origin_exposed(http: HttpRequest) -> bool:
    """Return whether the CORS headers name the request's origin. As in Appwrite, its scheme does not matter."""
    return find_project_or_console(http).knows_host(http.headers.get("Origin", ""))
