"""The home page: endpoint, project and keys, and links to the other pages."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from appwrite_emulator.admin.rendering import render_page
from appwrite_emulator.common.hosts import address_of
from appwrite_emulator.db.models import Project


@require_safe
def home(http: HttpRequest) -> HttpResponse:
    """/_emulator/: how to connect a client (endpoint, project, keys), and a line about each page."""
    project = Project.objects.get()
    return render_page(
        "home",
        endpoint=f"{http.scheme}://{address_of(http)}/v1",
        keys=project.keys.order_by("created_at", "id"),
        platforms=sorted(project.hosts),
        data=settings.DATA,
    )
