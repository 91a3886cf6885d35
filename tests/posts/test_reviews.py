"""If only editors can publish, other members write drafts and ask an admin to publish them."""

import json
import zipfile
from io import BytesIO

import html5lib
import pytest
from django.core.cache import cache
from django.core.management import call_command

from accounts import session
from accounts.repositories.address_proof import BY_MAIL, proof_label
from core import errors, rate_limits
from core.appwrite_client import create_admin_client
from posts import new_columns, policy, rows
from posts.covers.images import TextImage
from posts.editing import saving
from posts.repository import PostRepository
from posts.reviews import ReviewRepository
from tests.accounts.test_mail import owner
from tests.conftest import fields, picture
from tests.posts.covers import photo
from tests.posts.test_new import NEW, typed
from tests.posts.test_text_images import added, id_in
from tests.posts.test_text_images import files as images
from tests.site import NOTHING
from tests.test_html import check
from tests.users import Person, words

ID = "abcdefgh27"
EDIT, DETAIL, MINE, QUEUE = f"/posts/{ID}/edit/", f"/posts/{ID}/", "/posts/mine/", "/manage/reviews/"
SCRIPT = {"X-Requested-With": "fetch"}
NOTE = "Skriv litt mer om melken, og rett datoen."


@pytest.fixture(autouse=True)
def only_editors_publish(settings, start_from):
    settings.POSTS_WRITERS = "label:editor"
    start_from("only editors publish", lambda: call_command("setup_appwrite", verbosity=0))


@pytest.fixture
def browser(alice):
    """Return the browser of Alice, who cannot publish."""
    return alice.browser()


@pytest.fixture
def draft(browser):
    """Create a draft through the site, as Alice."""
    browser.post(NEW, typed())
    return PostRepository(create_admin_client()).get(ID)


@pytest.fixture
def asked(draft, browser):
    """Ask for a review of Alice's draft, as Alice."""
    browser.post(f"{DETAIL}review/", {"act": "ask"}, follow=True)
    return draft


def give_label(person: Person, *labels: str) -> None:
    create_admin_client().users.update_labels(person.id, list(labels))
    session.forget_user(person.secret)


def readers(person: Person, *, public: bool = False) -> list[str]:
    return [*(['read("any")'] if public else []), f'read("user:{person.id}")']


def covers() -> list[list[str]]:
    return [file.permissions for file in create_admin_client().storage.list_files("covers").files]


def queue(admin: Person) -> list[str]:
    return [post.id for post in admin.browser().get(QUEUE).context["page"].items]


# -- drafts by people who may not publish ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "write",
    [
        lambda db, person: db.update_row("app", "posts", ID, {"status": "published"}, ['read("any")']),
        lambda db, person: db.update_row("app", "posts", ID, {"reviewAskedAt": "2026-01-01T00:00:00Z"}),
        lambda db, person: db.upsert_row("app", "posts", ID, {"status": "published"}, readers(person)),
        lambda db, person: db.delete_row("app", "posts", ID),
        lambda db, person: db.create_row("app", "posts", "other", {"title": "T"}, readers(person)),
    ],
    ids=["publish", "ask", "upsert", "delete", "create"],
)
def test_author_cannot_publish_or_change_a_draft_over_rest(write, alice, draft, stored):
    before = stored(ID)
    assert before.permissions == readers(alice)
    with pytest.raises((errors.NotAllowedError, errors.NotFoundError)):
        write(alice.appwrite.db, alice)
    assert stored(ID).to_dict() == before.to_dict()


@pytest.mark.parametrize(
    ("path", "form"),
    [
        (NEW, typed("another2345", act="publish")),
        (EDIT, typed(act="publish", state="draft")),
        (EDIT, typed(act="schedule", state="draft", publish_at="2027-01-01T12:00")),
        (f"{DETAIL}publish/", {}),
    ],
    ids=["new", "edit", "schedule", "button"],
)
def test_author_cannot_publish_or_schedule_on_the_site(path, form, browser, draft, stored):
    page = browser.post(path, form)
    assert page.status_code == 403
    assert not form or form["content"] in words(page)
    rows = create_admin_client().db.list_rows("app", "posts").rows
    assert [(row.id, row.data["status"], row.data["scheduledAt"]) for row in rows] == [(ID, "draft", None)]


def test_author_edits_previews_shares_and_exports_the_draft(browser, draft, stored, alice):
    assert browser.post(EDIT, typed(title="Ny tittel", state="draft")).status_code == 302
    version = PostRepository(alice.appwrite).get(ID).stamp
    saved = browser.post(EDIT, typed(title="Nyere", state="draft", act="autosave", version=version), headers=SCRIPT)
    assert (saved.status_code, stored(ID).data["title"], stored(ID).permissions) == (200, "Nyere", readers(alice))
    assert browser.get(DETAIL).status_code == 200
    assert len(browser.get(f"{DETAIL}history/").context["entries"]) == 2
    browser.post(f"{DETAIL}share/", {"act": "create"})
    assert browser.get(f"{DETAIL}share/").context["link"] is not None
    archive = zipfile.ZipFile(BytesIO(browser.post("/auth/account/export/").content))
    assert [post["title"] for post in json.loads(archive.read("posts.json"))] == ["Nyere"]


def test_two_saves_of_an_old_version_are_a_conflict(browser, draft):
    browser.post(EDIT, typed(title="Ny tittel", state="draft"))
    older = typed(title="Eldre", state="draft", version=draft.stamp, form_key="another")
    assert browser.post(EDIT, older).status_code == 409


def test_only_the_drafts_readers_can_read_its_cover_and_images(browser, alice, guest, stored):
    markup = added(browser, ID)
    browser.post(NEW, {**typed(content=f"Se: {markup}", cover_alt="Rødt"), "cover": photo()})
    assert [*covers(), images()[id_in(markup)]] == [readers(alice)] * 2
    assert browser.get(f"/posts/image/{id_in(markup)}/").status_code == 200
    assert guest.get(f"/posts/image/{id_in(markup)}/").status_code == 404
    browser.post(f"{DETAIL}delete/")
    assert covers() == []
    browser.post(f"{DETAIL}undo/")
    assert (stored(ID).permissions, *covers()) == (readers(alice), readers(alice))


def test_other_members_cannot_see_or_change_the_draft(bob, draft, browser):
    markup = added(browser, ID)
    for path in (DETAIL, EDIT, f"/posts/image/{id_in(markup)}/"):
        assert bob.browser().get(path).status_code == 404
    assert bob.browser().post(EDIT, typed(title="Bobs")).status_code == 404


def test_person_who_cannot_publish_has_a_limited_number_of_drafts(browser, draft, monkeypatch):
    monkeypatch.setattr(saving, "MAX_RESTRICTED_DRAFTS", 1)
    page = browser.post(NEW, typed("another2345", title="Den andre"))
    assert (page.status_code, page.context["form"].text) == (403, "Det er **kaffe** igjen.")
    assert "1 utkast" in words(page)
    # She can still save her first draft.
    assert browser.post(NEW, typed(title="Ny tittel")).status_code == 302


def test_writes_with_the_api_key_are_limited(browser, draft, monkeypatch):
    monkeypatch.setattr(rate_limits, "RESTRICTED_WRITES", rate_limits.Limit("restricted-writes", 1, 60))
    assert browser.post(EDIT, typed(title="Ny tittel", state="draft")).status_code == 429


@pytest.mark.parametrize(
    ("limit", "path", "form"),
    [("RESTRICTED_WRITES", "delete", {}), ("REVIEWS", "review", {"act": "ask"})],
)
@pytest.mark.parametrize(
    ("language", "sentences"),
    [("", ("Prøv igjen om", "Ingenting er endret.")), ("/en", ("Try again in", "Nothing has been changed."))],
)
def test_button_above_a_rate_limit_says_when_to_try_again(
    limit, path, form, language, sentences, browser, asked, monkeypatch, caplog, stored
):
    before = stored(ID).to_dict()
    monkeypatch.setattr(rate_limits, limit, rate_limits.Limit(getattr(rate_limits, limit).name, 1, 60))
    page = browser.post(f"{language}{DETAIL}{path}/", form)
    assert page.status_code == 429
    assert 0 < int(page["Retry-After"]) <= 61
    assert all(sentence in words(page) for sentence in sentences)
    assert stored(ID).to_dict() == before
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_blocked_author_cannot_save_while_the_site_remembers_the_session(browser, draft, alice, stored):
    browser.get(MINE)
    create_admin_client().users.update_status(alice.id, False)
    assert browser.post(EDIT, typed(title="Ny tittel", state="draft")).status_code == 403
    assert stored(ID).data["title"] == draft.title


def test_deleting_the_account_deletes_the_drafts(browser, alice, draft):
    added(browser, ID)
    browser.post("/auth/account/delete/", {"email": alice.email, "posts": "delete"})
    assert create_admin_client().db.list_rows("app", "posts").total == 0
    assert images() == {}


# -- people who gain or lose the right to publish ----------------------------------------------------------------------
def test_new_editors_next_save_lifts_the_drafts_restrictions(alice, browser, stored):
    browser.post(NEW, {**typed(act="ask", cover_alt="Rødt"), "cover": photo()})
    give_label(alice, "editor")
    saved = PostRepository(alice.appwrite).get(ID)
    form = typed(title="Ny", state="draft", cover_id=saved.cover_id, cover_alt="Rødt", version=saved.stamp)
    assert browser.post(EDIT, form).status_code == 302
    permissions = policy.row_permissions(alice.id, published=False)
    assert [stored(ID).permissions, *covers()] == [permissions, permissions]
    assert stored(ID).data["reviewAskedAt"] is None
    assert browser.post(f"{DETAIL}publish/").status_code == 302
    assert stored(ID).permissions == policy.row_permissions(alice.id, published=True)


def test_queue_no_longer_counts_a_draft_whose_author_may_now_publish(alice, browser, ingrid):
    for post_id in (ID, "another2345"):
        browser.post(NEW, typed(post_id, act="ask"))
    browser.post(f"{DETAIL}delete/")
    give_label(alice, "editor")
    browser.post(f"{DETAIL}undo/")
    call_command("setup_appwrite", verbosity=0)
    assert ingrid.browser().get(QUEUE).context["page"].total == 0


def test_person_who_is_no_longer_an_editor_keeps_the_draft_but_cannot_publish_it(alice, browser, stored):
    give_label(alice, "editor")
    browser.post(NEW, typed())
    give_label(alice)
    assert browser.post(f"{DETAIL}publish/").status_code == 403
    assert browser.post(EDIT, typed(act="ask", state="draft")).status_code == 302
    assert (stored(ID).permissions, bool(stored(ID).data["reviewAskedAt"])) == (readers(alice), True)


def test_setup_makes_a_row_without_an_owner_unchangeable(alice, guest):
    give_label(alice, "editor")
    row = {"title": "T", "content": "C", "authorId": alice.id, "createdAt": "2026-01-01T00:00:00Z"}
    alice.appwrite.db.create_row("app", "posts", "prepared", row, [*readers(alice), 'update("users")'])
    give_label(alice)
    call_command("setup_appwrite", verbosity=0)
    published = {"status": "published", "publishedAt": "2026-01-01T00:00:00Z"}
    with pytest.raises((errors.NotAllowedError, errors.NotFoundError)):
        alice.appwrite.db.update_row("app", "posts", "prepared", published, readers(alice, public=True))
    assert guest.get("/posts/prepared/").status_code == 404


def test_setup_restricts_the_posts_of_people_who_may_no_longer_publish(settings, alice, bob, stored, capsys):
    settings.POSTS_WRITERS = "users"
    posts = PostRepository(create_admin_client())
    image = posts.files.add_image("aliceimage", alice.id, TextImage(picture(), 960, 640))
    posts.create("aliceimage", alice.user, fields(content=f"![]({image.url})"), publish=True)
    covered = posts.create("alicedraft", alice.user, fields(cover=picture(), cover_alt="Rødt"))
    posts.create("bobsdraft1", bob.user, fields())
    give_label(bob, "editor")
    settings.POSTS_WRITERS = "label:editor"
    call_command("setup_appwrite")
    assert "Corrected the permissions of 2 posts" in capsys.readouterr().out
    assert [stored("aliceimage").permissions, images()[image.id]] == [readers(alice, public=True)] * 2
    assert [stored(covered.id).permissions, *covers()] == [readers(alice)] * 2
    assert stored("bobsdraft1").permissions == policy.row_permissions(bob.id, published=False)
    settings.POSTS_WRITERS = "users"
    call_command("setup_appwrite", verbosity=0)
    assert stored("aliceimage").permissions == policy.row_permissions(alice.id, published=True)
    assert covers() == [policy.row_permissions(alice.id, published=False)]


# -- publishing --------------------------------------------------------------------------------------------------------
def publish(admin: Person) -> None:
    """Publish the draft as an admin, and confirm that it is someone else's."""
    assert admin.browser().post(f"{DETAIL}publish/", {"confirmed": "alice"}).status_code == 302


def test_draft_that_changed_while_an_admin_read_it_is_not_published(asked, browser, ingrid, stored):
    seen = {"confirmed": "alice", "version": PostRepository(ingrid.appwrite).get(ID).stamp}
    browser.post(EDIT, typed(content="Noe annet", state="draft"))
    page = ingrid.browser().post(f"{DETAIL}publish/", seen, follow=True)
    assert (stored(ID).data["status"], page.redirect_chain) == ("draft", [(DETAIL, 302)])
    assert "Noe annet" in words(page)


def test_draft_that_changes_at_the_moment_of_publishing_is_not_published(asked, browser, ingrid, stored, monkeypatch):
    publish_row = PostRepository.publish

    def slowly(repository, post, *arguments, **named):
        browser.post(EDIT, typed(content="Noe annet", state="draft"))
        return publish_row(repository, post, *arguments, **named)

    monkeypatch.setattr(PostRepository, "publish", slowly)
    page = ingrid.browser().post(f"{DETAIL}publish/", {"confirmed": "alice"}, follow=True)
    assert (stored(ID).data["status"], page.redirect_chain) == ("draft", [(DETAIL, 302)])
    assert "Noe annet" in words(page)


@pytest.mark.parametrize("act", ["ask", "send_back"])
def test_draft_published_during_a_review_request_or_answer_keeps_no_review_data(
    act, asked, browser, ingrid, stored, monkeypatch
):
    if act == "ask":
        browser.post(f"{DETAIL}review/", {"act": "withdraw"})
    write = getattr(ReviewRepository, act)

    def slowly(repository, *arguments):
        publish(ingrid)
        return write(repository, *arguments)

    monkeypatch.setattr(ReviewRepository, act, slowly)
    if act == "ask":
        answer = browser.post(f"{DETAIL}review/", {"act": "ask"})
    else:
        answer = ingrid.browser().post(f"{QUEUE}{ID}/", {"note": NOTE})
    assert answer.status_code == 409
    assert (stored(ID).data["status"], stored(ID).data["reviewNote"]) == ("published", None)
    assert stored(ID).data["reviewAskedAt"] is None


def test_draft_saved_while_an_admin_sends_it_back_is_sent_back(asked, browser, ingrid, stored, monkeypatch):
    send_back = ReviewRepository.send_back

    def slowly(repository, *arguments):
        browser.post(EDIT, typed(content="Noe annet", state="draft"))
        return send_back(repository, *arguments)

    monkeypatch.setattr(ReviewRepository, "send_back", slowly)
    assert ingrid.browser().post(f"{QUEUE}{ID}/", {"note": NOTE})["Location"] == QUEUE
    assert (stored(ID).data["content"], stored(ID).data["reviewNote"]) == ("Noe annet", NOTE)


def test_note_is_shown_again_if_the_draft_could_not_be_sent_back(asked, ingrid, settings):
    admin = ingrid.browser()
    admin.get(f"{QUEUE}{ID}/")
    settings.APPWRITE_ENDPOINT = NOTHING
    answer = admin.post(f"{QUEUE}{ID}/", {"note": NOTE})
    assert answer.status_code == 503
    assert NOTE in answer.content.decode()


def test_note_is_shown_again_if_the_draft_has_been_deleted(asked, browser, ingrid):
    admin = ingrid.browser()
    admin.get(f"{QUEUE}{ID}/")
    browser.post(f"{DETAIL}delete/", follow=True)
    answer = admin.post(f"{QUEUE}{ID}/", {"note": NOTE})
    assert answer.status_code == 404
    assert NOTE in answer.content.decode()


def test_author_can_unpublish_but_not_change_a_published_post(asked, alice, ingrid, browser, guest, stored):
    publish(ingrid)
    assert guest.get(DETAIL).status_code == 200
    assert stored(ID).permissions == readers(alice, public=True)
    assert stored(ID).data["reviewAskedAt"] is None
    with pytest.raises(errors.NotAllowedError):
        alice.appwrite.db.update_row("app", "posts", ID, {"content": "Noe annet"})
    page = browser.post(EDIT, typed(content="Noe annet", state="published"))
    assert (page.status_code, page.context["form"].text) == (403, "Noe annet")
    assert "Det er" in guest.get(DETAIL).content.decode()
    assert browser.post(EDIT, typed(content="Noe annet", state="published", act="unpublish")).status_code == 302
    assert (stored(ID).data["content"], stored(ID).permissions) == ("Noe annet", readers(alice))
    assert guest.get(DETAIL).status_code == 404


def test_author_unpublishes_and_deletes_a_published_post(asked, ingrid, alice, browser, stored):
    publish(ingrid)
    browser.post(f"{DETAIL}unpublish/")
    assert (stored(ID).data["status"], stored(ID).permissions) == ("draft", readers(alice))
    publish(ingrid)
    browser.post(f"{DETAIL}delete/")
    browser.post(f"{DETAIL}undo/")
    assert stored(ID).permissions == readers(alice, public=True)


# -- asking for a review -----------------------------------------------------------------------------------------------
def test_draft_can_be_saved_and_submitted_for_review_in_one_step(browser, ingrid, caplog):
    caplog.set_level("INFO", logger="audit")
    assert browser.post(NEW, typed(act="ask"))["Location"] == DETAIL
    page = ingrid.browser().get(QUEUE)
    assert [(post.id, post.author_name) for post in page.context["page"].items] == [(ID, "Alice")]
    assert "Til gjennomlesning 1" in words(ingrid.browser().get("/manage/"))
    assert f"user=alice act=ask_review post={ID}" in caplog.text
    assert ingrid.browser().get(EDIT).status_code == 200


def test_author_withdraws_the_request(asked, browser, ingrid):
    assert queue(ingrid) == [ID]
    assert browser.post(f"{DETAIL}review/", {"act": "withdraw", "next": MINE})["Location"] == MINE
    assert queue(ingrid) == []


def test_second_review_request_keeps_the_place_in_the_queue(asked, browser, stored):
    before = stored(ID).data["reviewAskedAt"]
    browser.post(f"{DETAIL}review/", {"act": "ask"})
    assert stored(ID).data["reviewAskedAt"] == before


def test_editors_and_other_members_cannot_request_a_review_or_open_the_queue(draft, bob, ingrid):
    give_label(bob, "editor")
    assert bob.browser().get(QUEUE).status_code == 403
    assert bob.browser().post(f"{DETAIL}review/", {"act": "ask"}).status_code == 404
    assert ingrid.browser().post(f"{DETAIL}review/", {"act": "ask"}).status_code == 403


def test_editors_cannot_put_their_own_drafts_into_the_queue(bob, ingrid):
    give_label(bob, "editor")
    row = {"title": "T", "content": "C", "authorId": bob.id, "createdAt": "2026-01-01T00:00:00Z"}
    bob.appwrite.db.create_row("app", "posts", "forged", {**row, "reviewAskedAt": "2026-01-01T00:00:00Z"})
    assert queue(ingrid) == []


@pytest.mark.parametrize(("prefix", "label"), [("", "Til gjennomlesning"), ("/en", "In review")])
def test_admins_list_can_be_filtered_by_drafts_in_review(prefix, label, asked, browser, bob, ingrid):
    browser.post(NEW, typed("another2345", title="Ikke ferdig"))
    posts = PostRepository(create_admin_client())
    posts.create("bobspost01", bob.user, fields(title="Bobs innlegg"), publish=True)
    admin = ingrid.browser()
    everything = admin.get(f"{prefix}/manage/")
    counts = [(link.label, link.count) for link in everything.context["statuses"]]
    assert [count for _, count in counts] == [3, 2, 1, 0, 1]
    assert counts[2][0] == label
    filtered = admin.get(f"{prefix}/manage/?status=review")
    assert [(link.label, link.count) for link in filtered.context["statuses"]] == counts
    assert [post.id for post in filtered.context["page"].items] == [ID]
    assert f'<span class="chip state wait">{label}</span>' in filtered.content.decode()
    assert filtered.content.decode().count(f'href="{prefix}{QUEUE}{ID}/"') == 1  # the link to send the draft back
    assert everything.content.decode().count(f'href="{prefix}{QUEUE}') == 2  # the same link, and the tab of the queue
    assert [post.id for post in admin.get("/manage/?status=review&q=kaffe").context["page"].items] == [ID]
    elsewhere = admin.get("/manage/?status=review&campus=bergen")
    assert (elsewhere.context["page"].items, elsewhere.status_code) == ([], 200)
    check(filtered.content.decode(), prefix[1:] or "nb")


def test_confirmation_page_says_that_a_selected_draft_is_in_review(asked, ingrid):
    version = PostRepository(ingrid.appwrite).get(ID).stamp
    page = ingrid.browser().post("/manage/bulk/", {"act": "publish", "posts": [f"{ID} {version}"]})
    assert "Til gjennomlesning" in words(page)


def test_rows_forged_by_editors_do_not_hide_the_drafts_in_the_queue(asked, bob, ingrid, monkeypatch):
    monkeypatch.setattr(rows, "MAX_BY_AUTHOR", 5)
    give_label(bob, "editor")
    row = {"title": "T", "content": "C", "authorId": bob.id, "createdAt": "2026-01-01T00:00:00Z"}
    for number in range(11):
        forged = {**row, "reviewAskedAt": "2026-01-01T00:00:00Z"}
        bob.appwrite.db.create_row("app", "posts", f"forged{number}", forged)
    page = ingrid.browser().get(QUEUE).context["page"]
    assert ([post.id for post in page.items], page.total) == ([ID], 1)
    assert "Til gjennomlesning 1" in words(ingrid.browser().get("/manage/"))


def test_forged_drafts_do_not_count_towards_the_named_authors_limit(browser, alice, bob, monkeypatch):
    monkeypatch.setattr(saving, "MAX_RESTRICTED_DRAFTS", 2)
    give_label(bob, "editor")
    row = {"title": "T", "content": "C", "authorId": alice.id, "createdAt": "2026-01-01T00:00:00Z"}
    for number in range(3):
        bob.appwrite.db.create_row(
            "app", "posts", f"forged{number}", row, ['read("users")', f'update("user:{bob.id}")']
        )
    assert browser.post(NEW, typed()).status_code == 302
    assert browser.post(NEW, typed("another2345")).status_code == 302
    assert browser.post(NEW, typed("third678910")).status_code == 403


def test_requested_review_is_shown_in_my_posts_the_form_and_the_draft(asked, browser):
    for path in (MINE, EDIT, DETAIL):
        page = browser.get(path)
        assert "gjennomlesning" in words(page)
        assert 'value="ask"' not in page.content.decode()
        assert 'value="publish"' not in page.content.decode()
        check(page.content.decode(), "nb")


def test_form_lets_a_person_who_cannot_publish_request_a_review(draft, browser):
    for path in (f"{NEW}?post={browser.get(NEW)['Location'].partition('=')[2]}", EDIT, MINE, DETAIL):
        page = browser.get(path).content.decode()
        assert 'value="ask"' in page
        assert "/publish/" not in page
        assert 'value="schedule"' not in page
        check(page, "nb")


# -- e-mails to admins -------------------------------------------------------------------------------------------------
ASK, WITHDRAW = {"act": "ask"}, {"act": "withdraw"}


def mails(appwrite) -> list[tuple[str, str]]:
    """Return the recipient and the subject of each e-mail, oldest first."""
    return [(mail["to"], mail["subject"]) for mail in reversed(appwrite.inbox.mails())]


@pytest.mark.parametrize(
    ("language", "subject", "sentence"),
    [
        ("nb", "Et utkast venter på gjennomlesning: Kaffe på lesesalen", "Alice har skrevet utkastet"),
        ("en", "A draft is waiting for a review: Kaffe på lesesalen", "Alice has written the draft"),
    ],
)
def test_admins_get_an_e_mail_in_their_language(language, subject, sentence, draft, browser, ingrid, appwrite):
    ingrid.browser().post("/auth/account/language/", {"language": language})
    browser.post(f"{DETAIL}review/", ASK)
    [mail] = appwrite.inbox.mails()
    assert (mail["to"], mail["subject"]) == ("ingrid@example.com", subject)
    assert sentence in mail["text"]
    assert DETAIL in mail["text"]
    assert QUEUE in mail["text"]
    html5lib.HTMLParser(strict=True).parse(mail["html"])


def test_saving_and_requesting_a_review_in_one_step_sends_the_e_mail(browser, appwrite):
    browser.post(NEW, typed(act="ask"))
    assert [to for to, _ in mails(appwrite)] == ["ingrid@example.com"]


def test_only_admins_who_may_be_e_mailed_get_the_e_mail(draft, browser, bob, mallory, ingrid, appwrite):
    users = create_admin_client().users
    users.update_labels(mallory.id, ["admin"])  # a blocked admin
    give_label(bob, "editor")
    users.create("invited", "invited@example.com")
    users.update_labels("invited", ["admin"])  # an admin who has never signed in
    users.create("second", "second@example.com")
    users.update_labels("second", ["admin", proof_label(BY_MAIL, "second@example.com")])
    browser.post(f"{DETAIL}review/", ASK)
    assert {to for to, _ in mails(appwrite)} == {"ingrid@example.com", "second@example.com"}


def test_repeated_review_requests_cause_one_e_mail(draft, browser, appwrite):
    for _ in range(3):
        browser.post(f"{DETAIL}review/", ASK)
        browser.post(f"{DETAIL}review/", ASK)  # the request is already waiting
        browser.post(f"{DETAIL}review/", WITHDRAW)
    assert len(mails(appwrite)) == 1


def test_admins_get_an_e_mail_when_the_author_responds_to_their_note(asked, browser, ingrid, appwrite):
    ingrid.browser().post(f"{QUEUE}{ID}/", {"note": NOTE})
    browser.post(EDIT, typed(title="Ny tittel", state="draft", act="ask"))
    assert [to for to, _ in mails(appwrite)] == ["ingrid@example.com", "alice@example.com", "ingrid@example.com"]
    assert mails(appwrite)[-1][1] == "Et utkast venter på gjennomlesning: Ny tittel"


@pytest.mark.parametrize("limit", ["REVIEW_MAILS", "REVIEW_MAILS_IN_ALL"])
def test_e_mails_to_admins_are_limited_and_requests_still_work(limit, browser, ingrid, appwrite, monkeypatch):
    monkeypatch.setattr(rate_limits, limit, rate_limits.Limit("few-mails", 1, 3600))
    for post_id in (ID, "another2345"):
        assert browser.post(NEW, typed(post_id, act="ask")).status_code == 302
    assert len(mails(appwrite)) == 1
    assert len(queue(ingrid)) == 2


@pytest.mark.parametrize("fault", ["no provider", "failing mail", "failing list"])
def test_request_succeeds_even_if_the_e_mail_fails(fault, draft, browser, ingrid, appwrite, caplog):
    if fault == "no provider":
        owner().messaging.delete_provider("local")
        cache.clear()
    else:
        appwrite.faults.add("messaging.createEmail" if fault == "failing mail" else "users.list", status=500)
    assert browser.post(f"{DETAIL}review/", ASK).status_code == 302
    appwrite.faults.clear()
    assert (queue(ingrid), mails(appwrite)) == ([ID], [])
    if fault != "no provider":
        assert f"Not all admins get an e-mail about the request for a review of post {ID}" in caplog.text


def test_request_succeeds_if_no_admin_may_be_e_mailed(draft, browser, ingrid, appwrite, caplog):
    create_admin_client().users.update_status(ingrid.id, False)
    assert browser.post(f"{DETAIL}review/", ASK).status_code == 302
    assert mails(appwrite) == []
    assert "A task after a response failed" not in caplog.text


def test_e_mails_to_admins_are_deleted_with_the_authors_account(asked, browser, alice, appwrite):
    messages = create_admin_client().messaging
    assert len(messages.list_messages().messages) == 1
    browser.post("/auth/account/delete/", {"email": alice.email, "posts": "delete"})
    assert messages.list_messages().messages == []


# -- the admins' answer ------------------------------------------------------------------------------------------------
def test_author_receives_the_note_when_an_admin_sends_the_draft_back(asked, browser, ingrid, appwrite, caplog):
    caplog.set_level("INFO", logger="audit")
    admin = ingrid.browser()
    page = admin.post(f"{QUEUE}{ID}/", {"note": "  "})
    assert page.context["form"].errors["note"]
    check(page.content.decode(), "nb")
    assert admin.post(f"{QUEUE}{ID}/", {"note": NOTE})["Location"] == QUEUE
    assert queue(ingrid) == []
    assert f"user={ingrid.id} act=send_back post={ID} author=alice" in caplog.text
    [mail] = appwrite.inbox.mails("alice@example.com")
    assert mail["subject"] == "Utkastet ditt er sendt tilbake: Kaffe på lesesalen"
    assert NOTE in mail["text"]
    for path in (MINE, EDIT, DETAIL):
        page = browser.get(path)
        assert NOTE in words(page)
        check(page.content.decode(), "nb")
    browser.post(f"{DETAIL}review/", {"act": "ask"})
    assert NOTE not in words(browser.get(MINE))
    assert queue(ingrid) == [ID]


def test_draft_that_is_no_longer_waiting_cannot_be_sent_back(draft, ingrid, stored):
    assert ingrid.browser().post(f"{QUEUE}{ID}/", {"note": NOTE})["Location"] == QUEUE
    assert stored(ID).data["reviewNote"] is None


def test_queue_pages_are_valid(asked, ingrid, browser):
    admin = ingrid.browser()
    for path in (QUEUE, f"{QUEUE}{ID}/", "/manage/", EDIT, DETAIL):
        check(admin.get(path).content.decode(), "nb")
    browser.post(f"{DETAIL}review/", {"act": "withdraw"})
    check(admin.get(QUEUE).content.decode(), "nb")


def test_form_does_not_let_admins_schedule_a_draft_that_its_author_can_still_change(asked, ingrid, alice):
    assert 'value="schedule"' not in ingrid.browser().get(EDIT).content.decode()
    give_label(alice, "editor")
    alice.browser().post(EDIT, typed(title="Ny tittel", state="draft"))
    assert 'value="schedule"' in ingrid.browser().get(EDIT).content.decode()


# -- older projects, and sites where every member may publish ----------------------------------------------------------
def test_request_in_a_project_without_the_columns_keeps_the_draft_and_shows_the_reason(browser, ingrid, stored):
    db = create_admin_client().db
    db.delete_index("app", "posts", "by_status_review")
    for key in ("reviewAskedAt", "reviewNote"):
        db.delete_column("app", "posts", key)
    page = browser.post(NEW, typed(act="ask"))
    assert (page.status_code, stored(ID).data["title"]) == (503, "Kaffe på lesesalen")
    assert "setup_appwrite" in words(page)
    assert browser.get(MINE).status_code == 200
    page = ingrid.browser().get(QUEUE)
    assert "setup_appwrite" in words(page)
    check(page.content.decode(), "nb")
    new_columns.forget_missing()


def test_reviews_are_hidden_if_every_member_may_publish(settings, asked, browser, ingrid):
    settings.POSTS_WRITERS = "users"
    for path in (MINE, EDIT, DETAIL):
        assert "gjennomlesning" not in words(browser.get(path))
    assert ingrid.browser().get(QUEUE).status_code == 404
    assert ingrid.browser().get(f"{QUEUE}{ID}/").status_code == 404
    assert "gjennomlesning" not in words(ingrid.browser().get("/manage/"))
    assert ingrid.browser().get("/manage/?status=review").status_code == 404
    assert browser.post(f"{DETAIL}review/", {"act": "ask"}).status_code == 403
    assert browser.post(f"{DETAIL}publish/").status_code == 302


# -- people who get or lose the label ----------------------------------------------------------------------------------
LABELS = "/manage/people/alice/labels/"


@pytest.fixture
def editors_draft(alice, ingrid):
    """Create a draft by Alice while she has the editors' label, assigned on the people page."""
    ingrid.browser().post(LABELS, {"labels": ["editor"]})
    session.forget_user(alice.secret)
    alice.browser().post(NEW, {**typed(), "cover": photo(), "cover_alt": "Rød"})
    return PostRepository(create_admin_client()).get(ID)


def publish_over_rest(person: Person) -> None:
    person.appwrite.db.update_row("app", "posts", ID, {"status": "published"}, readers(person, public=True))


def test_person_who_loses_the_label_cannot_publish_older_drafts_over_rest(editors_draft, alice, ingrid):
    assert not editors_draft.is_restricted
    ingrid.browser().post(LABELS, {})
    assert PostRepository(create_admin_client()).get(ID).is_restricted
    assert covers() == [readers(alice)]
    with pytest.raises(errors.SiteError):
        publish_over_rest(alice)


def test_person_who_loses_the_label_cannot_publish_a_prepared_row(editors_draft, alice, ingrid):
    """A row without a valid author is not a post, but its owner could turn it into one."""
    alice.appwrite.db.update_row("app", "posts", ID, {"authorId": "nobody"})
    ingrid.browser().post(LABELS, {})
    with pytest.raises(errors.SiteError):
        alice.appwrite.db.update_row("app", "posts", ID, {"authorId": "alice", "status": "published"})


def test_person_who_gets_the_label_again_can_change_their_drafts(editors_draft, alice, ingrid):
    ingrid.browser().post(LABELS, {})
    ingrid.browser().post(LABELS, {"labels": ["editor"]})
    publish_over_rest(alice)


def test_losing_the_label_does_not_change_other_peoples_posts(editors_draft, bob, ingrid, stored):
    ingrid.browser().post("/manage/people/bob/labels/", {"labels": ["editor"]})
    permissions = stored(ID).permissions
    ingrid.browser().post("/manage/people/bob/labels/", {})
    assert stored(ID).permissions == permissions


def test_admin_is_asked_to_save_the_roles_again_if_the_drafts_cannot_be_read(editors_draft, alice, ingrid, monkeypatch):
    def fail(*_: object) -> None:
        raise errors.UnavailableError

    with monkeypatch.context() as patch:
        patch.setattr(PostRepository, "rows_after", fail)
        page = ingrid.browser().post(LABELS, {}, follow=True)
    assert "warning" in {message.level_tag for message in page.context["messages"]}
    assert not PostRepository(create_admin_client()).get(ID).is_restricted
    ingrid.browser().post(LABELS, {})
    assert PostRepository(create_admin_client()).get(ID).is_restricted
