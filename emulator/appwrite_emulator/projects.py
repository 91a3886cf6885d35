"""The projects of this process, and how each request is assigned to one of them.

Each additional project has its own state in memory and its own database file, in a folder next to the first project's
file. It starts with the first project's seed, platforms and API key.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from appwrite_emulator import bootstrap
from appwrite_emulator.common import ids, project_state
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.project_state import FIRST, ProjectClosedError, ProjectState
from appwrite_emulator.db import state
from appwrite_emulator.db.models import CONSOLE
from appwrite_emulator.http.request_project import is_from_client, named_project, project_in_path
from appwrite_emulator.http.server import OWN_PAGES
from appwrite_emulator.services import projects as project_services

MAX_PROJECTS = 100
MAX_WAIT = 10.0
"""Maximum time that a deletion waits for running requests, in seconds."""
COOKIE = "emulator_project"
"""Name of the cookie that selects the project shown on the emulator's pages. Its value is the project's ID."""
OAUTH_CALLBACK = "/v1/account/sessions/oauth2/callback/"
OAUTH_PAGES = f"{OWN_PAGES}oauth2/"
PROJECTS = f"{OWN_PAGES}projects"
"""Path for managing the list of projects. Requests to it belong to no project."""

log = logging.getLogger(__name__)

_projects = project_state.PROJECTS
_lock = threading.Lock()


class ProjectError(Exception):
    """The project cannot be created or deleted. The message gives the reason, and `status` is the HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def open_all() -> None:
    """Open the additional projects that are stored with the data, and the console.

    Raise `bootstrap.StartError` if a file cannot be used.
    """
    _projects[bootstrap.identity().project] = FIRST
    if not settings.EPHEMERAL:
        for file in sorted(_folder().glob("*.sqlite3")):
            project_id = unquote(file.stem)
            _projects[project_id] = bootstrap.open_project(project_id, file)
    if settings.CONSOLE_USER:
        bootstrap.open_console()


@project_services.creates_projects
def _create_for_console(project_id: str) -> ProjectState:
    try:
        return create(project_id)
    except ProjectError as error:
        raise AppwriteError("general_bad_request", str(error)) from None


def close_all() -> None:
    """Close all projects: stop their background work, and close the connections to the additional databases.

    When its last connection closes, SQLite merges the write-ahead log into the database file.
    """
    for project in (*_projects.values(), project_state.CONSOLE):
        project.close()


def reload_seed() -> None:
    """Reset all projects to the current seed file.

    If the file is invalid, raise `bootstrap.UnusableSeedError` without changing any data.
    """
    for project in list(_projects.values()):
        with suppress(ProjectClosedError), project.use():
            state.reset(from_seed=True)


def states() -> list[ProjectState]:
    """Return the states of all projects, for background work."""
    return list(_projects.values())


def all_() -> list[str]:
    """Return all project IDs. The first project's ID comes first."""
    return list(_projects)


def create(project_id: str) -> ProjectState:
    """Create a project. Raise ProjectError if the ID is invalid or taken, or if there are too many projects."""
    with _lock:
        if project_id in _projects:
            raise ProjectError(f"The project {project_id} already exists.", 409)
        return _create(project_id)


def _find_or_create(project_id: str, http: HttpRequest) -> ProjectState | None:
    """Return the project, or None if it does not exist.

    With --any-project, create it unless `is_from_client` is false.
    """
    if (project := _projects.get(project_id)) or not settings.ANY_PROJECT:
        return project
    if not is_from_client(http):
        log.warning(
            "Project %s was not created: the requesting page's host is not a registered platform of the first project.",
            project_id,
        )
        return None
    with _lock:
        try:
            return _projects.get(project_id) or _create(project_id)
        except ProjectError as error:
            log.warning("%s", error)
            return None


def _create(project_id: str) -> ProjectState:
    if not ids.ID.fullmatch(project_id) or project_id == CONSOLE:
        raise ProjectError(
            f"A project ID must have at most 36 letters, digits and . _ -, and must not be {CONSOLE}.", 400
        )
    if len(_projects) >= MAX_PROJECTS:
        raise ProjectError(f"There are already {MAX_PROJECTS} projects. No more can be created.", 409)
    file = _folder() / f"{_file_name(project_id)}.sqlite3"
    try:
        with FIRST.use():
            project = bootstrap.open_project(project_id, file)
    except bootstrap.StartError as error:
        bootstrap.delete_database(file)
        raise ProjectError(str(error), 409) from error
    _projects[project_id] = project
    return project


def delete(project_id: str) -> None:
    """Delete a project with all its data, once its running requests have finished.

    The calling thread must not be using the project. Raise ProjectError if the project does not exist, is the first
    project, or stays in use for too long.
    """
    with _lock:
        project = _projects.get(project_id)
        if project is None:
            raise ProjectError(f"The project {project_id} does not exist.", 404)
        if project is FIRST:
            raise ProjectError("The first project cannot be deleted.", 400)
        assert project.database
        if not project.close(MAX_WAIT):
            project.reopen()
            raise ProjectError(f"Requests to the project {project_id} are still running. Try again later.", 409)
        del _projects[project_id]
        bootstrap.delete_database(project.database)


def _folder() -> Path:
    return bootstrap.projects_folder(bootstrap.DATABASE)


def _file_name(project_id: str) -> str:
    """Return the ID with capital letters escaped, because some file systems ignore case."""
    return "".join(f"%{ord(letter):x}" if letter.isupper() else letter for letter in project_id)


def select_project(respond: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Run each request in the project named by a header, by the query or, on a page, by the pages' cookie.

    Requests that do not name a project use the first project. The same applies to API requests that name an unknown
    project, which the API then rejects.
    """

    def answer(http: HttpRequest) -> HttpResponse:
        if http.path.startswith(OWN_PAGES):
            return _answer_page(respond, http)
        if len(_projects) == 1 and not settings.ANY_PROJECT:
            return respond(http)
        with use_for_api(http):
            return respond(http)

    return answer


@contextmanager
def use_for_api(http: HttpRequest) -> Iterator[None]:
    """Use the project that an API request belongs to, or the first project if that project is being deleted."""
    with ExitStack() as stack:
        with suppress(ProjectClosedError):
            stack.enter_context(_find_for_api(http).use())
        yield


def _answer_page(respond: Callable[[HttpRequest], HttpResponse], http: HttpRequest) -> HttpResponse:
    """Respond with a page, or with the same data as JSON.

    If the URL names a project, set the cookie, so that links on the page stay in that project.
    """
    if http.path.startswith(PROJECTS):
        return respond(http)
    project_id = _named_for_page(http)
    project = _find_or_create(project_id, http) if project_id else _projects.get(http.COOKIES.get(COOKIE, ""), FIRST)
    try:
        if project is None:
            raise ProjectClosedError
        with project.use():
            response = respond(http)
    except ProjectClosedError:
        return JsonResponse({"message": f"The project {project_id} does not exist."}, status=404)
    if http.method == "GET" and http.path.endswith("/") and project_id:
        response.set_cookie(COOKIE, project_id, path=OWN_PAGES, httponly=True, samesite="Lax")
    return response


def _find_for_api(http: HttpRequest) -> ProjectState:
    if http.path.startswith(OAUTH_CALLBACK):  # the project was created when the sign-in started
        return _projects.get(http.path.rpartition("/")[2], FIRST)
    # Do not create a project that is named in the path, because the request may be checking whether it exists.
    if project_id := project_in_path(http.path):
        return _projects.get(project_id, FIRST)
    project_id = named_project(http)
    return (_find_or_create(project_id, http) if project_id not in ("", CONSOLE) else None) or FIRST


def _named_for_page(http: HttpRequest) -> str:
    """Return the project ID in the query.

    On the sign-in pages of OAuth2 providers, return the ID in the callback URL instead.
    """
    if http.path.startswith(OAUTH_PAGES):
        redirect_uri = http.GET.get("redirect_uri") or http.POST.get("redirect_uri", "")
        project_id = redirect_uri.rpartition("/")[2]
        return project_id if project_id in _projects else ""
    return http.GET.get("project", "")
