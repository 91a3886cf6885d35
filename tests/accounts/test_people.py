"""/manage/people/: every user's account, for admins."""

import logging
import threading

import pytest
from appwrite.query import Query

from accounts import session
from accounts.repositories.address_proof import BY_MAIL, proof_label
from core import errors, rate_limits
from core.appwrite_client import create_admin_client
from posts.repository import PostRepository
from tests import users
from tests.conftest import fields
from tests.count_calls import count_calls
from tests.pages import mailed
from tests.users import roles, words

PEOPLE = "/manage/people/"


@pytest.fixture
def audit_lines(caplog):
    caplog.set_level(logging.INFO, logger="audit")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "audit"]


def test_admin_sees_all_users(ingrid, alice, bob, mallory):
    answer = ingrid.browser().get(PEOPLE)
    assert {person.user.name for person in answer.context["page"].items} == {"Alice", "Bob", "Mallory", "Ingrid"}
    assert "mallory@example.com" in words(answer)
    assert "Sperret" in words(answer)


@pytest.mark.parametrize(("search", "found"), [("bob", {"Bob"}), ("alice@example.com", {"Alice"}), ("nobody", set())])
def test_search_finds_names_and_addresses(ingrid, search, found):
    answer = ingrid.browser().get(PEOPLE, {"q": search})
    assert {person.user.name for person in answer.context["page"].items} == found


NAMES = {
    "bo": ("Bo Li", "bo.li@example.com"),
    "bob2": ("Bobbo Lind", "bo@example.no"),
    "conan": ("Conan O'Brien", "o'brien@example.com"),
    "asa": ("Åsa Æ. Øster", "asa+post@example.com"),
    "nfd": ("A\u030age Nilsen", "xbo@example.no"),
    "percent": ("100% Kari", "kari_n@example.com"),
}


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("Bo", {"Bob", "Bo Li", "Bobbo Lind", "A\u030age Nilsen"}),
        ("bo li", {"Bo Li", "Bobbo Lind"}),
        ("bo lind", {"Bobbo Lind"}),
        ("bo finnesikke", set()),
        ("bo@example.no", {"Bobbo Lind"}),
        ("BO@EXAMPLE", {"Bobbo Lind"}),
        ("@example.no", {"Bobbo Lind", "A\u030age Nilsen"}),
        ("o'brien", {"Conan O'Brien"}),
        ("asa+post", {"Åsa Æ. Øster"}),
        ("åge", {"A\u030age Nilsen"}),
        ("A\u030asa", {"Åsa Æ. Øster"}),
        ("bo\u200b@example.no\ufeff", {"Bobbo Lind"}),
        ("100%", {"100% Kari"}),
        ("kari %", {"100% Kari"}),
        ("kari_n@", {"100% Kari"}),
        ("i " * 60 + "kari", {"100% Kari"}),
    ],
)
def test_search_finds_each_word_in_names_and_addresses(ingrid, search, found):
    users = create_admin_client().users
    for user_id, (name, email) in NAMES.items():
        users.create(user_id, email, name=name)
    answer = ingrid.browser().get(PEOPLE, {"q": search})
    ours = {each[0] for each in NAMES.values()} | {"Bob"}
    names = {
        person.name for person in users.list().users if person.id in {p.user.id for p in answer.context["page"].items}
    }
    assert names & ours == found


@pytest.mark.parametrize("search", ["%", "% %", "@", '"', "+-*()~<>@", "\\", "_", "«»"])
def test_search_without_letters_asks_for_letters(ingrid, search):
    browser = ingrid.browser()
    browser.get(PEOPLE)
    with count_calls() as calls:
        answer = browser.get(PEOPLE, {"q": search})
    assert [call for call in calls if call == "GET /v1/users"] == []
    assert answer.context["page"].items == []
    assert "Et søk må ha bokstaver eller tall." in words(answer)


def test_long_list_is_split_into_numbered_pages(ingrid):
    users = create_admin_client().users
    for number in range(25):
        users.create(f"person{number}", f"person{number}@example.com", name=f"Person {number}")
    assert ingrid.browser().get(PEOPLE).context["page"].count == 2
    assert len(ingrid.browser().get(PEOPLE, {"page": 2}).context["page"].items) == 4
    assert ingrid.browser().get(PEOPLE, {"page": 3}).status_code == 404


def test_person_page_shows_the_address_and_sessions(ingrid, bob):
    answer = ingrid.browser().get(f"{PEOPLE}{bob.id}/")
    assert "bob@example.com" in words(answer)
    assert [each.id for each in answer.context["sessions"]] == [bob.made.id]
    assert ingrid.browser().get(f"{PEOPLE}nobody/").status_code == 404


def test_person_page_shows_the_number_of_posts_and_links_to_them(ingrid, alice, appwrite):
    posts = PostRepository(alice.appwrite)
    for number in range(2):
        posts.create(f"alices{number}", alice.user, fields(), publish=bool(number))
    browser = ingrid.browser()
    answer = browser.get(f"{PEOPLE}alice/")
    assert '<a class="on" href="/manage/?author=alice">' in answer.content.decode()
    assert "2 innlegg" in words(answer)
    appwrite.faults.add("tablesDB.listRows", status=500)
    answer = browser.get(f"{PEOPLE}alice/")
    assert "Alle innleggene" in words(answer)


INVITE = f"{PEOPLE}invite/"


def test_invited_person_gets_a_link_and_keeps_the_role_after_signing_in(ingrid, appwrite, audit_lines):
    answer = ingrid.browser().post(INVITE, {"email": " Olga@example.com", "role": "editor"}, follow=True)
    assert "Invitasjonen er sendt." in words(answer)
    [user] = create_admin_client().users.list([Query.equal("email", ["olga@example.com"])]).users
    assert answer.redirect_chain == [(f"{PEOPLE}{user.id}/", 302)]
    assert roles(user.id) == {"editor"}
    assert audit_lines() == [f"user={ingrid.id} act=invite=editor person={user.id}"]
    guest = users.Browser()
    page = guest.get(mailed(appwrite), follow=True)
    assert guest.post("/auth/callback/", page.context["fields"]).status_code == 302
    assert guest.get("/auth/account/").status_code == 200
    assert roles(user.id) == {"editor"}


def test_invited_person_with_an_account_gets_only_the_role(ingrid, bob, appwrite, audit_lines):
    browser = ingrid.browser()
    assert "har nå fått rollen" in words(browser.post(INVITE, {"email": bob.email, "role": "editor"}, follow=True))
    assert "allerede en konto" in words(browser.post(INVITE, {"email": bob.email}, follow=True))
    assert roles(bob.id) == {"editor"}
    assert appwrite.inbox.mails() == []
    assert audit_lines()[0] == f"user={ingrid.id} act=labels=editor person={bob.id}"


def test_account_that_a_stranger_may_have_created_gets_no_role(ingrid, appwrite):
    stranger = create_admin_client().users.create("squatter", "olga@example.com", password="password1")
    page = words(ingrid.browser().post(INVITE, {"email": "olga@example.com", "role": "admin"}, follow=True))
    assert "ikke bekreftet adressen" in page
    assert roles(stranger.id) == set()
    assert len(appwrite.inbox.mails()) == 1


def test_blocked_person_is_not_invited(ingrid, mallory, appwrite):
    answer = ingrid.browser().post(INVITE, {"email": mallory.email, "role": "admin"}, follow=True)
    assert "Denne kontoen er sperret." in words(answer)
    assert (roles(mallory.id), appwrite.inbox.mails()) == (set(), [])


def test_admin_is_told_that_the_invitation_was_not_sent(ingrid, appwrite):
    appwrite.faults.add("account.createMagicURLToken", status=500)
    answer = ingrid.browser().post(INVITE, {"email": "olga@example.com", "role": "editor"}, follow=True)
    assert "vi fikk ikke sendt e-posten" in words(answer)


def test_number_of_invitations_is_limited(ingrid, appwrite, monkeypatch):
    monkeypatch.setattr(rate_limits, "INVITATIONS", rate_limits.Limit("invitations", 1, 3600))
    browser = ingrid.browser()
    statuses = [browser.post(INVITE, {"email": f"olga{n}@example.com"}).status_code for n in range(2)]
    assert statuses == [302, 429]


def test_role_changes_are_written_to_the_audit_log(ingrid, bob, audit_lines):
    browser = ingrid.browser()
    create_admin_client().users.update_labels(bob.id, ["founder", proof_label(BY_MAIL, bob.email)])
    browser.post(f"{PEOPLE}{bob.id}/labels/", {"labels": ["editor"]})
    assert roles(bob.id) == {"founder", "editor"}
    browser.post(f"{PEOPLE}{bob.id}/labels/", {})
    assert roles(bob.id) == {"founder"}
    assert audit_lines() == [
        f"user={ingrid.id} act=labels=editor person={bob.id}",
        f"user={ingrid.id} act=labels= person={bob.id}",
    ]


def test_only_listed_labels_can_be_assigned(ingrid, bob):
    ingrid.browser().post(f"{PEOPLE}{bob.id}/labels/", {"labels": ["owner"]})
    assert roles(bob.id) == set()


@pytest.mark.parametrize(("act", "data"), [("labels", {"labels": []}), ("block", {})])
def test_last_admin_cannot_be_removed(ingrid, act, data, audit_lines):
    answer = ingrid.browser().post(f"{PEOPLE}{ingrid.id}/{act}/", data, follow=True)
    assert "siste administrator" in words(answer)
    user = create_admin_client().users.get(ingrid.id)
    assert (roles(user.id), user.status) == ({"admin"}, True)
    assert audit_lines() == []


def test_invitation_gives_no_role_to_the_person_who_had_the_address_before(ingrid):
    form = {"email": "leader@example.com", "role": ""}
    former = ingrid.browser().post(f"{PEOPLE}invite/", form)["Location"].split("/")[-2]
    create_admin_client().users.update_email(former, "former@example.com")
    invited = ingrid.browser().post(f"{PEOPLE}invite/", {**form, "role": "admin"})["Location"].split("/")[-2]
    assert (invited == former, roles(former), roles(invited)) == (False, set(), {"admin"})


def test_admin_who_has_not_accepted_an_invitation_does_not_count_as_another_admin(ingrid):
    browser = ingrid.browser()
    invited = browser.post(f"{PEOPLE}invite/", {"email": "misspelt@example.com", "role": "admin"}, follow=True)
    # The invited person now has the role.
    assert "før du kan gi vedkommende en rolle" not in words(invited)
    browser.post(f"{PEOPLE}{ingrid.id}/labels/", {})
    browser.post("/auth/account/delete/", {"email": ingrid.email, "posts": "delete"})
    assert roles(ingrid.id) == {"admin"}


def test_admin_can_remove_another_admin(ingrid):
    second = users.create("Siri", "admin")
    ingrid.browser().post(f"{PEOPLE}{second.id}/labels/", {})
    assert roles(second.id) == set()


def test_blocked_admin_does_not_count_as_another_admin(ingrid):
    second = users.create("Siri", "admin")
    users.block(second)
    ingrid.browser().post(f"{PEOPLE}{ingrid.id}/labels/", {})
    assert roles(ingrid.id) == {"admin"}


def test_two_admins_cannot_remove_each_other_simultaneously(ingrid, appwrite):
    siri = users.create("Siri", "admin")
    # With this delay, both requests count the admins before either removes one.
    appwrite.faults.add("users.list", delay=0.2)

    def send_away(who: users.Person, whom: users.Person) -> None:
        who.browser().post(f"{PEOPLE}{whom.id}/labels/", {})

    acts = [threading.Thread(target=send_away, args=pair) for pair in ((ingrid, siri), (siri, ingrid))]
    for act in acts:
        act.start()
    for act in acts:
        act.join()
    assert sum("admin" in user.labels for user in create_admin_client().users.list().users) == 1


def test_block_takes_effect_within_a_minute_and_can_be_undone(ingrid, bob, audit_lines):
    browser = bob.browser()
    browser.get("/posts/mine/")
    ingrid.browser().post(f"{PEOPLE}{bob.id}/block/")
    session.forget_user(bob.secret)  # as if a minute had passed
    assert browser.get("/posts/mine/")["Location"].startswith("/auth/login/")
    ingrid.browser().post(f"{PEOPLE}{bob.id}/unblock/")
    assert create_admin_client().users.get(bob.id).status is True
    assert audit_lines() == [
        f"user={ingrid.id} act=block person={bob.id}",
        f"user={ingrid.id} act=unblock person={bob.id}",
    ]


def test_unblocking_does_not_restore_old_sessions(ingrid, alice):
    ingrid.browser().post(f"{PEOPLE}{alice.id}/block/")
    ingrid.browser().post(f"{PEOPLE}{alice.id}/unblock/")
    with pytest.raises(errors.SignInRequiredError):
        alice.appwrite.account.get()


def test_admin_ends_all_sessions_of_a_person(ingrid, bob, audit_lines):
    ingrid.browser().post(f"{PEOPLE}{bob.id}/end-sessions/")
    with pytest.raises(errors.SignInRequiredError):
        bob.appwrite.account.get()
    assert audit_lines() == [f"user={ingrid.id} act=end_sessions person={bob.id}"]


def test_former_admin_can_no_longer_act(ingrid, bob):
    users.create("Siri", "admin")
    browser = ingrid.browser()
    assert browser.get(PEOPLE).status_code == 200
    create_admin_client().users.update_labels(ingrid.id, [])
    session.forget_user(ingrid.secret)  # as if a minute had passed
    assert browser.get(PEOPLE).status_code == 403


def test_former_admin_has_no_access_even_if_the_account_cannot_be_read(ingrid, appwrite, monkeypatch):
    browser = ingrid.browser()
    assert browser.get(PEOPLE).status_code == 200
    create_admin_client().users.update_labels(ingrid.id, [])
    appwrite.faults.add("account.get", status=500)
    monkeypatch.setattr(session, "USER_TTL", 0)  # as if a minute had passed
    assert browser.get(PEOPLE).status_code == 503
    assert browser.post(f"{PEOPLE}{ingrid.id}/labels/", {"labels": ["admin"]}).status_code == 503
    assert roles(ingrid.id) == set()
