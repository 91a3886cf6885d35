"""/: the featured and newest posts, and the redirect to the visitor's language."""

import html5lib
import pytest

from core.appwrite_client import create_admin_client
from posts.models import CAMPUSES
from posts.repository import PostRepository
from tests.conftest import fields
from tests.users import Browser


def feature(ingrid, post_id: str, position: int) -> None:
    data = {"position": position, "authorId": "alice"}
    ingrid.appwrite.db.create_row("app", "featured", post_id, data)


@pytest.fixture
def three(alice):
    posts = PostRepository(alice.appwrite)
    return [posts.create(f"homepost0{n}", alice.user, fields(title=f"Nummer {n}"), publish=True) for n in range(3)]


def test_featured_posts_come_first_then_the_newest(guest, ingrid, three):
    feature(ingrid, "homepost00", 1)
    feature(ingrid, "homepost01", 0)
    context = guest.get("/").context
    assert context["lead"].id == "homepost01"
    assert [post.id for post in context["cards"]] == ["homepost00", "homepost02"]


def test_home_has_no_lead_without_featured_posts(guest, three):
    context = guest.get("/").context
    assert context["lead"] is None
    assert [post.id for post in context["cards"]] == ["homepost02", "homepost01", "homepost00"]


def test_featured_post_that_was_unpublished_is_not_shown(guest, ingrid, alice, three):
    feature(ingrid, "homepost00", 0)
    PostRepository(alice.appwrite).unpublish(three[0])
    assert guest.get("/").context["lead"] is None


def parts(answer, selector: str) -> list[str]:
    """Return the text of each `article` or `li` of the page."""
    page = html5lib.parse(answer.content.decode(), namespaceHTMLElements=False)
    return [" ".join("".join(each.itertext()).split()) for each in page.iter(selector)]


def test_each_featured_post_is_marked(guest, ingrid, three):
    feature(ingrid, "homepost00", 1)
    feature(ingrid, "homepost01", 0)
    answer = guest.get("/")
    assert [("Fremhevet" in card) for card in parts(answer, "article")] == [True, False]
    assert answer.content.decode().count("Fremhevet") == 2


def test_posts_show_reading_time_and_their_language_if_it_differs_from_the_page(guest, alice):
    posts = PostRepository(alice.appwrite)
    posts.create("shortpost", alice.user, fields(content="ord " * 201), publish=True)
    posts.create("inenglish", alice.user, fields(content="word", language="en"), publish=True)
    english, norwegian = parts(guest.get("/"), "article")
    assert ("1 min" in english, "På engelsk" in english) == (True, True)
    assert ("2 min" in norwegian, "På " in norwegian) == (True, False)
    english, norwegian = parts(guest.get("/en/"), "article")
    assert ("In English" in english, "In Norwegian" in norwegian) == (False, True)


def test_reading_time_written_by_a_member_is_checked(guest, alice, published):
    for value, text in ((7, "7 min"), (0, ""), (None, "")):
        alice.appwrite.db.update_row("app", "posts", published.id, {"minutes": value})
        (card,) = parts(guest.get("/"), "article")
        assert (" min" in card) is bool(text)
        assert text in card


def test_home_links_to_the_posts_of_each_campus(guest, published):
    page = guest.get("/").content.decode()
    assert "Finn campusen din" in page
    for campus in CAMPUSES:
        assert f'href="/posts/?campus={campus}"' in page


def test_member_cannot_feature_their_own_post(guest, alice, three):
    from core import errors

    with pytest.raises(errors.NotAllowedError):
        feature(alice, "homepost00", 0)


def test_empty_site_says_that_there_are_no_posts(guest):
    assert guest.get("/").status_code == 200


@pytest.mark.parametrize(
    ("header", "cookie", "english"),
    [
        (None, None, False),
        ("nb-NO,nb;q=0.9,en;q=0.5", None, False),
        ("no,en", None, False),
        ("nn,en", None, False),
        ("en-GB,en;q=0.9", None, True),
        ("en,nb", None, True),
        ("de,fr;q=0.5", None, True),
        ("*", None, True),
        ("en", "nb", False),
        ("nb", "en", True),
        ("nb", "klingon", False),
        ("x" * 5000, None, False),
    ],
)
def test_root_url_uses_the_browser_language(appwrite, header, cookie, english):
    browser = Browser(headers={"accept-language": header} if header else {})
    if cookie:
        browser.cookies["language"] = cookie
    answer = browser.get("/")
    assert (answer.get("Location") == "/en/") is english
    assert answer.status_code == (302 if english else 200)
    assert {"Accept-Language", "Cookie"} <= {name.strip() for name in answer["Vary"].split(",")}


def test_other_pages_ignore_the_browser_language(appwrite):
    browser = Browser(headers={"accept-language": "en"})
    assert browser.get("/posts/").status_code == 200
    assert browser.get("/en/", headers={"accept-language": "nb"}).status_code == 200


def test_posts_below_the_cards_have_a_small_picture(guest, covered, three):
    covered("oldestpost", publish=True)
    create_admin_client().db.update_row("app", "posts", "oldestpost", {"publishedAt": "2024-05-01T12:00:00Z"})
    page = html5lib.parse(guest.get("/").content.decode(), namespaceHTMLElements=False)
    (row,) = (each for each in page.iter("li") if each.get("class") == "row")
    assert [image.get("width") for image in row.iter("img")] == ["480"]
