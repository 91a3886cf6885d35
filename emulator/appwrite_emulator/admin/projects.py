"""The projects of this emulator as JSON: list, create, delete."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_http_methods

from appwrite_emulator import projects
from appwrite_emulator.common import php_json
from appwrite_emulator.projects import ProjectError


@require_http_methods(["GET", "POST"])
def as_json(http: HttpRequest) -> JsonResponse:
    """/_emulator/projects: list all projects, starting with the first project. POST creates the project `projectId`."""
    if http.method == "GET":
        listed = [{"$id": project_id} for project_id in projects.all_()]
        return JsonResponse({"total": len(listed), "projects": listed})
    try:
        project_id = _read_id(http.body)
        projects.create(project_id)
    except ProjectError as error:
        return JsonResponse({"message": str(error)}, status=error.status)
    return JsonResponse({"$id": project_id}, status=201)


@require_http_methods(["DELETE"])
def delete(http: HttpRequest, project_id: str) -> HttpResponse:
    """/_emulator/projects/ID: delete a project and all its data. The first project cannot be deleted."""
    try:
        projects.delete(project_id)
    except ProjectError as error:
        return JsonResponse({"message": str(error)}, status=error.status)
    return JsonResponse({"status": "deleted"})


def _read_id(body: bytes) -> str:
    try:
        content: Any = php_json.loads(body)
    except ValueError as error:
        raise ProjectError(f'Send {{"projectId": ID}}: {error}', 400) from error
    match content:
        case {"projectId": str() as project_id}:
            return project_id
        case _:
            raise ProjectError('Send {"projectId": ID}.', 400)
