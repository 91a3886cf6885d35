"""Scheduled posts are private before their time, and the first request after it publishes them."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from appwrite.query import Query
from django.core.cache import cache
from django.core.handlers.wsgi import WSGIHandler
from django.utils import timezone, translation

from accounts.repositories.people import PeopleRepository
from biso_site.page_cache import PageCache
from core import errors
from core.appwrite_client import create_admin_client, create_guest_client
from core.formats import day_and_time, local_input, read_local
from posts import due_times, new_columns, scheduling
from posts.models import Plan
from posts.repository import PostRepository
from tests import users
from tests.conftest import fields
from tests.count_calls import count_calls
from tests.posts.test_new import typed
from tests.posts.test_publish import submitted
from tests.site import NOTHING, unnoticed
from tests.users import words
from tests.wsgi import WsgiClient

HOUR = 3600
PUBLIC_PAGES = ("/", "/posts/", "/posts/?q=kladd", "/posts/feed/", "/posts/feed/rss/", "/sitemap.xml")
TITLE = "Alices kladd"


@pytest.fixture
def later(monkeypatch):
    """Return a function that moves the site's clock forward by a number of seconds."""
    real, passed = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + passed[0])
    monkeypatch.setattr(timezone, "now", lambda: datetime.fromtimestamp(real() + passed[0], UTC))

    def move(seconds: float) -> None:
        passed[0] += seconds

    return move


@pytest.fixture
def due_at():
    """Return the time in one hour, rounded up to whole minutes."""
    return (timezone.now() + timedelta(hours=1, minutes=1)).replace(second=0, microsecond=0)


@pytest.fixture
def schedule(alice, due_at):
    """Return a function that schedules a post with the edit form."""

    def submit(post, moment=due_at, who=alice, **changes):
        form = {"title": post.title, "act": "schedule", "state": "draft", "publish_at": local_input(moment)}
        form |= {"confirmed": "alice", **changes}  # needed if an admin schedules the post
        return who.browser().post(f"/posts/{post.id}/edit/", typed(post.id, **form), follow=True)

    return submit


@pytest.fixture
def scheduled(draft, schedule):
    """Return Alice's draft, scheduled for one hour from now."""
    schedule(draft)
    return draft


@contextmanager
def audited(caplog):
    with caplog.at_level(logging.INFO, logger="audit"):
        yield


# -- before the time ---------------------------------------------------------------------------------------------------
def test_guest_cannot_read_a_scheduled_post_over_rest(scheduled, bob, due_at, stored):
    row = stored(scheduled.id)
    assert datetime.fromisoformat(row.data["scheduledAt"]) == due_at
    assert 'read("any")' not in row.permissions
    for client in (create_guest_client(), bob.appwrite):
        with pytest.raises(errors.NotFoundError):
            client.db.get_row("app", "posts", scheduled.id)
        assert client.db.list_rows("app", "posts").rows == []


@pytest.mark.parametrize("url", PUBLIC_PAGES)
def test_scheduled_post_is_on_no_public_page_before_its_time(url, scheduled, guest, later):
    later(HOUR / 2)
    assert f"/posts/{scheduled.id}/" not in guest.get(url).content.decode()
    assert guest.get(f"/posts/{scheduled.id}/").status_code == 404


def test_requests_before_the_time_make_no_call_for_the_scheduled_post(scheduled, guest):
    guest.get("/posts/")
    with count_calls() as calls:
        guest.get("/posts/")
    assert calls == []


# -- the first request after the time ----------------------------------------------------------------------------------
@pytest.mark.parametrize("url", PUBLIC_PAGES)
def test_first_request_after_the_time_publishes_the_post(url, scheduled, guest, later, due_at, stored, caplog):
    guest.get(url)
    later(2 * HOUR)
    with audited(caplog):
        assert f"/posts/{scheduled.id}/" in guest.get(url).content.decode()
    row = stored(scheduled.id)
    assert 'read("any")' in row.permissions
    assert (row.data["status"], row.data["scheduledAt"]) == ("published", None)
    assert datetime.fromisoformat(row.data["publishedAt"]) == due_at
    assert caplog.text.count(f"user=- act=publish_scheduled post={scheduled.id} author={scheduled.author_id}") == 1


def test_health_check_does_not_publish(scheduled, guest, later, stored):
    later(2 * HOUR)
    guest.get("/healthz")
    assert stored(scheduled.id).data["status"] == "draft"


def test_scheduled_post_is_not_marked_as_edited(scheduled, guest, later):
    later(48 * HOUR)
    assert "Endret" not in words(guest.get(f"/posts/{scheduled.id}/"))


def revisions(post_id: str) -> list[tuple[str, str | None]]:
    """Return the text of each stored version and the person who saved it, oldest first."""
    rows = create_admin_client().db.list_rows("app", "revisions", [Query.equal("postId", [post_id])]).rows
    return [(row.data["content"], row.data["savedBy"]) for row in sorted(rows, key=lambda row: row.data["savedAt"])]


def test_autosaved_text_is_kept_in_the_history_when_it_is_published(draft, schedule, alice, guest, later, stored):
    schedule(draft, content="Første tekst.")
    version = PostRepository(alice.appwrite).get(draft.id).stamp
    autosave = typed(draft.id, title=TITLE, content="Andre tekst.", act="autosave", state="draft", version=version)
    assert alice.browser().post(f"/posts/{draft.id}/edit/", autosave).status_code == 302
    later(2 * HOUR)
    assert guest.get(f"/posts/{draft.id}/").status_code == 200
    alice.browser().post(f"/posts/{draft.id}/edit/", typed(draft.id, content="Tredje tekst.", state="published"))
    texts = [text for text, _ in revisions(draft.id)]
    assert [text for text in texts if text.endswith("tekst.")] == ["Første tekst.", "Andre tekst.", "Tredje tekst."]


def test_publication_does_not_change_who_saved_the_version(draft, schedule, guest, later, stored):
    schedule(draft, content="Første tekst.")
    before = revisions(draft.id)
    later(2 * HOUR)
    guest.get("/")
    assert stored(draft.id).data["status"] == "published"
    assert revisions(draft.id) == before
    assert before[-1] == ("Første tekst.", "alice")


def test_cover_is_published_together_with_the_post(covered, schedule, guest, later):
    post = covered(publish=False)
    schedule(post, cover_alt="En rød flate", cover_id=post.cover_id)
    assert guest.get(f"/posts/cover/{post.cover_id}/480/").status_code == 404
    later(2 * HOUR)
    guest.get("/posts/")
    assert guest.get(f"/posts/cover/{post.cover_id}/480/").status_code == 200


def test_images_in_the_text_are_published_together_with_the_post(alice, illustrated, schedule, guest, later):
    image = illustrated("abcdefgh27", publish=False)
    post = PostRepository(alice.appwrite).get("abcdefgh27")
    schedule(post, content=post.content)
    assert guest.get(image.url).status_code == 404
    later(2 * HOUR)
    guest.get("/posts/")
    assert guest.get(image.url).status_code == 200


def test_cached_page_is_not_used_after_the_due_time(scheduled, due_at, later):
    workers = [WsgiClient(PageCache(WSGIHandler())) for _ in range(2)]
    later((due_at - timezone.now()).total_seconds() - 20)
    assert all(TITLE not in worker.get("/posts/").body.decode() for worker in workers)
    later(25)  # a cached page is used for 50 seconds
    assert all(TITLE in worker.get("/posts/").body.decode() for worker in workers)


def test_page_cached_before_the_post_was_scheduled_is_not_used_after_the_due_time(draft, alice, later):
    worker = WsgiClient(PageCache(WSGIHandler()))
    worker.get("/posts/")
    posts = PostRepository(alice.appwrite)
    with unnoticed():
        posts.update(posts.get(draft.id), fields(title=TITLE), Plan(timezone.now() + timedelta(seconds=20)))
    later(25)
    assert TITLE in worker.get("/posts/").body.decode()


@pytest.mark.parametrize("has_lock", [True, False])
def test_simultaneous_requests_publish_the_post_once(has_lock, scheduled, guest, later, monkeypatch, caplog, stored):
    if not has_lock:  # like two machines without a working Redis
        monkeypatch.setattr(scheduling, "claimed", _always)
    later(2 * HOUR)
    with audited(caplog), ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: users.Browser().get("/posts/"), range(8)))
        guest.get("/posts/")
    assert caplog.text.count("act=publish_scheduled") == 1
    assert stored(scheduled.id).data["status"] == "published"


@contextmanager
def _always(*_):
    yield True


def test_concurrent_edit_is_not_overwritten(scheduled, alice, guest, later, monkeypatch, stored):
    publish, edits = PostRepository.publish_scheduled, ["Rettet tittel"]

    def edited_first(self, post):
        if edits:
            posts = PostRepository(alice.appwrite)
            posts.update(posts.get(post.id), fields(title=edits.pop()))
        return publish(self, post)

    monkeypatch.setattr(PostRepository, "publish_scheduled", edited_first)
    later(2 * HOUR)
    assert "Rettet tittel" in guest.get("/posts/").content.decode()
    row = stored(scheduled.id)
    assert (row.data["title"], row.data["status"]) == ("Rettet tittel", "published")


def test_several_posts_are_published_at_their_own_times(alice, draft, schedule, guest, later):
    posts = PostRepository(alice.appwrite)
    others = [posts.create(f"alicelater{n}", alice.user, fields(title=f"Senere {n}")) for n in range(3)]
    for post, hours in zip([draft, *others], (1, 1, 3, 2), strict=True):
        schedule(post, timezone.now() + timedelta(hours=hours, minutes=1))
    seen = []
    for _ in range(3):
        later(HOUR + 120)
        guest.get("/")
        seen.append({post.title for post in guest.get("/posts/").context["page"].items})
    assert seen[0] == {TITLE, "Senere 0"}
    assert seen[1] == {*seen[0], "Senere 2"}
    assert seen[2] == {*seen[1], "Senere 1"}


# -- posts that must not be published ----------------------------------------------------------------------------------
def _unpublishable(why, alice, settings):
    admin = create_admin_client()
    if why == "blocked":
        users.block(alice)
    elif why == "deleted":
        admin.users.delete(alice.id)
    else:
        settings.POSTS_WRITERS = "label:editor"


@pytest.mark.parametrize("why", ["blocked", "deleted", "no longer a writer"])
def test_post_by_a_person_who_cannot_publish_is_not_published(
    why, scheduled, alice, guest, later, settings, stored, caplog
):
    _unpublishable(why, alice, settings)
    later(2 * HOUR)
    with audited(caplog):
        guest.get("/posts/")
    row = stored(scheduled.id)
    assert (row.data["status"], row.data["scheduledAt"], 'read("any")' in row.permissions) == ("draft", None, False)
    assert f"act=cancel_schedule post={scheduled.id}" in caplog.text
    with count_calls() as calls:
        guest.get("/robots.txt")
    assert calls == []


@pytest.mark.parametrize("act", ["publish", "delete", "unschedule"])
def test_post_that_is_published_deleted_or_no_longer_scheduled_causes_no_failure(
    act, scheduled, alice, guest, later, caplog
):
    alice.browser().post(f"/posts/{scheduled.id}/{act}/")
    later(2 * HOUR)
    assert (TITLE in guest.get("/posts/").content.decode()) is (act == "publish")
    assert "act=publish_scheduled" not in caplog.text
    assert "cannot be" not in caplog.text


@pytest.mark.parametrize("moment", ["2020-01-01T00:00:00Z", "1000-01-01T00:00:00Z"])
def test_scheduled_time_written_over_rest_is_found_by_the_next_read(moment, draft, alice, guest, stored):
    with unnoticed():
        alice.appwrite.db.update_row("app", "posts", draft.id, {"scheduledAt": moment})
    guest.get("/posts/")
    assert stored(draft.id).data["status"] == "draft"
    scheduling._reading.acquire()
    scheduling._reread()
    guest.get("/posts/")
    row = stored(draft.id)
    assert row.data["status"] == ("published" if moment.startswith("2020") else "draft")
    assert row.data["scheduledAt"] is None


def test_scheduled_posts_are_read_again_in_the_background_if_the_cache_is_emptied(
    scheduled, guest, later, monkeypatch, stored
):
    reads = []
    monkeypatch.setattr(scheduling, "read_in_background", lambda: reads.append(time.time()))
    cache.clear()
    due_times.stored()
    guest.get("/posts/")
    scheduling._reading.acquire()
    scheduling._reread()
    guest.get("/posts/")
    assert len(reads) == 1
    later(due_times.REREAD_TTL + 1)
    guest.get("/posts/")
    assert len(reads) == 2
    later(2 * HOUR)
    guest.get("/posts/")
    assert stored(scheduled.id).data["status"] == "published"


def test_row_with_two_owners_does_not_stop_other_posts(scheduled, alice, bob, guest, later, stored):
    data = {"title": "To eiere", "content": "x", "authorId": bob.id, "createdAt": "2026-01-01T00:00:00Z"}
    owners = [f'update("user:{person.id}")' for person in (alice, bob)]
    create_admin_client().db.create_row(
        "app", "posts", "twoowners1", {**data, "scheduledAt": "2026-01-01T00:00:00Z"}, owners
    )
    later(2 * HOUR)
    assert TITLE in guest.get("/posts/").content.decode()
    row = stored("twoowners1")
    assert (row.data["status"], row.data["scheduledAt"]) == ("draft", None)


# -- failures ----------------------------------------------------------------------------------------------------------
def test_outage_at_the_due_time_breaks_no_page_and_the_post_is_published_later(
    scheduled, published, guest, later, settings, stored, caplog, appwrite, pause_of_circuit_breaker
):
    guest.get("/posts/")
    settings.APPWRITE_ENDPOINT = NOTHING
    later(2 * HOUR)
    assert guest.get("/posts/").status_code == 200
    assert guest.get("/posts/").status_code == 200
    assert caplog.text.count("Scheduled posts cannot be read or published") == 1
    settings.APPWRITE_ENDPOINT = appwrite.endpoint
    pause_of_circuit_breaker()
    assert guest.get("/posts/").status_code == 200
    assert stored(scheduled.id).data["status"] == "draft"
    later(due_times.RETRY_AFTER)
    assert TITLE in guest.get("/posts/").content.decode()


def test_api_key_without_the_users_scope_breaks_no_page(scheduled, guest, later, monkeypatch, caplog):
    def refuse(*_):
        raise errors.MisconfiguredError("missing scope users.read")

    monkeypatch.setattr(PeopleRepository, "get", refuse)
    for _ in range(3):
        later(HOUR)
        assert guest.get("/posts/").status_code == 200
    assert caplog.text.count("missing scope users.read") == 1


def test_project_without_the_column_keeps_the_text_and_shows_the_reason(draft, schedule, guest):
    db = create_admin_client().db
    db.delete_index("app", "posts", "by_status_scheduled")
    db.delete_column("app", "posts", "scheduledAt")
    page = schedule(draft, content="Teksten som ikke må gå tapt")
    assert page.status_code == 503
    assert "setup_appwrite" in words(page)
    assert "Teksten som ikke må gå tapt" in page.content.decode()
    due_times.expect(timezone.now())
    assert guest.get("/posts/").status_code == 200
    new_columns.forget_missing()


# -- the form ----------------------------------------------------------------------------------------------------------
def test_form_shows_the_scheduled_time(scheduled, alice, due_at):
    page = alice.browser().get(f"/posts/{scheduled.id}/edit/")
    assert page.context["form"]["publish_at"].value() == local_input(due_at)
    assert "Planlagt" in words(page)
    assert 'value="unschedule"' in page.content.decode()


def test_scheduling_also_saves_the_text_in_one_write(draft, schedule, alice, stored):
    alice.browser().get("/posts/")
    with count_calls() as calls:
        schedule(draft, title="Ny tittel")
    assert len([call for call in calls if call.startswith("PATCH")]) == 1
    assert stored(draft.id).data["title"] == "Ny tittel"


def test_new_post_can_be_scheduled(alice, due_at, stored):
    form = typed("abcdefgh27", act="schedule", publish_at=local_input(due_at), state="new")
    answer = alice.browser().post("/posts/new/", form)
    assert answer["Location"] == "/posts/abcdefgh27/edit/"
    assert datetime.fromisoformat(stored("abcdefgh27").data["scheduledAt"]) == due_at


def test_scheduled_time_can_be_changed_and_removed(scheduled, schedule, alice, due_at, stored):
    schedule(scheduled, due_at + timedelta(hours=1))
    assert datetime.fromisoformat(stored(scheduled.id).data["scheduledAt"]) == due_at + timedelta(hours=1)
    alice.browser().post(f"/posts/{scheduled.id}/edit/", typed(scheduled.id, state="draft", act="unschedule"))
    assert stored(scheduled.id).data["scheduledAt"] is None


@pytest.mark.parametrize("act", ["save", "autosave"])
def test_saving_the_text_does_not_change_the_scheduled_time(act, scheduled, alice, due_at, stored):
    form = typed(scheduled.id, title="Ny tittel", state="draft", act=act, publish_at="2027-01-01T10:00")
    alice.browser().post(f"/posts/{scheduled.id}/edit/", form)
    row = stored(scheduled.id)
    assert (row.data["title"], datetime.fromisoformat(row.data["scheduledAt"])) == ("Ny tittel", due_at)


def test_time_that_was_not_scheduled_is_shown_again_with_a_warning(draft, alice):
    form = typed(draft.id, state="draft", publish_at="2027-01-01T10:00", act="save")
    page = alice.browser().post(f"/posts/{draft.id}/edit/", form, follow=True)
    assert page.context["form"]["publish_at"].value() == "2027-01-01T10:00"
    assert "Trykk «Planlegg»" in words(page)


def test_publish_button_publishes_a_scheduled_post_now(scheduled, alice, guest, later, stored, caplog):
    form = typed(scheduled.id, title=TITLE, state="draft", act="publish")
    alice.browser().post(f"/posts/{scheduled.id}/edit/", form)
    assert TITLE in guest.get("/posts/").content.decode()
    before = stored(scheduled.id)
    later(2 * HOUR)
    guest.get("/posts/")
    assert stored(scheduled.id).data == before.data
    assert before.data["scheduledAt"] is None


WRONG_TIMES = {
    "": "Velg når",
    "2020-01-01T10:00": "er passert",
    "2999-01-01T10:00": "innen ett år",
    "i morgen": "Skriv dato og klokkeslett",
    "2026-13-41T10:00": "Skriv dato og klokkeslett",
    "29.2.2027 10:00": "Skriv dato og klokkeslett",
}


@pytest.mark.parametrize(("typed_time", "sentence"), WRONG_TIMES.items())
def test_invalid_time_is_rejected_and_the_text_is_kept(typed_time, sentence, draft, alice, stored):
    form = typed(draft.id, content="Beholdes", state="draft", act="schedule", publish_at=typed_time)
    page = alice.browser().post(f"/posts/{draft.id}/edit/", form)
    assert sentence in str(page.context["form"].errors["publish_at"])
    assert "Beholdes" in page.content.decode()
    assert stored(draft.id).data["scheduledAt"] is None


@pytest.mark.parametrize(
    "text",
    [
        *("2026-12-03T08:05", "2026-12-03 08:05", "2026-12-03T08:05:00", "2026-12-03T08:05:00.000", "3.12.2026 08:05"),
        *("03.12.2026 kl. 08.05", "3.12.2026, kl 8.05", "3/12/2026 8:05", "03/12/2026, at 08:05", " 3.12.2026 08:05 "),
    ],
)
def test_typed_times_are_read_as_norwegian_time(text):
    assert read_local(text).isoformat() == "2026-12-03T08:05:00+01:00"


@pytest.mark.parametrize("text", ["2027-03-28T02:30", "2026-12-03", "08:00", "3.12. 08:00", "0000-01-01T00:00", "x"])
def test_unreadable_time_is_read_as_none(text):
    assert read_local(text) is None


def test_published_post_cannot_be_scheduled(published, alice, guest, stored):
    assert 'name="publish_at"' not in alice.browser().get(f"/posts/{published.id}/edit/").content.decode()
    form = typed(published.id, title=published.title, act="schedule", publish_at="2027-01-01T10:00")
    page = alice.browser().post(f"/posts/{published.id}/edit/", form)
    assert page.status_code == 409
    assert stored(published.id).data["scheduledAt"] is None
    assert guest.get(f"/posts/{published.id}/").status_code == 200


def test_conflict_page_keeps_the_scheduled_time(draft, alice, stored, due_at):
    posts = PostRepository(alice.appwrite)
    posts.update(posts.get(draft.id), fields(title="Nyere"))
    form = typed(draft.id, title="Min", act="schedule", state="draft", publish_at=local_input(due_at))
    page = alice.browser().post(f"/posts/{draft.id}/edit/", {**form, "version": draft.stamp})
    assert page.status_code == 409
    assert f'name="publish_at" value="{local_input(due_at)}"' in page.content.decode()
    assert 'value="schedule"' in page.content.decode()


# -- people ------------------------------------------------------------------------------------------------------------
def test_admin_schedules_another_persons_post(draft, schedule, ingrid, guest, later, stored, caplog):
    with audited(caplog):
        schedule(draft, who=ingrid)
    assert f"user={ingrid.id} act=schedule post={draft.id}" in caplog.text
    later(2 * HOUR)
    assert TITLE in guest.get("/posts/").content.decode()
    assert f'update("user:{draft.author_id}")' in stored(draft.id).permissions


@pytest.mark.parametrize(
    ("prefix", "question", "button"),
    [("", "Planlegge en annens utkast?", "Planlegg"), ("/en", "Schedule someone else’s draft?", "Schedule")],
)
def test_admin_must_confirm_the_scheduling_of_another_persons_draft(
    prefix, question, button, draft, ingrid, due_at, stored, appwrite, caplog
):
    form = {"title": "Rettet", "act": "schedule", "state": "draft", "publish_at": local_input(due_at)}
    page = ingrid.browser().post(f"{prefix}/posts/{draft.id}/edit/", typed(draft.id, **form, confirmed="bob"))
    assert page.status_code == 200
    with translation.override(prefix[1:] or "nb"):
        moment = day_and_time(due_at)
    for shown in (question, "Rettet", "Alice", moment, button):
        assert shown in words(page)
    assert (stored(draft.id).data["scheduledAt"], stored(draft.id).data["title"]) == (None, TITLE)
    assert ("act=schedule" in caplog.text, appwrite.inbox.mails()) == (False, [])
    kept = submitted(page)
    preview = ingrid.browser().post("/posts/preview/", kept).context["form"]
    assert preview["publish_at"].value() == local_input(due_at)
    confirmed = ingrid.browser().post(f"/posts/{draft.id}/edit/", {**kept, "act": "schedule"})
    assert confirmed.status_code == 302
    assert datetime.fromisoformat(stored(draft.id).data["scheduledAt"]) == due_at
    assert stored(draft.id).data["title"] == "Rettet"


def test_admin_must_confirm_changing_the_time_of_another_persons_post(scheduled, schedule, ingrid, due_at, stored):
    later_on = due_at + timedelta(days=1)
    page = schedule(scheduled, later_on, who=ingrid, confirmed="")
    assert "Endre tidspunktet" in words(page)
    assert datetime.fromisoformat(stored(scheduled.id).data["scheduledAt"]) == due_at
    schedule(scheduled, later_on, who=ingrid)
    assert datetime.fromisoformat(stored(scheduled.id).data["scheduledAt"]) == later_on


def test_time_in_the_past_is_rejected_before_the_confirmation(draft, schedule, ingrid):
    page = schedule(draft, timezone.now() - timedelta(days=1), who=ingrid, confirmed="")
    assert "Dette tidspunktet er passert." in words(page)


def test_admin_cannot_schedule_a_post_whose_author_may_no_longer_publish(draft, schedule, ingrid, alice, stored):
    users.block(alice)
    page = schedule(draft, who=ingrid)
    assert (page.status_code, stored(draft.id).data["scheduledAt"]) == (403, None)
    assert "Forfatteren kan ikke lenger publisere" in words(page)


def test_author_who_may_no_longer_publish_cannot_schedule(draft, schedule, settings, stored):
    settings.POSTS_WRITERS = "label:editor"
    page = schedule(draft)
    assert (page.status_code, stored(draft.id).data["scheduledAt"]) == (403, None)
    assert "Bare medlemmer som kan publisere, kan planlegge et innlegg." in words(page)


def test_member_cannot_schedule_or_cancel_another_persons_post(scheduled, schedule, bob, stored):
    before = stored(scheduled.id).data
    assert schedule(scheduled, who=bob).status_code == 404
    assert bob.browser().post(f"/posts/{scheduled.id}/unschedule/").status_code == 404
    assert stored(scheduled.id).data == before


# -- deleting and restoring --------------------------------------------------------------------------------------------
def test_scheduled_post_that_is_deleted_and_restored_is_published_at_its_time(scheduled, alice, guest, later):
    browser = alice.browser()
    browser.post(f"/posts/{scheduled.id}/delete/")
    browser.post(f"/posts/{scheduled.id}/undo/")
    later(2 * HOUR)
    assert TITLE in guest.get("/posts/").content.decode()


def test_post_restored_after_its_scheduled_time_is_a_draft(draft, schedule, alice, guest, later, stored):
    schedule(draft, timezone.now() + timedelta(seconds=61))
    browser = alice.browser()
    browser.post(f"/posts/{draft.id}/delete/")
    later(120)
    browser.post(f"/posts/{draft.id}/undo/")
    guest.get("/posts/")
    assert (stored(draft.id).data["status"], stored(draft.id).data["scheduledAt"]) == ("draft", None)


def test_due_query_returns_only_drafts_with_a_scheduled_time(scheduled, published, alice):
    rows = create_admin_client().db.list_rows("app", "posts", [Query.is_not_null("scheduledAt")]).rows
    assert [row.id for row in rows] == [scheduled.id]
