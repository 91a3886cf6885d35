"""The language switch stores the language in a cookie and redirects to the same page in that language."""

import pytest


@pytest.mark.parametrize(
    ("here", "chosen", "there"),
    [
        ("/posts/?page=2", "en", "/en/posts/?page=2"),
        ("/en/posts/alicespost/", "nb", "/posts/alicespost/"),
        ("/en/", "nb", "/"),
        ("/", "en", "/en/"),
        ("/posts/", "klingon", "/posts/"),
        ("https://evil.example/", "en", "/en/"),
        ("", "en", "/en/"),
    ],
)
def test_language_switch_shows_the_same_page_in_the_chosen_language(guest, here, chosen, there):
    assert guest.post("/language/", {"language": chosen, "next": here})["Location"] == there


def test_chosen_language_is_kept_in_one_cookie_and_used_on_the_root_url(guest):
    answer = guest.post("/language/", {"language": "en", "next": "/"})
    assert list(answer.cookies) == ["language"]
    assert answer.cookies["language"]["httponly"]
    assert guest.get("/", headers={"accept-language": "nb"})["Location"] == "/en/"
    guest.post("/language/", {"language": "nb", "next": "/en/"})
    assert guest.get("/", headers={"accept-language": "en"}).status_code == 200


def test_opening_a_page_sets_no_cookie(guest):
    assert guest.get("/en/posts/").cookies == {}
    assert guest.get("/language/").status_code == 405


def test_every_page_links_to_the_other_language(guest, published, alice):
    for url in ("/", "/posts/", "/posts/alicespost/", "/auth/login/", "/posts/nosuchpost/", "/no/such/page/"):
        page = guest.get(url).content.decode()
        assert '<html lang="nb"' in page
        assert ">English</button>" in page
    assert ">Norsk</button>" in guest.get("/en/posts/").content.decode()
