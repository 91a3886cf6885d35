"""The start page: endpoint, project and keys, and links to the other pages."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from appwrite_emulator.admin.rendering import page
from appwrite_emulator.db.models import Project


@require_safe
def start(http: HttpRequest) -> HttpResponse:
    """/_emulator/: what is needed to set up a client (endpoint, project, keys), then a line on each page."""
    project = Project.objects.get()
    return page(
        "start",
        endpoint=f"{http.scheme}://{http.get_host()}/v1",
        keys=project.keys.order_by("created_at", "id"),
        platforms=sorted(project.hosts),
        data=settings.DATA,
    )
