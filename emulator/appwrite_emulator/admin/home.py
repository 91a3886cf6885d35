"""The home page: the endpoint, project and keys, and links to the other pages."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from appwrite_emulator import bootstrap
from appwrite_emulator.admin import snippets
from appwrite_emulator.admin.rendering import render_page
from appwrite_emulator.common.hosts import address_of
from appwrite_emulator.db.models import Project


@require_safe
def home(http: HttpRequest) -> HttpResponse:
    """/_emulator/: explain how to connect a client, with code for the SDK in `?sdk=`, and describe each page."""
    project = Project.objects.get()
    endpoint = f"{http.scheme}://{address_of(http)}/v1"
    sdk = snippets.find(http.GET.get("sdk", ""))
    return render_page(
        "home",
        endpoint=endpoint,
        sdks=snippets.SDKS,
        sdk=sdk,
        code=snippets.code(sdk, endpoint, project.id, bootstrap.identity().key),
        variables=snippets.env_file(endpoint, project.id, bootstrap.identity().key),
        keys=project.keys.order_by("created_at", "id"),
        platforms=sorted(project.hosts),
        data=settings.DATA,
        console_user=settings.CONSOLE_USER.partition(":")[0],
    )
