"""Not-found responses: a redirect or page for browsers, a message for programs."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import is_valid_path

from appwrite_emulator.admin.rendering import render_page
from appwrite_emulator.http.server import OWN_PAGES


def not_found(http: HttpRequest, exception: Exception) -> HttpResponse:
    """Return 404, as JSON if requested. Redirect `/` to the home page, and page URLs to add a missing final slash."""
    if http.method in ("GET", "HEAD"):  # a redirected POST would become a GET without effect
        if http.path == "/":
            return HttpResponseRedirect(OWN_PAGES)
        if not http.path.endswith("/") and is_valid_path(f"{http.path_info}/"):
            return HttpResponseRedirect(f"{http.path}/")
    if http.method not in ("GET", "HEAD") or http.path.endswith(".json") or http.GET.get("format") == "json":
        return JsonResponse({"message": f"Nothing found at {http.path}."}, status=404)
    sentence = f"Nothing found at {http.path}. It may have been deleted by a reset."
    return render_page("message", status=404, heading="Page not found", sentence=sentence)
