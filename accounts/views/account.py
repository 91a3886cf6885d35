"""A person's own account page: change the name and language, remove identities, end sessions."""

import logging
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import session
from accounts.decorators import View, sign_in_required
from accounts.forms import MailForm, NameForm
from accounts.repositories.account import AccountRepository
from accounts.request import Request, resolve_error
from core import errors
from core.appwrite_client import create_session_client
from core.calls import run_concurrently
from core.formats import in_words
from core.language import set_language_cookie
from core.next_url import in_language, next_url

log = logging.getLogger(__name__)


@never_cache
@require_safe
@sign_in_required
def account(request: Request) -> HttpResponse:
    """Show the account page."""
    return _page(request, NameForm(initial={"name": request.user.name}))


def _page(request: Request, form: NameForm) -> HttpResponse:
    own_account = AccountRepository(create_session_client(request))
    identities, sessions, mail = run_concurrently(
        own_account.identities, own_account.sessions, lambda: MailForm.for_user(request.user)
    )
    context = {
        "form": form,
        "languages": settings.LANGUAGES,
        "identities": identities,
        "microsoft": settings.MICROSOFT_SIGN_IN,
        "can_remove_identity": _can_remove_identity(request, len(identities)),
        "sessions": sessions,
        "mail": mail,
    }
    return render(request, "accounts/account.html", context)


def _can_remove_identity(request: Request, count: int) -> bool:
    """Return whether the person could still sign in after removing one of `count` identities.

    A person with an e-mail address can always request a link.
    """
    return bool(request.user.email) or count > 1


def _keeps_name(view: View) -> View:
    """Decorate a view to show the form again, with the submitted name, if the name could not be saved."""

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (errors.UnavailableError, errors.InvalidInputError) as error:
            if request.method != "POST":
                raise
            log.error("%s %s: %s", request.method, request.path, error)
            resolved = resolve_error(request, error)
            form = NameForm(request.POST)
            if isinstance(resolved, errors.InvalidInputError):
                form.add_error("name", _("The server rejected this name. Write it differently."))
                return _name_page(request, form, status=400)
            form.add_error(None, _not_confirmed(resolved))
            return errors.with_retry_after(_name_page(request, form, status=errors.status_of_outage(error)), resolved)

    return guarded


def _not_confirmed(error: errors.SiteError) -> str:
    if error.may_have_happened:
        return _("Your name may have been saved, but the server didn’t respond. Try again in a minute.")
    return _("We can’t reach the server, so nothing is saved yet. Try again in a minute.")


@never_cache
@_keeps_name
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def name(request: Request) -> HttpResponse:
    """Change the name shown with the user's posts.

    Before their first post, people without a name are redirected to this page. The account page submits its form here
    too.
    """
    form = NameForm(request.POST if request.method == "POST" else None, initial={"name": request.user.name})
    if form.is_valid():
        try:
            AccountRepository(create_session_client(request)).update_name(form.cleaned_data["name"])
        finally:  # even if the response was lost, the name may have been saved
            session.forget_user(request.appwrite_session)
        messages.success(request, _("Your name is saved."))
        return HttpResponseRedirect(next_url(request, default="accounts:account"))
    return _name_page(request, form)


def _name_page(request: Request, form: NameForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "next": next_url(request, default="accounts:account")}
    return render(request, "accounts/name.html", context, status=status)


@require_POST
@sign_in_required
def language(request: Request) -> HttpResponse:
    """Change the language of the site on all of the user's devices, and of our e-mails to the user."""
    code = request.POST.get("language", "")
    if code not in dict(settings.LANGUAGES):
        raise errors.NotFoundError
    AccountRepository(create_session_client(request)).update_language(code)
    with override(code):  # this message is shown on the next page, which is in the new language
        messages.success(request, _("Your language is saved."))
    response = HttpResponseRedirect(in_language(next_url(request, default="accounts:account"), code))
    set_language_cookie(response, code)
    return response


@require_POST
@sign_in_required
def remove_identity(request: Request, identity_id: str) -> HttpResponse:
    """Remove an OAuth provider's identity, unless it is the person's only sign-in method."""
    own_account = AccountRepository(create_session_client(request))
    identities = own_account.identities()
    if identity_id not in {identity.id for identity in identities}:
        raise errors.NotFoundError  # Appwrite's own error would reveal whether the identity exists
    if not _can_remove_identity(request, len(identities)):
        raise errors.NotAllowedError(sentence=_("This is your only sign-in method, so you can’t remove it."))
    own_account.remove_identity(identity_id)
    messages.success(request, _("That sign-in method has been removed."))
    return redirect("accounts:account")


@require_POST
@sign_in_required
def end_session(request: Request, session_id: str) -> HttpResponse:
    """End one of the signed-in user's sessions."""
    AccountRepository(create_session_client(request)).end_session(session_id)
    messages.success(request, _("Signed out there."))
    return redirect("accounts:account")


@require_POST
@sign_in_required
def end_other_sessions(request: Request) -> HttpResponse:
    """End all of the user's sessions except the current one."""
    count = AccountRepository(create_session_client(request)).end_other_sessions()
    messages.success(
        request,
        ngettext("Signed out in one place.", "Signed out in %(count)s places.", count) % {"count": in_words(count)},
    )
    return redirect("accounts:account")
