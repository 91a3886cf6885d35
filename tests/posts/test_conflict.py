"""If two people edit the same post, no unseen change is overwritten, and no text is lost."""

import random
import re
import threading

import pytest

from posts.editing import diff
from posts.repository import PostRepository
from tests.conftest import fields
from tests.count_calls import count_calls
from tests.posts.test_new import NEW, typed
from tests.users import words


def open_form(browser, post) -> dict[str, str]:
    """Open the edit form of `post` in `browser`. Return the form's data."""
    return form_data(browser.get(f"/posts/{post.id}/edit/")) | {"act": "save"}


def form_data(answer) -> dict[str, str]:
    """Return the data that the form on the page `answer` would submit."""
    form = answer.context["form"]
    return {name: form[name].value() or "" for name in form.fields}


def save(browser, post, form, **changes):
    return browser.post(f"/posts/{post.id}/edit/", {**form, **changes})


@pytest.fixture
def both(alice, ingrid, draft):
    """Return Alice's browser and the data of her open form, after Ingrid has saved the same draft."""
    hers, theirs = alice.browser(), ingrid.browser()
    form, others = open_form(hers, draft), open_form(theirs, draft)
    assert save(theirs, draft, others, title="Ingrids tittel", content="Det er te igjen.").status_code == 302
    return hers, form


def test_second_save_shows_both_versions_and_overwrites_nothing(both, draft, stored):
    hers, form = both
    answer = save(hers, draft, form, content="Det er kakao igjen.")
    assert answer.status_code == 409
    assert stored(draft.id).data["content"] == "Det er te igjen."
    page = answer.content.decode()
    assert page.index("Din tekst") < page.index("Den lagrede teksten")
    assert "Det er <ins>kakao</ins> igjen." in page
    assert "Det er <ins>te</ins> igjen." in page
    assert "<ins>Ingrids tittel</ins>" in page
    assert "Ingrid lagret en ny versjon i dag kl." in words(answer)
    assert "Ingenting er borte." in words(answer)


def test_author_can_keep_her_version(both, draft, stored):
    hers, form = both
    answer = save(hers, draft, form, content="Det er kakao igjen.")
    assert save(hers, draft, form_data(answer), act="save").status_code == 302
    assert (stored(draft.id).data["content"], stored(draft.id).data["title"]) == (
        "Det er kakao igjen.",
        draft.title,
    )


def test_author_can_use_the_stored_version(both, draft, stored):
    hers, form = both
    answer = save(hers, draft, form, content="Det er kakao igjen.")
    assert f'href="/posts/{draft.id}/edit/"' in answer.content.decode()
    assert open_form(hers, draft)["content"] == stored(draft.id).data["content"] == "Det er te igjen."


def test_author_can_merge_both_versions(both, draft, stored):
    hers, form = both
    answer = save(hers, draft, form, content="Det er kakao igjen.")
    merging = save(hers, draft, form_data(answer), act="merge")
    assert merging.status_code == 200
    assert merging.context["form"]["content"].value() == "Det er kakao igjen."
    assert "Det er <ins>te</ins> igjen." in merging.content.decode()
    assert stored(draft.id).data["content"] == "Det er te igjen."
    merged = form_data(merging) | {"content": "Det er kakao og te."}
    assert save(hers, draft, merged, act="save").status_code == 302
    assert stored(draft.id).data["content"] == "Det er kakao og te."


def test_keeping_my_version_is_rejected_if_the_post_changed_again(both, ingrid, draft):
    hers, form = both
    answer = save(hers, draft, form, content="Det er kakao igjen.")
    theirs = ingrid.browser()
    save(theirs, draft, open_form(theirs, draft), content="Det er saft.")
    again = save(hers, draft, form_data(answer), act="save")
    assert again.status_code == 409
    assert "saft" in words(again)


def test_publishing_with_changes_is_also_a_conflict(both, draft, stored, guest):
    hers, form = both
    answer = save(hers, draft, form, content="Det er kakao igjen.", act="publish")
    assert answer.status_code == 409
    assert stored(draft.id).data["status"] == "draft"
    assert "Publiser min" in words(answer)
    save(hers, draft, form_data(answer), act="publish")
    assert "kakao" in guest.get(f"/posts/{draft.id}/").content.decode()


def test_publishing_by_an_admin_is_also_a_conflict(alice, ingrid, draft, stored):
    hers, theirs = alice.browser(), ingrid.browser()
    form, others = open_form(hers, draft), open_form(theirs, draft)
    save(hers, draft, form, content="Det er kakao igjen.")
    answer = save(theirs, draft, others, content="Det er saft.", act="publish", confirmed="alice")
    assert answer.status_code == 409
    assert "Alice lagret en ny versjon" in words(answer)
    assert stored(draft.id).data["content"] == "Det er kakao igjen."


@pytest.mark.parametrize("act", ["save", "publish"])
def test_appwrite_rejects_a_write_over_a_newer_version(act, alice, ingrid, draft, stored, monkeypatch):
    """The row changes between the site's read and its write. Only `X-Appwrite-Timestamp` detects this."""
    editors = {"save": alice, "publish": ingrid}  # the site publishes with its API key if Ingrid publishes Alice's post
    browser = editors[act].browser()
    form = open_form(browser, draft)
    name = {"save": "update", "publish": "publish"}[act]
    write = getattr(PostRepository, name)

    def slowly(repository, post, *arguments, **named):
        monkeypatch.undo()
        PostRepository(alice.appwrite).update(post, fields(content="Det er saft."))
        return write(repository, post, *arguments, **named)

    monkeypatch.setattr(PostRepository, name, slowly)
    answer = save(browser, draft, form, content="Det er kakao igjen.", act=act, confirmed="alice")
    assert answer.status_code == 409
    assert "Noen lagret en ny versjon" in words(answer)
    assert stored(draft.id).data["content"] == "Det er saft."


def test_other_fields_are_shown_if_they_differ(both, draft):
    hers, form = both
    answer = save(hers, draft, form, content="Det er kakao igjen.", campus="bergen", tags="te, Kaffe")
    shown = {part.name for part in answer.context["parts"] if part.differs}
    assert shown == {"title", "content", "campus", "tags"}
    assert "Bergen" in words(answer)
    assert "Språk" not in words(answer).partition("To versjoner")[2]


# Users get no conflict with their own saves.
def test_submitting_the_same_form_twice_saves_once(alice, draft):
    browser = alice.browser()
    form = open_form(browser, draft)
    for _ in range(2):
        assert save(browser, draft, form, title="Ny tittel").status_code == 302


def test_resubmitted_form_with_more_text_overwrites_its_own_version(alice, draft, stored):
    """If the button is pressed twice or the first response is lost, the form still contains the old version."""
    browser = alice.browser()
    form = open_form(browser, draft)
    save(browser, draft, form, content="En")
    assert save(browser, draft, form, content="En og to").status_code == 302
    assert stored(draft.id).data["content"] == "En og to"


def test_text_of_simultaneous_submissions_is_never_mixed(alice, draft, stored):
    browser = alice.browser()
    form = open_form(browser, draft)
    got = []
    texts = [f"Nummer {number}" for number in range(4)]
    presses = [
        threading.Thread(target=lambda text=text: got.append(save(alice.browser(), draft, form, content=text)))
        for text in texts
    ]
    for press in presses:
        press.start()
    for press in presses:
        press.join()
    # Each submission is saved or rejected as a conflict. None causes an error or is mixed with another.
    assert {answer.status_code for answer in got} <= {302, 409}
    assert 302 in {answer.status_code for answer in got}
    assert stored(draft.id).data["content"] in texts


@pytest.mark.parametrize("act", ["save", "publish"])
def test_save_with_a_lost_response_does_not_conflict_with_the_next_save(act, alice, draft, appwrite, stored):
    """Appwrite has saved the text, and the site can check that. See tests/test_lost_responses.py for the other case."""
    browser = alice.browser()
    form = open_form(browser, draft)
    appwrite.faults.add("tablesDB.updateRow", drop=True, after=True, first=1)
    answer = save(browser, draft, form, content="En og to", act=act)
    assert (answer.status_code, stored(draft.id).data["content"]) == (302, "En og to")
    answer = save(browser, draft, form, content="En og to og tre", act=act)
    assert (answer.status_code, stored(draft.id).data["content"]) == (302, "En og to og tre")


def test_lost_response_of_a_new_post_causes_no_conflict(alice, appwrite, stored):
    browser = alice.browser()
    appwrite.faults.add("tablesDB.createRow", drop=True, after=True, first=1)
    assert browser.post(NEW, typed(content="En og to")).status_code == 302
    assert browser.post(NEW, typed(content="En og to og tre")).status_code == 302
    assert stored("abcdefgh27").data["content"] == "En og to og tre"


def test_another_users_save_after_a_lost_response_is_a_conflict(alice, ingrid, draft, appwrite, stored):
    hers, theirs = alice.browser(), ingrid.browser()
    form = open_form(hers, draft)
    appwrite.faults.add("tablesDB.updateRow", drop=True, after=True, first=1)
    save(hers, draft, form, content="En og to")
    save(theirs, draft, open_form(theirs, draft), content="Noe annet")
    assert save(hers, draft, form, content="En og to og tre").status_code == 409
    assert stored(draft.id).data["content"] == "Noe annet"


def test_two_windows_of_one_user_conflict(alice, draft, stored):
    browser = alice.browser()
    first, second = open_form(browser, draft), open_form(browser, draft)
    save(browser, draft, first, content="En")
    answer = save(browser, draft, second, content="To")
    assert answer.status_code == 409
    assert "Du lagret selv en annen versjon" in words(answer)
    assert stored(draft.id).data["content"] == "En"


def test_resubmitted_new_post_form_does_not_overwrite_a_later_edit(alice, stored):
    browser = alice.browser()
    browser.post(NEW, typed())
    form = form_data(browser.get("/posts/abcdefgh27/edit/"))
    browser.post("/posts/abcdefgh27/edit/", {**form, "content": "Mye lenger tekst.", "act": "save"})
    answer = browser.post(NEW, typed(content="Den første teksten."))
    assert answer.status_code == 409
    assert stored("abcdefgh27").data["content"] == "Mye lenger tekst."


def test_saving_without_changes_does_not_write_the_post(alice, draft):
    browser = alice.browser()
    form = open_form(browser, draft)
    with count_calls() as sent_calls:
        assert save(browser, draft, form).status_code == 302
    assert [call for call in sent_calls if not call.startswith("GET") and "/posts/" in call] == []


# The version that a form submits is untrusted input.
@pytest.mark.parametrize("version", ["", "in a while", "2026-01-01", "9999-12-31T00:00:00.000+00:00", "²"])
def test_form_with_an_invalid_version_overwrites_the_current_one(version, alice, draft, stored):
    browser = alice.browser()
    form = open_form(browser, draft)
    assert save(browser, draft, form, title="Ny tittel", version=version).status_code == 302
    assert stored(draft.id).data["title"] == "Ny tittel"


def test_save_by_another_user_with_a_copied_form_key_is_a_conflict(alice, ingrid, draft, stored):
    hers, theirs = alice.browser(), ingrid.browser()
    form = open_form(hers, draft)
    save(theirs, draft, form, content="Ingrids")  # Ingrid submits the form key from Alice's form
    assert save(hers, draft, form, content="Alices").status_code == 409
    assert stored(draft.id).data["content"] == "Ingrids"


def test_text_can_be_saved_as_a_new_post_if_the_post_was_deleted(alice, draft, stored):
    browser = alice.browser()
    form = open_form(browser, draft)
    PostRepository(alice.appwrite).delete(draft)
    answer = save(browser, draft, form, content="Lang tekst")
    assert answer.status_code == 404
    again = browser.post(answer.context["action"], form_data(answer) | {"act": "save"})
    assert stored(again["Location"].split("/")[2]).data["content"] == "Lang tekst"


# Pairs of versions to compare.
TEXTS = [
    ("", ""),
    ("en", ""),
    ("en to tre", "en tre"),
    ("en\nto\n", "to\nen\n"),
    ("Ærlig talt\r\n\u2028\x0b", "ærlig talt"),
    ("<ins>", "</ins>"),
]


@pytest.mark.parametrize(("mine", "theirs"), TEXTS)
def test_diff_contains_both_versions_and_its_unmarked_parts_are_equal(mine, theirs):
    marked = diff.mark(mine, theirs)
    assert ["".join(text for _, text in side) for side in marked] == [mine, theirs]
    left, right = (re.sub(r"\s", "", "".join(text for only_here, text in side if not only_here)) for side in marked)
    assert left == right


def test_each_version_has_a_lang_attribute(both, draft):
    hers, form = both
    answer = save(hers, draft, form, content="It is cocoa again.", language="en")
    mine, theirs = answer.content.decode().split('id="theirs"')
    assert ('<div class="prose as-typed" lang="en"' in mine, 'lang="' in theirs.split("</section>")[0]) == (True, False)


def test_diff_escapes_markup(both, draft):
    hers, form = both
    page = save(hers, draft, form, content="<script>alert(1)</script>").content.decode()
    assert "<script>alert" not in page


def test_longest_texts_are_compared_within_a_time_limit(monkeypatch):
    """Shuffled words are the worst case: both versions contain every word. The test counts steps, not seconds."""
    taken = []
    take = diff.Budget.take
    monkeypatch.setattr(diff.Budget, "take", lambda self, steps: take(self, steps) and not taken.append(steps))
    chance = random.Random(1)
    words = [f"ord{chance.randrange(3000)} " for _ in range(14_000)]
    mine, theirs = "".join(words), "".join(chance.sample(words, len(words)))
    diff.mark(mine, theirs)
    assert sum(taken) <= diff.STEPS
