"""The projects of the console's organization. The console user can list, create and rename them with Appwrite's CLI.

Each project has its own database. Listing the projects first copies them to the console's database, so that they can be
queried.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import hosts
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.project_state import PROJECTS, ProjectClosedError, ProjectState
from appwrite_emulator.db.models import CONSOLE, ORGANIZATION, Project
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Id, NewId, OptionalUrl, Text, accepts
from appwrite_emulator.http.responses.project import PROJECT_DETAILS
from appwrite_emulator.services import lists
from appwrite_emulator.services.project.project import save

ATTRIBUTES = lists.attributes(Project, name="name", labels="labels") | lists.constants(teamId=ORGANIZATION)
_COPIED = [field.attname for field in Project._meta.concrete_fields if field.attname != "jwt_secret"]

Creator = Callable[[str], ProjectState]
_creators: list[Creator] = []


def creates_projects(function: Creator) -> Creator:
    """Register the decorated function as the one that creates a project.

    It is in a higher layer, which this module cannot import. It raises AppwriteError if the project cannot be created.
    """
    _creators.append(function)
    return function


@accepts(queries=lists.Queries(ATTRIBUTES), search=Text(256, min=0, default=""), total=Boolean(default=True))
def list_(request: Request, *, queries: list[str], search: str, total: bool) -> dict[str, Any]:
    """GET /projects."""
    _copy_projects()
    projects = Project.objects.exclude(id=CONSOLE)
    page = lists.page(projects, queries, ATTRIBUTES, search=search, searched=("id", "name"), total=total)
    return {"total": page.total, "projects": [responses.project(project) for project in page.items]}


def _copy_projects() -> None:
    """Update the copies of the projects in the console's database."""
    current = []
    for state in list(PROJECTS.values()):
        with suppress(ProjectClosedError), state.use():
            current.append(Project.objects.values(*_COPIED).get())
    Project.objects.exclude(id__in=[CONSOLE, *(values["id"] for values in current)]).delete()
    for values in current:
        Project.objects.update_or_create(id=values["id"], defaults=values)


@accepts(
    project_id=NewId(required=True),
    name=Text(128, required=True),
    team_id=Id(required=True),
    region=Text(choices=("default",), default="default"),
)
def create(request: Request, *, project_id: str, name: str, team_id: str, region: str) -> dict[str, Any]:
    """POST /projects: create a project with the first project's seed and API key.

    The console has only one organization.
    """
    if team_id != ORGANIZATION:
        raise AppwriteError("team_not_found")
    if project_id == CONSOLE:
        raise AppwriteError("project_reserved_project")
    _copy_projects()
    if Project.objects.filter(id=project_id).exists():
        raise AppwriteError("project_already_exists")
    with _creators[0](project_id).use():
        project = Project.objects.get()
        project.name = name
        return responses.project(save(project))


@accepts(
    name=Text(128, required=True),
    description=Text(256, min=0, default=""),
    logo=Text(1024, min=0, default=""),
    url=OptionalUrl(default=""),
    legalName=Text(256, min=0, default=""),
    legalCountry=Text(256, min=0, default=""),
    legalState=Text(256, min=0, default=""),
    legalCity=Text(256, min=0, default=""),
    legalAddress=Text(256, min=0, default=""),
    legalTaxId=Text(256, min=0, default=""),
)
def update(request: Request, *, name: str, **details: str) -> dict[str, Any]:
    """PATCH /projects/{projectId}. Omitted text fields become empty."""
    request.project.name = name
    request.project.details = {key: details[key] for key in PROJECT_DETAILS if details[key]}
    return responses.project(save(request.project))


def variables(request: Request) -> dict[str, Any]:
    """GET /console/variables: return the server's settings, with the values of a new local installation."""
    return {
        "_APP_DOMAIN_TARGET_CNAME": "localhost",
        "_APP_DOMAIN_TARGET_A": "127.0.0.1",
        "_APP_DOMAIN_TARGET_AAAA": "::1",
        "_APP_DOMAIN_TARGET_CAA": "",
        "_APP_STORAGE_LIMIT": 30_000_000,
        "_APP_COMPUTE_BUILD_TIMEOUT": 900,
        "_APP_COMPUTE_SIZE_LIMIT": 30_000_000,
        "_APP_USAGE_STATS": "disabled",
        "_APP_VCS_ENABLED": False,
        "_APP_DOMAIN_ENABLED": False,
        "_APP_ASSISTANT_ENABLED": False,
        "_APP_DOMAIN_SITES": hosts.SITES_DOMAIN,
        "_APP_DOMAIN_FUNCTIONS": hosts.FUNCTIONS_DOMAIN,
        "_APP_OPTIONS_FORCE_HTTPS": "disabled",
        "_APP_DOMAINS_NAMESERVERS": "",
        "_APP_DB_ADAPTER": "mariadb",
        "supportForRelationships": True,
        "supportForOperators": True,
        "supportForSpatials": True,
        "supportForSpatialIndexNull": False,
        "supportForFulltextWildcard": True,
        "supportForMultipleFulltextIndexes": True,
        "supportForAttributeResizing": True,
        "supportForSchemas": True,
        "maxIndexLength": 768,
        "supportForIntegerIds": True,
    }
