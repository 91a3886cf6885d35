"""The coverage page and its JSON: which of Appwrite's operations are emulated, and which are tested with an SDK."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from appwrite_emulator.admin.rendering import render_page
from appwrite_emulator.api_docs import coverage
from appwrite_emulator.api_docs.coverage import Operation
from appwrite_emulator.routes.table import ROUTES


@require_safe
def as_page(http: HttpRequest) -> HttpResponse:
    """Show the coverage of the client API and of each service.

    `?service=NAME` lists a service's operations, and `?service=client` those of the client API.
    """
    services = coverage.by_service(ROUTES)
    service_name = http.GET.get("service", "")
    operations = [each for each in coverage.operations(ROUTES) if each.service == service_name]
    if service_name == "client":
        operations = list(coverage.client_api(ROUTES))
    return render_page(
        "coverage",
        current="coverage",
        states=coverage.STATES,
        client=coverage.count_states(coverage.client_api(ROUTES)),
        client_total=len(coverage.client_api(ROUTES)),
        services=[(name, list(counts.values()), sum(counts.values())) for name, counts in services.items()],
        versions=coverage.versions(),
        service_name=service_name,
        operations=operations,
    )


@require_safe
def as_json(http: HttpRequest) -> HttpResponse:
    """Return all counts, the client API's operations, and all operations."""
    client, all_ = coverage.client_api(ROUTES), coverage.operations(ROUTES)
    return JsonResponse(
        {
            "sdks": coverage.versions(),
            "clientApi": {
                "total": len(client),
                **coverage.count_states(client),
                "operations": [_json(each) for each in client],
            },
            "all": {"total": len(all_), **coverage.count_states(all_), "operations": [_json(each) for each in all_]},
        }
    )


def _json(operation: Operation) -> dict[str, Any]:
    return {
        "name": operation.name,
        "method": operation.method,
        "path": operation.path,
        "state": operation.state,
        "sdks": operation.sdks,
    }
