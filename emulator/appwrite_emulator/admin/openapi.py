"""The OpenAPI document as JSON."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from appwrite_emulator.api_docs import openapi
from appwrite_emulator.routes.table import ROUTES


@require_safe
def as_json(http: HttpRequest) -> JsonResponse:
    return JsonResponse(openapi.document(ROUTES))
