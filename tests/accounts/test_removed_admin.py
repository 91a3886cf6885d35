"""Admin rights end immediately: before each use of its API key, the site checks that the user is still an admin."""

import pytest

from accounts import session
from core import errors
from core.appwrite_client import create_admin_client
from posts.repository import PostRepository
from tests import users
from tests.count_calls import count_calls
from tests.pages import TYPED

PEOPLE = "/manage/people/"
REMOVALS = {
    "demoted": lambda admin: create_admin_client().users.update_labels(admin.id, []),
    "blocked": lambda admin: create_admin_client().users.update_status(admin.id, False),
    "signed out": lambda admin: create_admin_client().users.delete_sessions(admin.id),
}
ACTS = {
    "read all people": ("get", PEOPLE, {}),
    "search people": ("get", f"{PEOPLE}?q=bob", {}),
    "read one person": ("get", f"{PEOPLE}bob/", {}),
    "give oneself the role back": ("post", f"{PEOPLE}ingrid/labels/", {"labels": ["admin"]}),
    "give somebody a role": ("post", f"{PEOPLE}bob/labels/", {"labels": ["admin"]}),
    "block somebody": ("post", f"{PEOPLE}bob/block/", {}),
    "unblock oneself": ("post", f"{PEOPLE}ingrid/unblock/", {}),
    "unblock somebody": ("post", f"{PEOPLE}mallory/unblock/", {}),
    "end somebody's sessions": ("post", f"{PEOPLE}bob/end-sessions/", {}),
    "publish another's draft": ("post", "/posts/alicedraft/publish/", {"confirmed": "alice"}),
    "unpublish another's post": ("post", "/posts/alicespost/unpublish/", {}),
    "publish another's post with changes": ("post", "/posts/alicespost/edit/", {**TYPED, "act": "publish"}),
    "edit another's draft": ("post", "/posts/alicedraft/edit/", TYPED),
    "edit another's covered post": ("post", "/posts/alicecover/edit/", TYPED),
    "delete another's post": ("post", "/posts/alicespost/delete/", {}),
    "undo deleting another's post": ("post", "/posts/deleted/undo/", {}),
}
TYPICAL = ("block somebody", "delete another's post")


@pytest.fixture
def ingrids_browser(start_from, request, ingrid, alice):
    """Return the browser of Ingrid, an admin who has just deleted one of Alice's posts. Her role is still cached."""

    def create() -> None:
        users.create("Siri", "admin")  # a second admin, because the last admin cannot be removed
        for fixture in ("draft", "published"):
            request.getfixturevalue(fixture)
        request.getfixturevalue("covered")(publish=True)
        PostRepository(alice.appwrite).create("deleted", alice.user, {**WORDS, "title": "Slettet"}, publish=True)

    start_from("another admin, and posts of Alice's", create)
    browser = ingrid.browser()
    browser.post("/posts/deleted/delete/")
    session.user_of(ingrid.secret)
    return browser


WORDS = {"title": "Te", "content": "Te.", "excerpt": "", "language": "nb", "campus": "", "tags": ()}


def stored_state() -> dict[str, object]:
    """Return all data in Appwrite that an admin can change."""
    admin = create_admin_client()
    users = admin.users.list().users
    return {
        "users": {user.id: (user.name, user.email, user.labels, user.status) for user in users},
        "sessions": {user.id: {each.id for each in admin.users.list_sessions(user.id).sessions} for user in users},
        "rows": {row.id: row.to_dict() for row in admin.db.list_rows("app", "posts").rows},
        "files": {file.id: file.permissions for file in admin.storage.list_files("covers").files},
    }


@pytest.mark.parametrize(
    ("act", "removal"),
    [
        # Every action runs after one kind of removal, and two run after every kind. The other pairs are `thorough`.
        pytest.param(act, removal, marks=[] if removal == "demoted" or act in TYPICAL else [pytest.mark.thorough])
        for act in ACTS
        for removal in REMOVALS
    ],
)
def test_former_admin_can_neither_change_nor_see_anything(act, removal, ingrid, ingrids_browser):
    REMOVALS[removal](ingrid)
    before = stored_state()
    method, path, form = ACTS[act]
    answer = getattr(ingrids_browser, method)(path, form)
    assert answer.status_code in (302, 403, 404)
    assert "bob@example.com" not in answer.content.decode()
    assert stored_state() == before


@pytest.mark.parametrize("act", [act for act in ACTS if "oneself" not in act])
def test_admin_can_perform_each_action(act, ingrids_browser):
    """If the actions failed for admins too, the test above would pass without checking anything."""
    before = stored_state()
    method, path, form = ACTS[act]
    answer = getattr(ingrids_browser, method)(path, form)
    if method == "get":
        assert "bob@example.com" in answer.content.decode()
    else:
        assert answer.status_code == 302
        assert stored_state() != before


@pytest.mark.parametrize("act", ["read one person", "block somebody", "unpublish another's post"])
def test_admin_action_reads_the_account_once_for_each_check(act, ingrid, ingrids_browser):
    session.forget_user(ingrid.secret)
    method, path, form = ACTS[act]
    with count_calls() as calls:
        getattr(ingrids_browser, method)(path, form)
    assert calls.count("GET /v1/account") == (2 if "post" in act else 1)


def test_admin_pages_are_unavailable_while_the_account_cannot_be_read(
    ingrids_browser, appwrite, pause_of_circuit_breaker
):
    appwrite.faults.add("account.get", status=500)
    before = stored_state()
    for method, path, form in ACTS.values():
        if path.startswith(PEOPLE):
            assert getattr(ingrids_browser, method)(path, form).status_code == 503
    pause_of_circuit_breaker()
    assert stored_state() == before
    appwrite.faults.clear()
    assert ingrids_browser.get(PEOPLE).status_code == 200


def test_demoted_admin_can_delete_their_account(ingrid, ingrids_browser):
    create_admin_client().users.update_labels(ingrid.id, [])
    assert ingrids_browser.post("/auth/account/delete/", {"email": ingrid.email}).status_code == 302
    with pytest.raises(errors.NotFoundError):
        create_admin_client().users.get(ingrid.id)


def test_last_admin_cannot_delete_the_account_even_if_cached_as_a_member(ingrid, bob):
    browser = bob.browser()
    session.user_of(bob.secret)
    users = create_admin_client().users
    users.update_labels(bob.id, ["admin"])
    users.update_labels(ingrid.id, [])
    assert browser.post("/auth/account/delete/", {"email": bob.email}).status_code == 409
    assert users.get(bob.id).status is True
