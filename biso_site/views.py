"""Pages that belong to no app: the language choice, what is not there, and the refused form."""

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django.views.defaults import page_not_found

from accounts.request import Request, ensure_user
from core.language import set_language_cookie
from core.next_url import in_language, next_url

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
    here = next_url(request)
    if code not in dict(settings.LANGUAGES):
        return HttpResponseRedirect(here)
    response = HttpResponseRedirect(in_language(here, code))
    set_language_cookie(response, code)
    return response


def not_found(request: Request, exception: Exception) -> HttpResponse:
    """No page has this address."""
    ensure_user(request)
    return page_not_found(request, exception)


def csrf_failure(request: Request, reason: str = "") -> HttpResponse:
    """A form whose origin cannot be told is refused, and what was typed is shown, so that nothing is lost."""
    ensure_user(request)
    kept = {label: request.POST[name] for name, label in TYPED.items() if request.POST.get(name)}
    return render(request, "403_csrf.html", {"kept": kept}, status=403)
