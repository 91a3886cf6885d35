"""Teams and memberships through the official SDK."""

from urllib.parse import parse_qs, urlsplit

import pytest
from appwrite.client import Client
from appwrite.id import ID
from appwrite.models import Membership, Team
from appwrite.permission import Permission
from appwrite.query import Query
from appwrite.role import Role
from appwrite.services.storage import Storage
from appwrite.services.teams import Teams

from tests.conftest import GUEST, SignedInUser, session_headers

JOIN = "http://localhost/join?next=/home"


@pytest.fixture
def teams(server: Client) -> Teams:
    """Return the Teams service with an API key."""
    return Teams(server)


@pytest.fixture
def crew(alice) -> Team:
    """Create Alice's team and return it."""
    return Teams(alice.client).create("crew", "The crew")


@pytest.fixture
def bobs_membership(crew, teams, bob) -> Membership:
    """Add Bob to Alice's team as an editor, not an owner. Return the membership."""
    return teams.create_membership("crew", ["editor"], user_id=bob.id)


@pytest.fixture
def carol(make_user):
    """Return a user who is not a member of Alice's team."""
    return make_user("Carol")


def invitation(emulator, address: str) -> dict[str, str]:
    """Return the query parameters of the link in the newest invitation to `address`."""
    (link,) = emulator.inbox.newest(address)["links"]
    return {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}


# -- teams ------------------------------------------------------------------------------------------------------------


def test_create_makes_the_creator_an_owner(alice):
    teams = Teams(alice.client)
    team = teams.create(ID.unique(), "Writers", roles=["author"])
    assert team.total == 1
    (membership,) = teams.list_memberships(team.id).memberships
    assert membership.roles == ["author", "owner"]
    assert membership.confirm


def test_create_by_a_server_creates_an_empty_team(teams, expect_error):
    assert teams.create("crew", "The crew", roles=["boss"]).total == 0
    assert teams.list_memberships("crew").total == 0
    with expect_error("team_already_exists", 409):
        teams.create("Crew", "Ids are compared without case")


def test_guests_cannot_use_teams(guest, crew, expect_error):
    for call in (lambda: Teams(guest).list(), lambda: Teams(guest).get("crew"), lambda: Teams(guest).create("x", "X")):
        with expect_error("general_unauthorized_scope", 401):
            call()


def test_get_shows_a_team_only_to_its_members(alice, bob, teams, crew, expect_error):
    assert Teams(alice.client).get("crew").name == "The crew"
    assert teams.get("crew").total == 1
    with expect_error("team_not_found", 404):
        Teams(bob.client).get("crew")
    with expect_error("team_not_found", 404):
        teams.get("nosuchteam")


def test_list_returns_own_teams_to_users_and_all_teams_to_servers(teams, bob, bobs_membership):
    teams.create("others", "Others")
    assert [team.id for team in Teams(bob.client).list().teams] == ["crew"]
    assert [team.id for team in teams.list([Query.order_asc("name")]).teams] == ["others", "crew"]


def test_list_supports_queries_and_search(teams, expect_error):
    for number in range(5):
        teams.create(f"team{number}", f"Team number {number}")
    page = teams.list([Query.order_desc("name"), Query.limit(2), Query.cursor_after("team3")])
    assert [team.id for team in page.teams] == ["team2", "team1"]
    assert page.total == 5
    assert [team.id for team in teams.list(search="team4").teams] == ["team4"]
    assert teams.list([Query.greater_than("total", 0)]).total == 0
    with expect_error("general_argument_invalid", 400):
        teams.list([Query.equal("prefs", "x")])
    with expect_error("general_cursor_not_found", 400):
        teams.list([Query.cursor_after("nosuchteam")])


def test_update_name_requires_the_owner_role(alice, bob, bobs_membership, expect_error):
    assert Teams(alice.client).update_name("crew", "The whole crew").name == "The whole crew"
    with expect_error("user_unauthorized", 401):
        Teams(bob.client).update_name("crew", "Bob's")


def test_delete_removes_the_team_and_its_roles(alice, bob, bobs_membership, expect_error):
    with expect_error("user_unauthorized", 401):
        Teams(bob.client).delete("crew")
    Teams(alice.client).delete("crew")
    for member in (alice, bob):
        with expect_error("team_not_found", 404):
            Teams(member.client).get("crew")
        assert Teams(member.client).list().total == 0


def test_get_prefs_requires_a_membership(alice, bob, carol, bobs_membership, expect_error):
    assert Teams(alice.client).get_prefs("crew").data == {}
    assert Teams(bob.client).get_prefs("crew").data == {}
    with expect_error("team_not_found", 404):
        Teams(carol.client).get_prefs("crew")


def test_update_prefs_replaces_all_preferences(alice, bob, teams, bobs_membership, expect_error):
    Teams(alice.client).update_prefs("crew", {"theme": "dark", "nested": {"a": [1]}})
    assert Teams(alice.client).update_prefs("crew", {"only": True}).data == {"only": True}
    assert teams.get("crew").prefs.data == {"only": True}
    with expect_error("user_unauthorized", 401):
        Teams(bob.client).update_prefs("crew", {"theme": "light"})


# -- memberships ------------------------------------------------------------------------------------------------------


def test_create_membership_by_a_server_confirms_the_member_and_sends_no_email(emulator, teams, crew, bob, expect_error):
    membership = teams.create_membership("crew", ["editor"], email=bob.email)
    assert (membership.userid, membership.username, membership.confirm) == ("bob", "Bob", True)
    assert Teams(bob.client).get("crew").total == 2
    assert emulator.inbox.mails() == []
    with expect_error("membership_already_confirmed", 409):
        teams.create_membership("crew", ["editor"], user_id=bob.id)


def test_create_membership_creates_a_user_for_an_unknown_address(teams, crew, users):
    membership = teams.create_membership("crew", [], email="new@example.com", name="New Comer")
    newcomer = users.get(membership.userid)
    assert (newcomer.name, newcomer.email, newcomer.emailverification) == ("New Comer", "new@example.com", False)


def test_create_membership_by_an_owner_sends_an_invitation(emulator, alice, bob, crew, expect_error):
    teams = Teams(alice.client)
    membership = teams.create_membership("crew", ["editor"], email=bob.email, url=JOIN)
    assert not membership.confirm
    link = invitation(emulator, bob.email)
    assert link.keys() == {"next", "membershipId", "userId", "secret", "teamId", "teamName"}
    assert (link["next"], link["membershipId"], link["teamName"]) == ("/home", membership.id, "The crew")
    assert teams.get("crew").total == 1
    with expect_error("team_not_found", 404):
        Teams(bob.client).get("crew")


@pytest.mark.parametrize("url", [None, "https://evil.example/x", "join"])
def test_create_membership_requires_a_url_on_a_registered_host(alice, bob, crew, url, expect_error):
    with expect_error("general_argument_invalid", 400):
        Teams(alice.client).create_membership("crew", ["editor"], email=bob.email, url=url)


def test_create_membership_rejects_user_id_and_address_of_different_users(teams, alice, bob, crew, expect_error):
    with expect_error("user_already_exists", 409):
        teams.create_membership("crew", [], user_id=alice.id, email=bob.email)
    with expect_error("user_not_found", 404):
        teams.create_membership("crew", [], user_id="nobody")
    with expect_error("general_argument_invalid", 400):
        teams.create_membership("crew", ["the boss"], user_id=bob.id)


def test_create_membership_requires_the_owner_role(bob, bobs_membership, carol, expect_error):
    with expect_error("user_unauthorized", 401):
        Teams(bob.client).create_membership("crew", [], user_id=carol.id, url=JOIN)
    with expect_error("team_not_found", 404):
        Teams(carol.client).create_membership("crew", [], user_id=carol.id, url=JOIN)


def test_inviting_again_renews_the_secret_and_keeps_the_roles(emulator, alice, bob, crew, expect_error):
    teams = Teams(alice.client)
    membership = teams.create_membership("crew", ["editor"], email=bob.email, url=JOIN)
    first = invitation(emulator, bob.email)["secret"]
    assert teams.create_membership("crew", ["other"], email=bob.email, url=JOIN).roles == ["editor"]
    with expect_error("team_invalid_secret", 401):
        Teams(bob.client).update_membership_status("crew", membership.id, bob.id, first)
    second = invitation(emulator, bob.email)["secret"]
    assert Teams(bob.client).update_membership_status("crew", membership.id, bob.id, second).confirm


def test_update_membership_status_confirms_the_member_and_the_address(emulator, alice, bob, crew, expect_error):
    membership = Teams(alice.client).create_membership("crew", ["editor"], email=bob.email, url=JOIN)
    secret = invitation(emulator, bob.email)["secret"]
    with expect_error("team_invite_mismatch", 401):
        Teams(alice.client).update_membership_status("crew", membership.id, bob.id, secret)
    with expect_error("team_invalid_secret", 401):
        Teams(bob.client).update_membership_status("crew", membership.id, bob.id, "x" * 64)
    accepted = Teams(bob.client).update_membership_status("crew", membership.id, bob.id, secret)
    assert accepted.confirm
    assert accepted.joined
    assert Teams(bob.client).get("crew").total == 2
    assert bob.account.get().emailverification
    with expect_error("membership_already_confirmed", 409):
        Teams(bob.client).update_membership_status("crew", membership.id, bob.id, secret)


def test_update_membership_status_signs_a_new_user_in(emulator, alice, guest, crew, users, expect_error, server):
    membership = Teams(alice.client).create_membership("crew", [], email="dora@example.com", url=JOIN, name="Dora")
    link = invitation(emulator, "dora@example.com")
    with expect_error("general_unauthorized_scope", 401):
        Teams(server).update_membership_status("crew", membership.id, link["userId"], link["secret"])
    Teams(guest).update_membership_status("crew", membership.id, link["userId"], link["secret"])
    (session,) = users.list_sessions(link["userId"]).sessions
    assert (session.provider, session.factors) == ("email", ["email"])


def test_invitation_to_a_former_address_stops_working(emulator, alice, guest, crew, users, expect_error):
    membership = Teams(alice.client).create_membership("crew", [], email="dora@example.com", url=JOIN, name="Dora")
    link = invitation(emulator, "dora@example.com")
    users.update_email(link["userId"], "new@example.com")
    with expect_error("team_invalid_secret", 401):
        Teams(guest).update_membership_status("crew", membership.id, link["userId"], link["secret"])


def test_list_memberships_shows_names_only_to_servers(teams, bob, bobs_membership):
    shown = Teams(bob.client).list_memberships("crew", [Query.order_asc("joined")]).memberships
    assert [(each.userid, each.username, each.useremail) for each in shown] == [("", "", ""), ("", "", "")]
    matching = teams.list_memberships("crew", [Query.equal("userId", "bob")])
    assert (matching.total, matching.memberships[0].useremail) == (1, bob.email)
    assert teams.list_memberships("crew", [Query.contains("roles", ["owner"])]).total == 1


def test_get_membership_of_another_team_is_not_found(teams, bobs_membership, expect_error):
    assert teams.get_membership("crew", bobs_membership.id).username == "Bob"
    teams.create("others", "Others")
    with expect_error("team_membership_mismatch", 404):
        teams.get_membership("others", bobs_membership.id)
    with expect_error("membership_not_found", 404):
        teams.get_membership("crew", "nosuchmembership")


def test_update_membership_changes_permissions_immediately(alice, bob, bobs_membership, expect_error):
    with expect_error("user_unauthorized", 401):
        Teams(bob.client).update_membership("crew", bobs_membership.id, ["owner"])
    assert Teams(alice.client).update_membership("crew", bobs_membership.id, ["owner", "editor"]).roles == [
        "owner",
        "editor",
    ]
    assert Teams(bob.client).update_name("crew", "Ours").name == "Ours"
    assert Teams(alice.client).update_membership("crew", bobs_membership.id, []).roles == []
    with expect_error("user_unauthorized", 401):
        Teams(bob.client).update_name("crew", "Bob's")


def test_delete_membership_by_the_member_or_an_owner(alice, bob, teams, crew, bobs_membership, expect_error):
    (hers,) = teams.list_memberships("crew", [Query.equal("userId", "alice")]).memberships
    with expect_error("user_unauthorized", 401):
        Teams(bob.client).delete_membership("crew", hers.id)
    Teams(bob.client).delete_membership("crew", bobs_membership.id)
    assert teams.get("crew").total == 1
    with expect_error("team_invite_not_found", 404):
        teams.delete_membership("crew", bobs_membership.id)
    again = teams.create_membership("crew", [], user_id=bob.id)
    Teams(alice.client).delete_membership("crew", again.id)
    with expect_error("team_not_found", 404):
        Teams(bob.client).get("crew")


def test_team_roles_grant_access_until_they_are_removed(emulator, server, teams, bob, bobs_membership, expect_error):
    storage = Storage(server)
    for number, role in enumerate((Role.team("crew"), Role.team("crew", "editor"), Role.member(bobs_membership.id))):
        storage.create_bucket(f"box{number}", "Box", permissions=[Permission.read(role)])
        assert Storage(bob.client).list_files(f"box{number}").total == 0
    teams.update_membership("crew", bobs_membership.id, ["reader"])
    assert Storage(bob.client).list_files("box0").total == 0
    with expect_error("user_unauthorized", 401):
        Storage(bob.client).list_files("box1")
    teams.delete_membership("crew", bobs_membership.id)
    for number in (0, 2):
        with expect_error("user_unauthorized", 401):
            Storage(bob.client).list_files(f"box{number}")


def test_deleted_user_leaves_the_team(teams, users, bob, bobs_membership):
    assert teams.get("crew").total == 2
    users.delete(bob.id)
    assert teams.get("crew").total == 1
    assert teams.list_memberships("crew").total == 1


@pytest.fixture
def owner_membership_path(alice: SignedInUser) -> str:
    """Create a team as Alice and return the path of her membership."""
    Teams(alice.client).create("crew", "Crew")
    return "/teams/crew/memberships/" + Teams(alice.client).list_memberships("crew").memberships[0].id


def test_membership_of_the_owner_is_visible_only_to_members(call_api, owner_membership_path, bob, make_user):
    outsider = session_headers(bob)
    assert call_api("DELETE", owner_membership_path, outsider)[:2] == (404, "team_invite_not_found")
    body = {"userId": "alice", "secret": "x"}
    for headers in (outsider, GUEST):
        assert call_api("PATCH", f"{owner_membership_path}/status", headers, json=body)[:2] == (
            404,
            "membership_not_found",
        )
    Teams(bob.client).create("others", "Others")
    elsewhere = owner_membership_path.replace("/crew/", "/others/")
    assert call_api("GET", elsewhere, outsider)[:2] == (404, "membership_not_found")
    assert call_api("PATCH", elsewhere, outsider, json={"roles": []})[:2] == (404, "membership_not_found")
    assert call_api("GET", elsewhere)[:2] == (404, "team_membership_mismatch")
    call_api("POST", "/teams/crew/memberships", json={"userId": "bob", "roles": []})
    assert call_api("DELETE", owner_membership_path, outsider)[:2] == (401, "user_unauthorized")


def test_error_types_reveal_an_invitation_to_outsiders(call_api, bob, make_user):
    call_api("POST", "/teams", json={"teamId": "crew", "name": "Crew"})
    _, _, member = call_api("POST", "/teams/crew/memberships", json={"userId": "bob", "roles": []})
    path = f"/teams/crew/memberships/{member['$id']}"
    outsider = session_headers(make_user("Cleo"))
    assert call_api("DELETE", path, outsider)[:2] == (404, "team_not_found")
    body = {"userId": "bob", "secret": "x"}
    assert call_api("PATCH", f"{path}/status", outsider, json=body)[:2] == (401, "team_invalid_secret")


def test_membership_reports_mfa_once_a_second_factor_exists(call_api, users, alice):
    users.update_phone("alice", "+14155550100")
    call_api("POST", "/teams", json={"teamId": "crew", "name": "Crew"})
    call_api("POST", "/teams/crew/memberships", json={"userId": "alice", "roles": []})
    call_api("GET", "/account", session_headers(alice))  # sets Alice's last access time
    users.update_mfa("alice", True)
    for verified in (False, True):
        users.update_email_verification("alice", verified)
        (member,) = call_api("GET", "/teams/crew/memberships")[2]["memberships"]
        assert (member["mfa"], member["userPhone"]) == (verified, "+14155550100")
    (of_hers,) = call_api("GET", "/users/alice/memberships")[2]["memberships"]
    assert member["userAccessedAt"]
    shown = {"userPhone": "", "mfa": False, "userAccessedAt": "", "userEmail": alice.email, "userName": "Alice"}
    assert {name: of_hers[name] for name in shown} == shown


# -- logs -------------------------------------------------------------------------------------------------------------


def test_team_log_shows_the_user_of_each_event(alice, bob, crew):
    Teams(alice.client).update_name("crew", "Ours")
    Teams(alice.client).create_membership("crew", [], email=bob.email, url=JOIN)
    page = alice.client.call("get", "/teams/crew/logs", GUEST)  # the SDK has no method for this route
    assert [(line["event"], line["userName"]) for line in page["logs"]] == [
        ("membership.create", "Alice"),
        ("team.update", "Alice"),
        ("team.create", "Alice"),
    ]
