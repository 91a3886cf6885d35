"""Appwrite calls for invitations to teams."""

from dataclasses import dataclass

from core import errors
from core.appwrite_client import AdminClient, SessionClient
from core.text_fields import line


@dataclass(frozen=True)
class Invitation:
    """The parameters in the link in a team invitation."""

    user_id: str
    secret: str
    membership_id: str
    team_id: str


def open_invitation(client: AdminClient, invitation: Invitation) -> tuple[str, str]:
    """Return the team's name and the invited person's address.

    Raise NotFoundError if there is no such invitation, and ConflictError if it has been accepted.
    """
    membership = client.teams.get_membership(invitation.team_id, invitation.membership_id)
    if membership.userid != invitation.user_id:
        raise errors.NotFoundError("the invitation is for a different person")
    if membership.confirm:
        raise errors.ConflictError("the invitation has been accepted")
    return line(membership.teamname), membership.useremail


def accept_invitation(client: SessionClient, invitation: Invitation) -> None:
    """Join the team as the invited person. `client` must use the invited person's session.

    Raise InvalidTokenError if the secret is wrong or used, ConflictError if the invitation has been accepted,
    NotFoundError if there is no such invitation, and NotAllowedError if the invitation is for someone else.
    """
    client.teams.update_membership_status(
        invitation.team_id, invitation.membership_id, invitation.user_id, invitation.secret
    )
