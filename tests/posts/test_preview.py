"""/posts/preview/: the post as readers will see it, without saving it and without calling Appwrite."""

import time

from django.core import signing

from core import rate_limits
from posts import markdown
from posts.repository import PostRepository
from tests.conftest import fields
from tests.count_calls import count_calls
from tests.posts.test_conflict import form_data
from tests.posts.test_new import typed
from tests.site import NOTHING
from tests.users import words

PREVIEW = "/posts/preview/"


def test_preview_is_rendered_beside_the_form(alice):
    answer = alice.browser().post(PREVIEW, typed())
    assert answer.context["html"] == "<p>Det er <strong>kaffe</strong> igjen.</p>\n"
    assert "<strong>kaffe</strong>" in answer.content.decode()
    assert answer.context["form"]["title"].value() == "Kaffe på lesesalen"


def test_preview_saves_nothing_and_makes_no_call(alice, settings):
    browser = alice.browser()
    browser.get("/posts/mine/")
    settings.APPWRITE_ENDPOINT = NOTHING
    assert browser.post(PREVIEW, typed()).status_code == 200


def test_previewed_form_is_saved_to_its_own_post(alice, draft):
    assert alice.browser().post(PREVIEW, typed()).context["action"] == "/posts/new/"
    going_on = alice.browser().post(PREVIEW, typed(draft.id, state="draft"))
    assert going_on.context["action"] == f"/posts/{draft.id}/edit/"


def test_unfinished_text_can_be_previewed(alice):
    answer = alice.browser().post(PREVIEW, typed(title=""))
    assert answer.status_code == 200
    assert answer.context["form"]["content"].value() == "Det er **kaffe** igjen."


def test_script_gets_only_the_title_and_text(alice):
    answer = alice.browser().post(PREVIEW, typed(title="<Kaffe>"), headers={"X-Requested-With": "fetch"})
    page = answer.content.decode()
    assert "&lt;Kaffe&gt;" in page
    assert "<strong>kaffe</strong>" in page
    assert "<form" not in page
    assert "<html" not in page


def test_preview_has_a_lang_attribute_if_the_language_differs(alice):
    """Screen readers need the `lang` attribute on text whose language differs from the page's."""
    headers = {"X-Requested-With": "fetch"}
    for address, language, said in (("/en", "nb", 2), ("/en", "en", 0), ("", "en", 2)):
        page = alice.browser().post(address + PREVIEW, typed(language=language), headers=headers).content.decode()
        assert page.count(f'lang="{language}"') == said


def test_script_gets_the_reason_for_a_failed_preview(alice, monkeypatch):
    monkeypatch.setattr(rate_limits, "LONG_PREVIEWS", rate_limits.Limit("long-previews", 1, 60))
    for _ in range(2):
        answer = alice.browser().post(PREVIEW, typed(content="ord " * 2000), headers={"X-Requested-With": "fetch"})
    assert answer.status_code == 429
    assert "Prøv igjen om" in answer.json()["said"]


def test_previews_of_long_texts_are_rate_limited(alice, monkeypatch):
    monkeypatch.setattr(rate_limits, "LONG_PREVIEWS", rate_limits.Limit("long-previews", 1, 60))
    browser = alice.browser()
    long = typed(content="ord " * 2000)
    assert browser.post(PREVIEW, long).status_code == 200
    answer = browser.post(PREVIEW, long)
    assert answer.status_code == 429
    assert answer.context["form"]["content"].value() == long["content"]
    assert browser.post(PREVIEW, typed()).status_code == 200


def test_preview_tells_the_author_if_the_text_is_shown_as_plain_text(alice, monkeypatch):
    text = "Det er **kaffe** bare her."  # unique to this test, so that its HTML is not yet cached
    monkeypatch.setattr(markdown, "SECONDS", -1)
    for headers in ({}, {"X-Requested-With": "fetch"}):
        said = words(alice.browser().post(PREVIEW, typed(content=text), headers=headers))
        assert text in said
        assert "leserne ser den som ren tekst" in said
    monkeypatch.undo()
    assert "ren tekst" not in words(alice.browser().post(PREVIEW, typed(content=text)))


def test_preview_matches_the_page_of_the_post(alice, guest):
    """For every kind of content, the two articles differ only in the share links."""
    form = typed("sameaspage", title="Kaffe & kake", excerpt="Nå også med te.", campus="bergen", tags="Kaffe, Te")
    browser = alice.browser()
    shown = browser.post(PREVIEW, form, headers={"X-Requested-With": "fetch"})
    browser.post("/posts/new/", {**form, "act": "publish"})
    page = words(guest.get("/posts/sameaspage/"))
    article = page[page.rindex("Kaffe & kake") : page.index("Del innlegget:")].strip()
    assert words(shown) == article
    for part in ("Nå også med te.", "AvAlice", "Publisert", "Lesetid1 minutt", "Bergen kaffete"):
        assert part in article


def test_preview_names_the_author_of_another_users_post(ingrid, published):
    browser = ingrid.browser()
    form = form_data(browser.get(f"/posts/{published.id}/edit/"))
    browser.get("/posts/mine/")
    with count_calls() as sent_calls:
        answer = browser.post(PREVIEW, {**form, "title": "Nytt"}, headers={"X-Requested-With": "fetch"})
    assert "AvAlice" in words(answer)
    assert "Ingrid" not in words(answer)
    assert sent_calls == []


def test_preview_with_a_forged_byline_names_the_signed_in_person(alice):
    for byline in ("x", signing.dumps(["bob", "Bob", ""], salt="another"), "a:b:c"):
        answer = alice.browser().post(PREVIEW, typed(byline=byline), headers={"X-Requested-With": "fetch"})
        assert "AvAlice" in words(answer)


def test_preview_of_an_empty_form_shows_where_the_title_goes(alice):
    form = {**typed(title="", content="", excerpt=""), "tags": ", ,", "language": "klingon", "campus": "atlantis"}
    answer = alice.browser().post(PREVIEW, form, headers={"X-Requested-With": "fetch"})
    assert answer.status_code == 200
    assert "Tittelen kommer her" in words(answer)


def test_preview_and_page_show_the_same_html(alice, guest):
    text = "![kart](/kart.png)\n\nhttps://biso.no\n\n- [ ] a\n- [x] b"
    preview = alice.browser().post(PREVIEW, typed(content=text)).context["html"]
    PostRepository(alice.appwrite).create("sameashere", alice.user, fields(content=text), publish=True)
    assert preview in guest.get("/posts/sameashere/").content.decode()


def test_byline_in_the_form_does_not_change_over_time(alice, draft, monkeypatch):
    browser = alice.browser()
    bylines = set()
    for moment in (time.time(), time.time() + 60):
        monkeypatch.setattr(time, "time", lambda moment=moment: moment)
        bylines.add(browser.get(f"/posts/{draft.id}/edit/").context["form"]["byline"].value())
    assert len(bylines) == 1
