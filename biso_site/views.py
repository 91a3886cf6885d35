"""Pages that belong to no app: the language choice, what is not there, the refused form, and what machines ask."""

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from django.views.defaults import page_not_found

from accounts.request import Request, recall
from core import errors
from core.next_url import asked_for, in_language

# The texts a refused form may carry, and what a person calls them.
TYPED = {
    "title": _("Title"),
    "content": _("Text"),
    "excerpt": _("Excerpt"),
    "tags": _("Topics"),
    "cover_alt": _("Description of the picture"),
    "email": _("E-mail"),
}


@csrf_exempt  # a foreign site could at most change the language, and asking for a token would give guests a cookie
@require_POST
def language(request: Request) -> HttpResponse:
    """Remember the chosen language and show the same page in it."""
    code = request.POST.get("language", "")
    here = asked_for(request)
    if code not in dict(settings.LANGUAGES):
        return HttpResponseRedirect(here)
    response = HttpResponseRedirect(in_language(here, code))
    remember_language(response, code)
    return response


def remember_language(response: HttpResponse, code: str) -> None:
    """The one cookie a visitor may have who is not signed in."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )


def not_found(request: Request, exception: Exception) -> HttpResponse:
    """No page has this address."""
    recall(request)
    return page_not_found(request, exception)


def csrf_failure(request: Request, reason: str = "") -> HttpResponse:
    """A form whose origin cannot be told is refused, and what was typed is shown, so that nothing is lost."""
    recall(request)
    kept = {label: request.POST[name] for name, label in TYPED.items() if request.POST.get(name)}
    return render(request, "403_csrf.html", {"kept": kept}, status=403)


@require_safe
@never_cache
def auth_check(request: Request) -> JsonResponse:
    """The original's status endpoint. There are no anonymous users here: a guest has no session at all."""
    try:
        signed_in = request.user.is_authenticated
    except errors.Unavailable as error:
        return unavailable(error)
    return JsonResponse({"hasSession": signed_in, "isAuthenticated": signed_in, "isAnonymous": False})


@require_safe
@never_cache
def health(request: Request) -> JsonResponse:
    """The original's health endpoint: this process answers."""
    return JsonResponse({"status": "ok", "timestamp": timezone.now().isoformat()})


def unavailable(error: errors.SiteError) -> JsonResponse:
    """What a machine is told while Appwrite cannot be asked."""
    return errors.with_retry_after(
        JsonResponse({"status": "unavailable", "reason": type(error).__name__}, status=503), error
    )
