"""Where nothing is: the way on for people, a sentence for programs."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import is_valid_path

from appwrite_emulator.pages.rendering import page

START = "/_emulator/"


def not_found(http: HttpRequest, exception: Exception) -> HttpResponse:
    """404, as JSON where that was asked for. Whoever left out a page's last slash, or all of it, is led there."""
    if http.method in ("GET", "HEAD"):  # a redirected POST would arrive as a GET, and do nothing
        if http.path == "/":
            return HttpResponseRedirect(START)
        if not http.path.endswith("/") and is_valid_path(f"{http.path_info}/"):
            return HttpResponseRedirect(f"{http.path}/")
    if http.method not in ("GET", "HEAD") or http.path.endswith(".json") or http.GET.get("format") == "json":
        return JsonResponse({"message": f"There is nothing at {http.path}."}, status=404)
    return page("message", status=404, heading="Nothing is here", sentence="It may have been deleted, or reset.")
