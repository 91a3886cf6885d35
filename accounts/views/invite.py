"""The page of a team invitation."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.repositories.invitations import Invitation, accept_invitation, open_invitation
from accounts.request import Request
from accounts.sign_in import cookies, flow
from accounts.sign_in.login_request import masked
from core import errors
from core.appwrite_client import create_admin_client, create_session_client
from core.ids import is_id

PARTS = ("userId", "secret", "membershipId", "teamId")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: Request) -> HttpResponse:
    """Show an invitation's team and e-mail address (GET), or add the signed-in person to the team (POST).

    The link does not sign the visitor in, because an attacker could send an invitation for their own account (login
    CSRF). The invited person first signs in by e-mail. The page shows data from Appwrite, never from the link.
    """
    if "secret" in request.GET:
        return flow.hide_secret(request, Invitation(*(request.GET.get(name, "")[:1000] for name in PARTS)))
    invitation = cookies.read_cookie(request, Invitation)
    if invitation is None or not all(map(is_id, (invitation.user_id, invitation.membership_id, invitation.team_id))):
        return _failed(request, "incomplete", 400)
    if request.user.is_authenticated and request.user.id != invitation.user_id:
        return _failed(request, "other", 409)
    try:
        team_name, email = open_invitation(create_admin_client(), invitation)
        if request.method == "POST" and not request.user.is_authenticated:
            return HttpResponseRedirect(_login_url())
        if request.method == "POST" and request.POST.get("membership") == invitation.membership_id:
            accept_invitation(create_session_client(request), invitation)
            return _joined(request, team_name)
    except (errors.InvalidTokenError, errors.ConflictError):
        return _failed(request, "used", 410)
    except (errors.NotFoundError, errors.NotAllowedError, errors.InvalidInputError):
        return _failed(request, "unknown", 410)
    context = {
        "team_name": team_name,
        "email": email if request.user.is_authenticated else masked(email),
        "login_url": _login_url(),
        "fields": {"membership": invitation.membership_id},
    }
    return render(request, "accounts/invite.html", context)


def _login_url() -> str:
    """Return the sign-in page's URL with the invitation as the next page."""
    return f"{reverse('accounts:login')}?{urlencode({'next': reverse('accounts:invite')})}"


def _joined(request: Request, team_name: str) -> HttpResponse:
    response = redirect("posts:home")
    cookies.delete_cookies(response, Invitation)
    messages.success(request, _("You are now a member of %(team)s.") % {"team": team_name})
    return response


def _failed(request: Request, reason: str, status: int) -> HttpResponse:
    """Return the error page for `reason`: `other` (someone else is signed in), `used`, `unknown` or `incomplete`."""
    return render(request, "accounts/invite_failed.html", {"reason": reason}, status=status)
