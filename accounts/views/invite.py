"""Joining a team one was invited to."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import intent as intents
from accounts.http import Request
from accounts.intent import Invitation
from accounts.repository import accept_invitation
from accounts.views.signing_in import land, signed_in, turned_away
from biso_site import errors
from biso_site.appwrite_client import create_guest_client
from biso_site.ids import is_id

TEAM_NAME_MAX = 128  # characters: Appwrite's own limit, and room for little else in a made-up link
PARTS = ("userId", "secret", "membershipId", "teamId", "teamName")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: Request) -> HttpResponse:
    """Where the link in an invitation leads: GET shows the team, POST joins it and signs in."""
    if "secret" in request.GET:
        user_id, secret, membership_id, team_id, team_name = (request.GET.get(name, "")[:1000] for name in PARTS)
        return land(request, Invitation(user_id, secret, membership_id, team_id, team_name[:TEAM_NAME_MAX]))
    invitation = intents.kept(request, Invitation)
    if invitation is None or not all(map(is_id, (invitation.user_id, invitation.membership_id, invitation.team_id))):
        return _failed(request, "incomplete", 400)
    if request.user.is_authenticated and request.user.id != invitation.user_id:
        return _failed(request, "other", 409)
    if request.method == "POST" and request.POST.get("membership") == invitation.membership_id:
        try:
            made = accept_invitation(
                create_guest_client(),
                team_id=invitation.team_id,
                membership_id=invitation.membership_id,
                user_id=invitation.user_id,
                secret=invitation.secret,
            )
        except (errors.InvalidToken, errors.Conflict):
            return _failed(request, "used", 410)
        except (errors.NotFound, errors.NotAllowed, errors.Invalid):
            return _failed(request, "unknown", 410)
        except errors.Blocked:
            return turned_away(request, reverse("posts:home"))
        return signed_in(request, made, reverse("posts:home"))
    context = {"team_name": invitation.team_name, "fields": {"membership": invitation.membership_id}}
    return render(request, "accounts/invite.html", context)


def _failed(request: Request, reason: str, status: int) -> HttpResponse:
    """`reason`: `other` (somebody else is signed in), `used`, `unknown` or `incomplete`."""
    return render(request, "accounts/invite_failed.html", {"reason": reason}, status=status)
