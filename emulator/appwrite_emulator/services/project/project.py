"""The project itself."""

from typing import Any

from appwrite_emulator.auth.callers import Request
from appwrite_emulator.common import clock
from appwrite_emulator.db.models import Project
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Label, ListOf, accepts


def get(request: Request) -> dict[str, Any]:
    """GET /project."""
    return responses.project(request.project)


@accepts(labels=ListOf(Label(), 1000, required=True))
def update_labels(request: Request, *, labels: list[str]) -> dict[str, Any]:
    """PUT /project/labels: replace the labels; duplicates are removed."""
    request.project.labels = list(dict.fromkeys(labels))
    return responses.project(save(request.project))


def save(project: Project) -> Project:
    """Save the project with a new `$updatedAt`."""
    project.updated_at = clock.now()
    project.save()
    return project
