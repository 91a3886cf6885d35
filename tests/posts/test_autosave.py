"""Autosave requests from the form's script. They save drafts, but not published posts, and return errors as JSON."""

import pytest

from core import rate_limits
from core.appwrite_client import create_admin_client
from posts.repository import PostRepository
from tests.conftest import fields
from tests.count_calls import count_calls
from tests.posts.test_conflict import open_form
from tests.posts.test_new import NEW, typed
from tests.site import NOTHING

SCRIPT = {"X-Requested-With": "fetch"}


def autosave(browser, action, form, **changes):
    return browser.post(action, {**form, "act": "autosave", **changes}, headers=SCRIPT)


def updated_form(form, answer):
    """Return the form's data after the script has applied the response to it."""
    return {**form, **{name: answer.json()[name] for name in ("version", "state")}}


def test_draft_can_be_autosaved_repeatedly(alice, draft, stored):
    browser, action = alice.browser(), f"/posts/{draft.id}/edit/"
    form = open_form(browser, draft)
    for text in ("En", "En og to", "En og to og tre"):
        answer = autosave(browser, action, form, content=text)
        assert answer.status_code == 200
        assert answer.json()["said"].startswith("Lagret kl.")
        assert stored(draft.id).data["content"] == text
        form = updated_form(form, answer)
    assert stored(draft.id).data["status"] == "draft"


def test_form_of_an_autosaved_new_post_saves_to_the_same_draft(alice, stored):
    browser = alice.browser()
    form = typed()
    answer = autosave(browser, NEW, form)
    assert answer.json()["action"] == "/posts/abcdefgh27/edit/"
    assert answer.json()["state"] == "draft"
    again = autosave(browser, answer.json()["action"], updated_form(form, answer), content="Mer")
    assert again.status_code == 200
    assert stored("abcdefgh27").data["content"] == "Mer"


def test_new_post_with_a_lost_response_is_not_created_twice(alice, stored):
    browser = alice.browser()
    autosave(browser, NEW, typed())
    assert autosave(browser, NEW, typed(), content="Mer").status_code == 200
    assert stored("abcdefgh27").data["content"] == "Mer"
    assert len(browser.get("/posts/mine/").context["page"].items) == 1


def test_autosave_leaves_no_message_for_the_next_page(alice, draft):
    browser = alice.browser()
    autosave(browser, f"/posts/{draft.id}/edit/", open_form(browser, draft), content="En")
    assert list(browser.get("/posts/mine/").context["messages"]) == []


def test_saving_after_an_autosave_causes_no_conflict(alice, draft, stored):
    browser, action = alice.browser(), f"/posts/{draft.id}/edit/"
    form = open_form(browser, draft)
    autosave(browser, action, form, content="En")  # ignore the response, so that the form has an old version
    assert browser.post(action, {**form, "content": "To"}).status_code == 302
    assert stored(draft.id).data["content"] == "To"


def test_published_post_is_never_autosaved(alice, published, stored):
    browser = alice.browser()
    answer = autosave(browser, f"/posts/{published.id}/edit/", open_form(browser, published), content="Halvferdig")
    assert answer.status_code == 409
    assert "publisert" in answer.json()["said"]
    assert stored(published.id).data["content"] == published.content


def test_post_published_during_an_autosave_is_not_overwritten(alice, draft, stored, monkeypatch):
    browser = alice.browser()
    form = open_form(browser, draft)
    update = PostRepository.update

    def late(repository, post, *arguments, **named):
        PostRepository(alice.appwrite).publish(post)
        return update(repository, post, *arguments, **named)

    monkeypatch.setattr(PostRepository, "update", late)
    answer = autosave(browser, f"/posts/{draft.id}/edit/", form, content="Halvferdig")
    assert answer.status_code == 409
    assert stored(draft.id).data["content"] == draft.content


def test_empty_form_does_not_overwrite_the_post_saved_from_it(alice, stored):
    browser = alice.browser()
    browser.post(NEW, typed(act="publish"))
    assert autosave(browser, NEW, typed(), content="Halvferdig").status_code == 409
    assert stored("abcdefgh27").data["content"] == "Det er **kaffe** igjen."


def test_autosave_stops_at_a_conflict_and_links_to_both_versions(alice, draft, stored):
    browser, action = alice.browser(), f"/posts/{draft.id}/edit/"
    form = open_form(browser, draft)
    PostRepository(alice.appwrite).update(draft, fields(content="Det er saft."))
    answer = autosave(browser, action, form, content="En")
    assert (answer.status_code, answer.json()["way"]) == (409, "Vis begge versjonene")
    assert stored(draft.id).data["content"] == "Det er saft."
    # The button that shows both versions submits the form as a browser without scripts does.
    assert browser.post(action, {**form, "content": "En", "act": "save"}).context["parts"]


def test_deleted_post_can_be_saved_as_a_new_one(alice, draft):
    browser = alice.browser()
    form = open_form(browser, draft)
    PostRepository(alice.appwrite).delete(draft)
    answer = autosave(browser, f"/posts/{draft.id}/edit/", form, content="En")
    assert (answer.status_code, answer.json()["way"]) == (404, "Lagre som nytt innlegg")


def test_autosave_reports_an_ended_session(alice, draft):
    browser = alice.browser()
    form = open_form(browser, draft)
    alice.end_session()
    answer = autosave(browser, f"/posts/{draft.id}/edit/", form, content="En")
    assert (answer.status_code, answer.json()["signedOut"]) == (403, True)
    assert answer.json()["said"] == "Du ble logget ut. Teksten din er fortsatt her."


def test_autosave_reports_an_outage(alice, draft, settings):
    browser = alice.browser()
    form = open_form(browser, draft)
    settings.APPWRITE_ENDPOINT = NOTHING
    answer = autosave(browser, f"/posts/{draft.id}/edit/", form, content="En")
    assert answer.status_code == 503
    assert answer.json()["said"].startswith("Vi får ikke kontakt")


@pytest.mark.parametrize(
    ("wrong", "sentence"), [({"title": ""}, "Gi innlegget en tittel."), ({"excerpt": "x" * 301}, "301")]
)
def test_autosave_shows_errors_at_their_fields(wrong, sentence, alice, draft, stored):
    browser = alice.browser()
    answer = autosave(browser, f"/posts/{draft.id}/edit/", open_form(browser, draft), **wrong)
    assert answer.status_code == 400
    assert sentence in answer.json()["said"]


def test_autosaves_are_rate_limited(alice, draft, monkeypatch):
    monkeypatch.setattr(rate_limits, "AUTOSAVES", rate_limits.Limit("autosaves", 2, 60))
    browser, action = alice.browser(), f"/posts/{draft.id}/edit/"
    form = open_form(browser, draft)
    got = []
    with count_calls() as sent_calls:
        for number in range(5):
            got.append(autosave(browser, action, form, content=f"Nummer {number}").status_code)
    assert got == [200, 200, 429, 429, 429]
    assert len(sent_calls) == 4
    # Saving with the button is not rate limited.
    assert browser.post(action, {**form, "content": "Ferdig"}).status_code == 302


@pytest.mark.parametrize(("text", "calls"), [("Mer", 2), ("Det er **kaffe** igjen.", 1)])
def test_autosave_makes_two_calls_or_one_if_nothing_has_changed(text, calls, alice, draft):
    browser = alice.browser()
    form = open_form(browser, draft)
    with count_calls() as sent_calls:
        autosave(browser, f"/posts/{draft.id}/edit/", form, content=text)
    assert len(sent_calls) == calls, sent_calls


def test_autosave_does_not_remove_the_cover(alice, covered, stored):
    post = covered(publish=False)
    browser = alice.browser()
    form = open_form(browser, post)
    with count_calls() as sent_calls:
        answer = autosave(browser, f"/posts/{post.id}/edit/", form, content="Mer", remove_cover="on", cover_alt="Nytt")
    assert answer.status_code == 200
    assert len(sent_calls) == 2, sent_calls
    assert stored(post.id).data["coverId"] == post.cover_id


def test_stranger_cannot_see_or_change_a_draft(bob, draft, stored):
    answer = autosave(bob.browser(), f"/posts/{draft.id}/edit/", typed(draft.id), content="Bobs")
    assert answer.status_code == 404
    assert stored(draft.id).data["content"] == draft.content


def test_form_from_another_origin_is_rejected(alice, draft, stored):
    browser = alice.browser(enforce_csrf_checks=True)
    assert autosave(browser, f"/posts/{draft.id}/edit/", typed(draft.id), content="x").status_code == 403
    assert stored(draft.id).data["content"] == draft.content


# Buttons pressed while the page's script runs.
def test_script_saves_a_draft_without_leaving_the_page(alice, draft, stored):
    browser = alice.browser()
    form = open_form(browser, draft)
    answer = browser.post(f"/posts/{draft.id}/edit/", {**form, "title": "Ny tittel"}, headers=SCRIPT)
    assert "location" not in answer.json()
    assert stored(draft.id).data["title"] == "Ny tittel"


@pytest.mark.parametrize(
    ("state", "act", "said"), [("draft", "publish", "Publisert."), ("published", "save", "Lagret")]
)
def test_publishing_shows_the_post_and_a_message(state, act, said, alice, draft, published):
    post = {"draft": draft, "published": published}[state]
    browser = alice.browser()
    form = open_form(browser, post)
    answer = browser.post(f"/posts/{post.id}/edit/", {**form, "title": "Ny tittel", "act": act}, headers=SCRIPT)
    assert answer.json()["location"] == f"/posts/{post.id}/"
    note = str(next(iter(browser.get(answer.json()["location"]).context["messages"])))
    assert note.startswith(said)


def test_autosave_overwrites_only_versions_from_its_own_form(alice, draft):
    """An autosave in a second window causes a conflict, so neither window overwrites the other's text."""
    browser, action = alice.browser(), f"/posts/{draft.id}/edit/"
    first, second = open_form(browser, draft), open_form(browser, draft)
    autosave(browser, action, first, content="En")
    assert autosave(browser, action, second, content="To").status_code == 409


def test_save_by_an_admin_is_written_to_the_audit_log(ingrid, draft, caplog):
    caplog.set_level("INFO", logger="audit")
    browser = ingrid.browser()
    autosave(browser, f"/posts/{draft.id}/edit/", open_form(browser, draft), content="Rettet")
    assert "act=edit" in caplog.text
    assert create_admin_client().db.get_row("app", "posts", draft.id).data["content"] == "Rettet"
