"""/posts/new/: writing a post."""

import pytest

from core.appwrite_client import create_admin_client
from tests.conftest import fields
from tests.site import NOTHING
from tests.users import Browser, words

NEW = "/posts/new/"


def typed(form_id: str = "abcdefgh27", **changes: str) -> dict[str, str]:
    """Return the data of a completed form."""
    words = {"title": "Kaffe på lesesalen", "content": "Det er **kaffe** igjen.", "excerpt": "", "tags": "Kaffe, mat"}
    return {**words, "language": "nb", "campus": "oslo", "post_id": form_id, "state": "new", "act": "save", **changes}


def test_draft_can_be_read_only_by_its_author(alice, guest, stored):
    answer = alice.browser().post(NEW, typed())
    assert answer["Location"] == "/posts/abcdefgh27/edit/"
    row = stored("abcdefgh27")
    assert row.permissions == [f'{act}("user:{alice.id}")' for act in ("read", "update", "delete")]
    assert row.data["title"] == "Kaffe på lesesalen"
    assert row.data["tags"] == ["kaffe", "mat"]
    assert (row.data["status"], row.data["publishedAt"]) == ("draft", None)
    assert (row.data["authorId"], row.data["authorName"]) == (alice.id, "Alice")
    assert row.data["excerpt"] == "Det er kaffe igjen."
    assert guest.get("/posts/abcdefgh27/").status_code == 404


def test_new_post_can_be_published_directly_and_is_first_in_the_list(alice, guest, published):
    answer = alice.browser().post(NEW, typed(act="publish"), follow=True)
    assert answer.redirect_chain == [("/posts/abcdefgh27/", 302)]
    assert "Publisert. Nå kan alle lese det." in words(answer)
    assert [post.id for post in guest.get("/posts/").context["page"].items] == ["abcdefgh27", published.id]


def test_new_post_form_contains_the_id_of_the_future_post(alice):
    form = alice.browser().get(NEW, follow=True).context["form"]
    assert len(form.id) == 10
    assert form.id != alice.browser().get(NEW, follow=True).context["form"].id


def test_reloading_the_form_keeps_the_id(alice):
    browser = alice.browser()
    address = browser.get(NEW)["Location"]
    assert browser.get(address).context["form"].id == browser.get(address).context["form"].id


def test_form_url_redirects_to_the_post_once_it_is_saved(alice, bob, stored):
    """If this URL showed an empty form again, saving a second text in it would overwrite the saved post."""
    browser = alice.browser()
    address = browser.get(NEW)["Location"]
    post_id = browser.get(address).context["form"].id
    browser.post(NEW, typed(post_id=post_id))
    assert browser.get(address)["Location"] == f"/posts/{post_id}/edit/"
    assert bob.browser().get(address).status_code == 200
    browser.post(f"/posts/{post_id}/delete/")
    assert browser.get(address).context["form"].id == post_id


def test_id_of_another_post_in_the_form_url_is_replaced(alice, published):
    for post in (published.id, f"{published.id}:forged"):
        assert published.id not in alice.browser().get(NEW, {"post": post})["Location"]


def test_submitting_twice_creates_one_post(alice, stored):
    browser = alice.browser()
    browser.post(NEW, typed())
    browser.post(NEW, typed(title="Ny tittel"))
    assert stored("abcdefgh27").data["title"] == "Ny tittel"
    assert [post.id for post in browser.get("/posts/mine/").context["page"].items] == ["abcdefgh27"]


def test_second_submission_can_publish(alice, guest):
    browser = alice.browser()
    browser.post(NEW, typed())
    browser.post(NEW, typed(act="publish"))
    assert guest.get("/posts/abcdefgh27/").status_code == 200


@pytest.mark.parametrize("state", ["draft", "published"])
def test_post_id_of_another_author_is_replaced(state, bob, draft, published, stored):
    theirs = {"draft": draft, "published": published}[state]
    answer = bob.browser().post(NEW, typed(theirs.id))
    new_id = answer["Location"].split("/")[2]
    assert new_id != theirs.id
    assert stored(new_id).data["title"] == "Kaffe på lesesalen"
    assert stored(theirs.id).data["title"] == theirs.title


@pytest.mark.parametrize("form_id", ["", "../tables", "a" * 37, "æøå", "_x", "a/b"])
def test_invalid_post_id_is_replaced(form_id, alice):
    answer = alice.browser().post(NEW, typed(form_id))
    assert answer["Location"].endswith("/edit/")
    assert len(answer["Location"].split("/")[2]) == 10


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("title", "", "Gi innlegget en tittel."),
        ("title", "   \n ", "Gi innlegget en tittel."),
        ("title", "\u200b \u2060\u3164\ufeff", "Gi innlegget en tittel."),
        ("title", "x" * 201, "201"),
        ("content", "", "Skriv teksten til innlegget."),
        ("content", "x" * 100_001, "Her er det 100\xa0001 tegn. Det er plass til 100\xa0000."),
        ("content", "x" * 1_000_000, "1"),
        ("excerpt", "x" * 301, "301"),
        ("tags", "en,to,tre,fire,fem,seks", "6"),
        ("tags", "x" * 41, "40"),
        ("language", "de", ""),
        ("campus", "paris", ""),
    ],
)
def test_invalid_input_shows_an_error_at_its_field_and_is_kept(field, value, sentence, alice):
    answer = alice.browser().post(NEW, typed(**{field: value}))
    form = answer.context["form"]
    assert list(form.errors) == [field]
    assert sentence in " ".join(form.errors[field])
    assert form[field].value() == value
    assert form["title"].value() == (value if field == "title" else "Kaffe på lesesalen")
    assert alice.browser().get("/posts/mine/").context["page"].items == []


STRANGE = [
    "👩‍🚀 Emoji 🇳🇴 og 𝒕𝒆𝒌𝒔𝒕",
    "\u202eتجربة النص من اليمين إلى اليسار\u202c",
    "<script>alert(1)</script>",
    "Zalgo t̷̢̛̳e̷̪͝k̶̰̀s̷̤̈t",
    '{"method":"increment","values":[1]}',
    "' OR 1=1; DROP TABLE posts; --",
    "{{ 7 * 7 }} {% now %}",
    "a\x00b",
]


@pytest.mark.parametrize("words", STRANGE)
def test_unusual_text_is_stored_unchanged_and_rendered_safely(words, alice, guest, stored):
    answer = alice.browser().post(NEW, typed(title=words, content=words, excerpt=words, tags=words[:40], act="publish"))
    assert answer.status_code == 302
    kept = stored("abcdefgh27").data
    assert kept["content"] == words.replace("\x00", "")
    for url in ("/", "/posts/", "/posts/abcdefgh27/", f"/posts/by/{alice.id}/"):
        page = guest.get(url)
        assert page.status_code == 200
        assert "<script>alert" not in page.content.decode()


def test_line_endings_are_stored_as_line_feeds(alice, stored):
    alice.browser().post(NEW, typed(content="en\r\n\r\nto\r\n"))
    assert stored("abcdefgh27").data["content"] == "en\n\nto"


def test_form_cannot_set_author_date_or_permissions(alice, bob, stored):
    forged = {
        "authorId": bob.id,
        "author_id": bob.id,
        "createdAt": "1999-01-01",
        "permissions": 'read("any")',
        "status": "published",
    }
    alice.browser().post(NEW, typed(**forged))
    row = stored("abcdefgh27")
    assert row.data["authorId"] == alice.id
    assert row.data["status"] == "draft"
    assert not row.data["createdAt"].startswith("1999")
    assert 'read("any")' not in row.permissions


def test_form_submitted_after_the_session_ended_is_shown_again(alice):
    browser = alice.browser()
    browser.get("/posts/mine/")
    alice.end_session()
    answer = browser.post(NEW, typed())
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "Du ble logget ut. Teksten din er fortsatt her." in words(answer)
    assert "Det er **kaffe** igjen." in page
    assert 'action="/posts/new/"' in page
    again = answer.context["form"].data
    assert again["post_id"] == "abcdefgh27"


def test_form_submitted_during_an_outage_is_shown_again(alice, settings, appwrite, stored):
    browser = alice.browser()
    browser.get("/posts/mine/")
    settings.APPWRITE_ENDPOINT = NOTHING
    answer = browser.post(NEW, typed())
    assert answer.status_code == 503
    assert "Det er **kaffe** igjen." in words(answer)
    settings.APPWRITE_ENDPOINT = appwrite.endpoint
    assert browser.post(NEW, answer.context["form"].data).status_code == 302
    assert stored("abcdefgh27").data["content"] == "Det er **kaffe** igjen."


def test_text_is_kept_for_a_user_who_is_not_in_the_cache(alice, settings):
    settings.APPWRITE_ENDPOINT = NOTHING
    answer = alice.browser().post(NEW, typed())
    assert answer.status_code == 503
    assert "Det er **kaffe** igjen." in words(answer)


def test_form_without_a_csrf_token_keeps_the_text(alice):
    answer = alice.browser(enforce_csrf_checks=True).post(NEW, typed())
    assert answer.status_code == 403
    assert "Det er **kaffe** igjen." in words(answer)


def test_member_cannot_create_a_post_over_rest_if_only_editors_may_publish(alice, settings, ingrid):
    from django.core.management import call_command

    from core import errors
    from posts.repository import PostRepository

    settings.POSTS_WRITERS = "label:editor"
    call_command("setup_appwrite", verbosity=0)
    with pytest.raises(errors.NotAllowedError):
        PostRepository(alice.appwrite).create("aliceagain", alice.user, fields())
    create_admin_client().users.update_labels(alice.id, ["editor"])
    from accounts import session

    session.forget_user(alice.secret)
    assert alice.browser().post(NEW, typed()).status_code == 302
    assert ingrid.browser().post(NEW, typed("ingridpost")).status_code == 302


def test_guest_is_redirected_to_sign_in_and_back(guest: Browser):
    assert guest.get(NEW)["Location"] == "/auth/login/?next=%2Fposts%2Fnew%2F"
