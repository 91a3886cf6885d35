"""Views that belong to no app: language switch, web manifest, 404 page and the page for a failed CSRF check."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from accounts.request import Request, ensure_user
from core.language import set_language_cookie
from core.next_url import in_language, next_url
from core.public_pages import public_page

# Text fields that error pages show again, with their labels.
TYPED = {
    "title": _("Title"),
    "content": _("Text"),
    "excerpt": _("Excerpt"),
    "tags": _("Topics"),
    "cover_alt": _("Description of the picture"),
    "email": _("E-mail"),
    "name": _("Name"),
    "bio": _("About you"),
    "note": _("What should the author change?"),
}


@csrf_exempt  # an attacker could only change the language, and a CSRF token would require a cookie for every guest
@require_POST
def language(request: Request) -> HttpResponse:
    """Store the chosen language in a cookie, and redirect to the same page in that language."""
    code = request.POST.get("language", "")
    here = next_url(request)
    if code not in dict(settings.LANGUAGES):
        return HttpResponseRedirect(here)
    response = HttpResponseRedirect(in_language(here, code))
    set_language_cookie(response, code)
    return response


@public_page()
@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """Return the web manifest, which phones use when a person adds the site to the home screen."""
    icons = [
        {"src": static(f"img/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    data = {
        "name": "BISO posts",
        "lang": settings.LANGUAGE_CODE,
        "id": "/",
        "start_url": "/",
        "display": "minimal-ui",
        "background_color": "#001731",
        "theme_color": "#001731",
        "icons": icons,
    }
    return JsonResponse(data, content_type="application/manifest+json")


def not_found(request: Request, exception: Exception) -> HttpResponse:
    """Show the 404 page, with the submitted text if there is any."""
    ensure_user(request)
    return render(request, "404.html", {"typed_texts": typed_texts(request)}, status=404)


def typed_texts(request: HttpRequest) -> dict[str, str]:
    """Return what the person typed into the submitted form, by the fields' labels. The dict is empty after a GET."""
    return {str(label): request.POST[name] for name, label in TYPED.items() if request.POST.get(name)}


def csrf_failure(request: Request, reason: str = "") -> HttpResponse:
    """Show the page for a failed CSRF check, with the submitted text, so that the person can copy it."""
    ensure_user(request)
    return render(request, "403_csrf.html", {"typed_texts": typed_texts(request)}, status=403)
