"""/posts/?q= &tag= &campus= &language=: filters as links and a search form, with their state in the URL."""

import pytest
from html5lib import parse

from posts.repository import PostRepository
from tests.conftest import fields
from tests.users import words


@pytest.fixture
def shelf(alice, start_from):
    """Create five published posts and a draft that matches every filter."""
    posts = PostRepository(alice.appwrite)

    def write(post_id: str, title: str, *, publish: bool = True, **changes: object) -> None:
        posts.create(post_id, alice.user, fields(title=title, **changes), publish=publish)

    def create() -> None:
        write("coffee", "Kaffe på lesesalen", tags=("kaffe", "eksamen"))
        write("cabin", "Studenthytte til leie", campus="bergen", tags=("tur",), content="Ta med votter.")
        write("budget", "Budsjettet", campus="national", tags=("kaffe",), content="Kroner og øre.")
        write("packing", "What to pack", campus="bergen", language="en", tags=("tur",), content="Rain gear for Bergen.")
        write("nowhere", "Uten campus", campus="", tags=(), content="Votter igjen.")
        write("secret", "Kaffe i kladden", publish=False, tags=("kaffe", "tur"))

    start_from("shelf to filter", create)


def listed_ids(guest, query: str) -> set[str]:
    page = guest.get(f"/posts/?{query}", follow=True).context["page"]
    assert page.total == len(page.items)
    return {post.id for post in page.items}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("campus=bergen", {"cabin", "packing"}),
        ("campus=national", {"budget"}),
        ("campus=trondheim", set()),
        ("language=en", {"packing"}),
        ("tag=kaffe", {"coffee", "budget"}),
        ("tag=Kaffe", {"coffee", "budget"}),
        ("tag=kaf", set()),
        ("q=kaffe", {"coffee"}),
        ("q=votter", {"cabin", "nowhere"}),  # "votter" is in the text
        ("q=vot", {"cabin", "nowhere"}),  # matches the beginning of a word
        ("q=hytte", {"cabin"}),  # matches the middle of a word in the title
        ("q=KAFFE", {"coffee"}),
        ("q=kaffe+votter", set()),  # no post contains both words
        ("q=votter+igjen", {"nowhere"}),
        ("q=votter&campus=bergen", {"cabin"}),
        ("tag=tur&language=nb", {"cabin"}),
        ("campus=&q=&tag=&language=", {"coffee", "cabin", "budget", "packing", "nowhere"}),
    ],
)
def test_list_can_be_filtered(guest, shelf, query, expected):
    assert listed_ids(guest, query) == expected


@pytest.mark.parametrize(
    "q", ["'", '"', "+-*()~<>@", "%", "_", "\\", "\x00", "🚣", "a" * 100, '{"method":"limit"}', "«»"]
)
def test_every_search_returns_a_list(guest, shelf, q):
    assert guest.get("/posts/", {"q": q}).status_code == 200


@pytest.mark.parametrize("query", ["campus=atlantis", "language=de", "campus=Oslo", "tag=" + "x" * 41, "tag=a%00b"])
def test_invalid_filter_returns_404(guest, query):
    assert guest.get(f"/posts/?{query}").status_code == 404


def test_search_that_is_too_long_is_rejected_and_stays_in_the_form(guest):
    answer = guest.get("/posts/", {"q": "ord " * 30})
    assert answer.status_code == 400
    assert "Søket er for langt." in words(answer)
    assert f'value="{("ord " * 30).strip()}"' in answer.content.decode()


def test_heading_names_the_filters(guest, shelf):
    query = "campus=bergen&tag=tur&language=en&q=rain"
    for path, heading in (
        ("/posts/", "Innlegg fra Bergen om «tur» på engelsk med «rain»"),
        ("/en/posts/", "Posts from Bergen about ‘tur’ in English with ‘rain’"),
    ):
        page = parse(guest.get(f"{path}?{query}").content.decode(), namespaceHTMLElements=False)
        (h1,) = page.iter("h1")
        assert h1.text == heading
        assert heading in str(page.findtext("head/title"))


def test_each_active_filter_is_a_link_that_removes_only_this_filter(guest, shelf):
    answer = guest.get("/posts/?campus=bergen&tag=tur&language=en&q=rain")
    assert active_filters(answer) == {
        "Fjern filter: Bergen": "/posts/?q=rain&tag=tur&language=en",
        "Fjern filter: tur": "/posts/?q=rain&campus=bergen&language=en",
        "Fjern filter: English": "/posts/?q=rain&tag=tur&campus=bergen",
        "Fjern filter: «rain»": "/posts/?tag=tur&campus=bergen&language=en",
    }
    assert active_filters(guest.get("/posts/?campus=national")) == {"Fjern filter: Nasjonalt": "/posts/"}
    assert active_filters(guest.get("/posts/")) == {}


def test_search_without_results_links_to_wider_lists(guest, shelf):
    answer = guest.get("/posts/?campus=stavanger&q=hytte")
    assert answer.status_code == 200
    assert "Ingen innlegg fra Stavanger nevner «hytte»." in words(answer)
    links = hrefs(answer)
    assert "/posts/?q=hytte" in links
    assert "/posts/" in links


def test_list_without_matches_links_to_lists_with_one_filter_less(guest, shelf):
    answer = guest.get("/posts/?campus=stavanger&tag=kaffe&language=nb")
    links = hrefs(answer)
    assert {"/posts/?tag=kaffe&language=nb", "/posts/?campus=stavanger&language=nb"} <= links
    assert "Innlegg om «kaffe» på norsk" in words(answer)
    assert "/posts/?tag=kaffe&campus=stavanger" in links


def test_each_filter_is_a_plain_link_that_keeps_the_other_filters(guest, shelf):
    answer = guest.get("/posts/?campus=bergen&q=votter&page=1")
    links = hrefs(answer)
    assert "/posts/?q=votter&campus=oslo" in links
    assert "/posts/?q=votter&tag=tur&campus=bergen" in links
    assert "/posts/?q=votter&campus=bergen&language=en" in links
    assert "/posts/?q=votter" in links  # removes the campus filter
    assert '<input type="hidden" name="campus" value="bergen">' in answer.content.decode()


def test_page_links_keep_the_filters(guest, alice):
    posts = PostRepository(alice.appwrite)
    for number in range(11):
        posts.create(f"bergen{number:02d}", alice.user, fields(campus="bergen"), publish=True)
    answer = guest.get("/posts/?campus=bergen")
    assert "/posts/?campus=bergen&page=2" in hrefs(answer)
    assert guest.get("/posts/?campus=bergen&page=3").status_code == 404


def test_campus_and_topics_of_a_post_link_to_filtered_lists(guest, shelf):
    links = hrefs(guest.get("/posts/coffee/"))
    assert {"/posts/?campus=oslo", "/posts/topics/kaffe/", "/posts/topics/eksamen/"} <= links


def test_search_results_are_not_indexed(guest, shelf):
    assert '<meta name="robots" content="noindex">' in guest.get("/posts/?q=kaffe").content.decode()
    assert "noindex" not in guest.get("/posts/?campus=oslo").content.decode()


def hrefs(answer) -> set[str]:
    page = parse(answer.content.decode(), namespaceHTMLElements=False)
    return {link.get("href") for link in page.iter("a")}


def active_filters(answer) -> dict[str, str]:
    page = parse(answer.content.decode(), namespaceHTMLElements=False)
    links = page.findall(".//ul[@aria-label='Aktive filtre']/li/a")
    return {" ".join("".join(link.itertext()).split()): link.get("href") for link in links}
