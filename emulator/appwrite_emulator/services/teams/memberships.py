"""Memberships: invite by e-mail, add with an API key, list, change roles, accept and delete."""

import re
from typing import Any

from django.db.models import F

from appwrite_emulator.auth import mfa_factors, passwords, policies, sessions, users
from appwrite_emulator.auth.request import Request
from appwrite_emulator.auth.session_secrets import hash_secret
from appwrite_emulator.common import clock, ids
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.links import with_query
from appwrite_emulator.db.models import Membership, Project, Team, User
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import (
    Boolean,
    Email,
    Id,
    ListOf,
    Param,
    ParameterError,
    Phone,
    Text,
    Url,
    accepts,
)
from appwrite_emulator.http.responses import Response
from appwrite_emulator.mail import messages
from appwrite_emulator.services import lists
from appwrite_emulator.services.teams.lookup import (
    find_membership,
    find_team,
    require_of_team,
    require_owner,
    resource_of,
)

ATTRIBUTES = lists.attributes(
    Membership, userId="user", teamId="team", invited="invited", joined="joined", confirm="confirm", roles="roles"
)


class Role(Param):
    """A role in a team: at most 81 letters, digits and `._-`, starting with a letter or digit."""

    description = (
        "Parameter must contain at most 81 chars. Valid chars are a-z, A-Z, 0-9, period, hyphen, and underscore. "
        "Can't start with a special char"
    )

    def clean(self, value: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}", value):
            raise ParameterError
        return value


ROLES = ListOf(Role(), required=True)


@accepts(queries=lists.Queries(ATTRIBUTES), search=Text(256, default=""), total=Boolean(default=True))
def list_memberships(request: Request, *, team_id: str, queries: list[str], search: str, total: bool) -> dict[str, Any]:
    """GET /teams/{teamId}/memberships: list memberships, including pending invitations.

    `search` matches words in the membership ID and the user ID.
    """
    memberships = find_team(request, team_id).memberships.select_related("team", "user")
    page = lists.page(memberships, queries, ATTRIBUTES, search=search, searched=("id", "user"), total=total)
    return {"total": page.total, "memberships": [_model(request, each) for each in page.items]}


def get_membership(request: Request, *, team_id: str, membership_id: str) -> dict[str, Any]:
    """GET /teams/{teamId}/memberships/{membershipId}."""
    team = find_team(request, team_id)
    membership = find_membership(request, membership_id)
    require_of_team(membership, team)
    return _model(request, membership)


def _model(request: Request, membership: Membership) -> dict[str, Any]:
    """Return the membership.

    API keys see all details about a member. Users see the details that the project's policy allows.
    """
    policy, user = policies.read(request.project, "membership-privacy"), membership.user
    shown = frozenset(name for name, allowed in policy.items() if allowed or request.caller.is_key)
    has_mfa = "userMFA" in shown and user.mfa and bool(mfa_factors.primary_factors(user))
    return responses.membership(membership, shown=shown, mfa=has_mfa)


@accepts(
    roles=ROLES,
    email=Email(),
    user_id=Id(),
    phone=Phone(),
    url=Url(platform=True),
    name=Text(128, default=""),
)
def create_membership(
    request: Request,
    *,
    team_id: str,
    roles: list[str],
    email: str | None,
    user_id: str | None,
    phone: str | None,
    url: str | None,
    name: str,
) -> dict[str, Any]:
    """POST /teams/{teamId}/memberships.

    An owner invites by e-mail. An API key adds a member directly, without an e-mail. A repeated invitation has a new
    secret, but keeps the original roles. If an API key adds a user who has already been invited, the invitation is
    confirmed. As on the real server, this does not change the team's total.
    """
    is_key = request.caller.is_key
    if not url and not is_key:
        raise AppwriteError("general_argument_invalid", "URL is required")
    if not (user_id or email or phone):
        raise AppwriteError("general_argument_invalid", "At least one of userId, email, or phone is required")
    team = find_team(request, team_id)
    user = _find_invited_user(user_id, email, phone) or _create_invited_user(request.project, email, phone, name)
    require_owner(request, team, "User is not allowed to send invitations for this team")

    membership = team.memberships.filter(user=user).first()
    if membership is None:
        membership = Membership(team=team, user=user, roles=roles)
        if is_key:
            _change_total(team, 1)
    elif membership.confirm:
        raise AppwriteError("membership_already_confirmed")
    secret = ids.secret(256)
    membership.secret_hash = hash_secret(secret)
    membership.invited = membership.updated_at = clock.now()
    if is_key:
        membership.joined, membership.confirm = clock.now(), True
    membership.save()
    if url and not is_key:
        _send_invitation(request, membership, url, secret)
    return responses.membership(membership)


def _find_invited_user(user_id: str | None, email: str | None, phone: str | None) -> User | None:
    """Return the existing user to invite, or None.

    Raise 409 `user_already_exists` if the parameters name different users.
    """
    if user_id:
        user = User.objects.filter(id=user_id).first()
        if user is None:
            raise AppwriteError("user_not_found", "User with given userId doesn't exist.")
    else:
        user = User.objects.filter(**({"email": email} if email else {"phone": phone})).first()
    first = "userId" if user_id else "email"
    for name, given, stored in (("email", email, user and user.email), ("phone", phone, user and user.phone)):
        if user and given and stored != given:
            raise AppwriteError("user_already_exists", f"Given {first} and {name} doesn't match")
    return user


def _create_invited_user(project: Project, email: str | None, phone: str | None, name: str) -> User:
    """Create a user for the invitation. If `name` is empty, use the e-mail address as the name.

    The user gets a random, unknown password, and can later set a password without entering the old one.
    """
    policies.check_user_limit(project)
    if email:
        users.check_email_is_free(email, "user_email_already_exists")
    return users.create_without_targets(
        ids.unique(), email=email, phone=phone, name=name or email or "", password=passwords.hash_of_random_password()
    )


def _send_invitation(request: Request, membership: Membership, url: str, secret: str) -> None:
    team, user = membership.team, membership.user
    query = {"membershipId": membership.id, "userId": user.id, "secret": secret, "teamId": team.id}
    messages.send_invitation(request, user, team.name, with_query(url, {**query, "teamName": team.name}))


@accepts(roles=ROLES)
def update_membership(request: Request, *, team_id: str, membership_id: str, roles: list[str]) -> dict[str, Any]:
    """PATCH /teams/{teamId}/memberships/{membershipId}: change roles.

    Even the last owner can give up the owner role.
    """
    team = find_team(request, team_id)
    membership = find_membership(request, membership_id)
    require_owner(request, team, "User is not allowed to modify roles")
    # As on the real server, the two teams need not be the same. The caller must also own the membership's team.
    require_owner(request, membership.team, "User is not allowed to modify roles")
    membership.roles = roles
    return responses.membership(_save(membership))


@accepts(user_id=Id(required=True), secret=Text(256, required=True))
def update_membership_status(
    request: Request, *, team_id: str, membership_id: str, user_id: str, secret: str
) -> Response:
    """PATCH /teams/{teamId}/memberships/{membershipId}/status: accept an invitation with the e-mailed secret.

    This verifies the user's e-mail address, and signs the user in unless the request already has a session. API keys
    cannot accept invitations.
    """
    if request.caller.is_key:
        raise AppwriteError("general_unauthorized_scope")
    membership = find_membership(request, membership_id)
    team = Team.objects.filter(id=team_id).first()
    if team is None:
        raise AppwriteError("team_not_found")
    request.resource = resource_of(team)
    require_of_team(membership, team)
    if hash_secret(secret) != membership.secret_hash:
        raise AppwriteError("team_invalid_secret")
    caller = request.caller.user
    if user_id != membership.user_id or (caller and caller.id != membership.user_id):
        raise AppwriteError("team_invite_mismatch")
    if membership.confirm:
        raise AppwriteError("membership_already_confirmed")

    membership.joined, membership.confirm = clock.now(), True
    _save(membership)
    _change_total(team, 1)
    user = membership.user
    user.email_verification = True
    users.save(user)
    session_secret = ""
    if caller is None:
        _, session_secret = sessions.create_session(request, user, "email", ["email"], provider_uid=user.email or "")
    return Response(responses.membership(membership), signs_in=session_secret)


def delete_membership(request: Request, *, team_id: str, membership_id: str) -> None:
    """DELETE /teams/{teamId}/memberships/{membershipId}. Owners can remove anyone, and members only themselves."""
    membership = find_membership(request, membership_id, missing="team_invite_not_found")
    team = find_team(request, team_id)
    require_of_team(membership, team)
    if membership.user != request.caller.user:
        require_owner(request, team)
    if membership.confirm:
        _change_total(team, -1)
    request.add_change(responses.membership(membership, deleted=True))
    membership.delete()


def _save(membership: Membership) -> Membership:
    membership.updated_at = clock.now()
    membership.save()
    return membership


def _change_total(team: Team, change: int) -> None:
    """Add `change` to the team's total, which counts confirmed members."""
    Team.objects.filter(pk=team.pk).update(total=F("total") + change)
