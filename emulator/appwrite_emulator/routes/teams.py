"""Routes of the Teams service, which manages teams and memberships."""

from appwrite_emulator.http.rate_limits import RateLimit
from appwrite_emulator.http.route import Route
from appwrite_emulator.services.teams import memberships, teams

MEMBERSHIP = "teams/<team_id>/memberships/<membership_id>"

# fmt: off
ROUTES = (
    Route("GET", "teams", teams.list_,
          operation="teams.list", scope="teams.read", model="TeamList"),
    Route("POST", "teams", teams.create,
          operation="teams.create", scope="teams.write", model="Team", audit="team.create",
          event="teams.[teamId].create"),
    Route("GET", "teams/<team_id>", teams.get,
          operation="teams.get", scope="teams.read", model="Team"),
    Route("PUT", "teams/<team_id>", teams.update_name,
          operation="teams.updateName", scope="teams.write", model="Team", audit="team.update",
          event="teams.[teamId].update"),
    Route("DELETE", "teams/<team_id>", teams.delete,
          operation="teams.delete", scope="teams.write", audit="team.delete",
          event="teams.[teamId].delete"),
    Route("GET", "teams/<team_id>/prefs", teams.get_prefs,
          operation="teams.getPrefs", scope="teams.read", model="Preferences"),
    Route("PUT", "teams/<team_id>/prefs", teams.update_prefs,
          operation="teams.updatePrefs", scope="teams.write", model="Preferences", audit="team.update",
          event="teams.[teamId].update.prefs"),
    Route("GET", "teams/<team_id>/memberships", memberships.list_memberships,
          operation="teams.listMemberships", scope="teams.read", model="MembershipList"),
    Route("POST", "teams/<team_id>/memberships", memberships.create_membership,
          operation="teams.createMembership",
          auth_method="invites", scope="teams.write", model="Membership", audit="membership.create",
          limit=RateLimit(10),
          event="teams.[teamId].memberships.[membershipId].create"),
    Route("GET", MEMBERSHIP, memberships.get_membership,
          operation="teams.getMembership", scope="teams.read", model="Membership"),
    Route("PATCH", MEMBERSHIP, memberships.update_membership,
          operation="teams.updateMembership", scope="teams.write", model="Membership", audit="membership.update",
          event="teams.[teamId].memberships.[membershipId].update"),
    Route("DELETE", MEMBERSHIP, memberships.delete_membership,
          operation="teams.deleteMembership", scope="teams.write", audit="membership.delete",
          event="teams.[teamId].memberships.[membershipId].delete"),
    Route("PATCH", f"{MEMBERSHIP}/status", memberships.update_membership_status,
          operation="teams.updateMembershipStatus", scope="public", model="Membership", audit="membership.update",
          event="teams.[teamId].memberships.[membershipId].update.status"),
    Route("GET", "teams/<team_id>/logs", teams.list_logs,
          operation="teams.listLogs", scope="teams.read", model="LogList"),
)
