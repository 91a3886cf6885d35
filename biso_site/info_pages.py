"""The pages about the site, which do not call Appwrite: privacy, accessibility and contact."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import csrf, session
from accounts.request import Request, ensure_user
from accounts.sign_in import browsers, pending_sign_outs
from accounts.sign_in import cookies as sign_in_cookies
from core.public_pages import public_page


@public_page()
@require_safe
def privacy(request: Request) -> HttpResponse:
    """Explain what the site stores about people, and why, where and for how long."""
    return _page(request, "privacy", {"cookies": cookies()})


@public_page()
@require_safe
def accessibility(request: Request) -> HttpResponse:
    """State which accessibility standard the site meets, and how to report a problem."""
    return _page(request, "accessibility", {})


@public_page()
@require_safe
def contact(request: Request) -> HttpResponse:
    """Explain how to reach the people who run the site."""
    return _page(request, "contact", {})


def _page(request: Request, name: str, context: dict[str, object]) -> HttpResponse:
    ensure_user(request)
    facts = {
        "owner": settings.SITE_OWNER,
        "contact": settings.SITE_CONTACT,
        "location": settings.DATA_LOCATION,
        "microsoft": settings.MICROSOFT_SIGN_IN,
        "log_days": settings.LOG_DAYS,
    }
    return render(request, f"site/{name}.html", {**facts, **context})


def cookies() -> list[tuple[list[str], str, str]]:
    """Return (names without the prefix, purpose, lifetime) for each of the site's cookies."""
    an_hour, a_day, a_year = _("At most an hour."), _("A day."), _("A year.")
    return [
        (
            [settings.LANGUAGE_COOKIE_NAME.removeprefix(settings.COOKIE_PREFIX)],
            _("The language you have chosen."),
            a_year,
        ),
        (
            [session.cookie_name().removeprefix(settings.COOKIE_PREFIX)],
            _("Keeps you signed in."),
            _("Until you sign out, or until you haven’t visited for thirty days."),
        ),
        (
            [settings.CSRF_COOKIE_NAME.removeprefix(settings.COOKIE_PREFIX)],
            _("Protects forms, so that other sites can’t submit them in your name."),
            a_year,
        ),
        ([csrf.COOKIE], _("Makes it possible to save a form that you opened before signing in."), a_day),
        (
            list(sign_in_cookies.COOKIES.values()),
            _("Connects the e-mail, invitation or Microsoft sign-in to the browser that requested it."),
            an_hour,
        ),
        ([browsers.COOKIE], _("Counts sign-in attempts for this browser instead of your whole network."), a_day),
        ([pending_sign_outs.COOKIE], _("Ends your session later if the server could not be reached."), a_day),
        (["messages"], _("Shows on the next page what has just happened."), _("Until it is shown.")),
    ]
