"""Responses for unknown URLs: a redirect or a page for browsers, and JSON for other clients."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import is_valid_path

from appwrite_emulator.admin.rendering import render_page
from appwrite_emulator.http.server import OWN_PAGES


def not_found(http: HttpRequest, exception: Exception) -> HttpResponse:
    """Return 404, as JSON if requested. Redirect `/` to the home page, and add a missing final slash to page URLs."""
    if http.method in ("GET", "HEAD"):  # a redirect would turn a POST into a GET
        if http.path == "/":
            return HttpResponseRedirect(OWN_PAGES)
        if not http.path.endswith("/") and is_valid_path(f"{http.path_info}/"):
            return HttpResponseRedirect(f"{http.path}/")
    if http.method not in ("GET", "HEAD") or http.path.endswith(".json") or http.GET.get("format") == "json":
        return JsonResponse({"message": f"There is no page at {http.path}."}, status=404)
    sentence = f"There is no page at {http.path}. A reset may have deleted it."
    return render_page("message", status=404, heading="Page not found", sentence=sentence)
