"""Error pages and the headers of every response."""

from contextlib import closing

import pytest

from core import errors
from posts.views import reading
from tests.site import NOTHING
from tests.users import Browser, words

SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@pytest.mark.parametrize("url", ["/", "/posts/", "/auth/login/", "/posts/nosuchpost/", "/healthz"])
def test_every_response_has_security_headers(guest, url):
    answer = guest.get(url)
    assert {name: answer.headers.get(name) for name in SAFE} == SAFE
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/static/css/biso.css", "/static/js/theme.js", "/static/img/mark.svg"])
def test_static_files_have_safe_headers_and_no_cors(guest, path):
    with closing(guest.get(path, headers={"Origin": "https://evil.example"})) as answer:
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert {name: answer.headers.get(name) for name in SAFE} == SAFE


@pytest.mark.parametrize("url", ["/no/such/page/", "/en/no/such/page/", "/posts/nosuchpost/"])
def test_404_page_looks_like_the_site_and_says_what_to_do(guest, url):
    answer = guest.get(url)
    assert answer.status_code == 404
    assert '<header class="mast">' in answer.content.decode()
    assert "/posts/" in answer.content.decode()


@pytest.fixture
def local_mode(settings) -> None:
    """Enable Django's debug pages, as in local mode."""
    settings.DEBUG = True


@pytest.mark.parametrize("url", ["/no/such/page/", "/en/no/such/page/", "/no", "/posts/nosuchpost/", "/posts/x.y/z/"])
@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_local_mode_shows_the_same_page_for_an_unknown_url(guest, alice, settings, url, method):
    for browser in (guest, alice.browser()):
        settings.DEBUG = False
        deployed = getattr(browser, method)(url)
        settings.DEBUG = True
        local = getattr(browser, method)(url)
        assert (local.status_code, words(local)) == (deployed.status_code, words(deployed))
        assert local.status_code in (404, 405)


def test_local_mode_still_adds_a_missing_slash(guest, local_mode):
    assert guest.get("/posts").headers["Location"] == "/posts/"


def test_local_mode_shows_the_same_page_for_a_rejected_request(guest, alice, settings):
    def answers():
        yield alice.browser(enforce_csrf_checks=True).post("/posts/new/", {"title": "Kaffe"})
        yield alice.browser().post("/posts/new/", {"title": "x", "content": "x" * (6 * 1024 * 1024)})
        yield alice.browser().post("/posts/new/", {f"field{n}": "x" for n in range(101)})
        yield Browser(headers={"host": "evil.example"}).get("/posts/")

    deployed = [(answer.status_code, words(answer)) for answer in answers()]
    settings.DEBUG = True
    assert [(answer.status_code, words(answer)) for answer in answers()] == deployed


def test_local_mode_keeps_the_debug_page_for_a_bug(local_mode, monkeypatch):
    def broken():
        raise RuntimeError("a bug")

    monkeypatch.setattr(reading, "PublicPosts", broken)
    answer = Browser(raise_request_exception=False).get("/posts/")
    assert answer.status_code == 500
    assert "RuntimeError" in answer.content.decode()
    assert "a bug" in answer.content.decode()


@pytest.mark.parametrize("url", ["/posts/abcdefgh27/publish/", "/posts/preview/", "/auth/logout/"])
def test_get_request_to_a_post_only_url_shows_a_page(alice, url, settings):
    answer = alice.browser().get(url)
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "Ingenting er endret." in words(answer)
    settings.APPWRITE_ENDPOINT = NOTHING
    assert alice.browser().get(f"/en{url}").status_code == 405


def test_500_page_works_without_context_in_both_languages(guest, monkeypatch):
    def broken():
        raise RuntimeError("a bug")

    monkeypatch.setattr(reading, "PublicPosts", broken)
    careful = Browser(raise_request_exception=False)
    answer = careful.get("/posts/")
    assert answer.status_code == 500
    page = answer.content.decode()
    assert 'lang="nb"' in page
    assert 'lang="en"' in page
    assert "a bug" not in page


def test_rejected_api_key_returns_503_without_details(guest, settings, caplog):
    settings.APPWRITE_API_KEY = "wrong"
    answer = guest.post("/auth/login/", {"email": "ada@example.com"})
    assert answer.status_code == 503
    assert "ada@example.com" in answer.content.decode()
    assert "POST /account/tokens/magic-url" in caplog.text or "API key" in caplog.text
    assert "wrong" not in answer.content.decode()


def test_403_page_links_to_the_post_and_to_the_front_page(bob, published):
    answer = bob.browser().get("/posts/alicespost/edit/")
    assert answer.status_code == 403
    page = answer.content.decode()
    assert 'href="/posts/alicespost/"' in page
    assert 'href="/">' in page[page.index("<main") :]


def test_503_page_links_to_the_front_page_and_to_the_organisation(guest, settings):
    settings.APPWRITE_ENDPOINT = NOTHING
    page = guest.get("/posts/").content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    assert 'href="/"' in main
    assert "https://biso.no" in main


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.NotAllowedError(sentence="Bare den som skrev innlegget, kan endre det."), 403),
        (errors.NotFoundError(), 404),
        (errors.ConflictError(), 409),
        (errors.RateLimitedError(sentence="Det ble for mange forsøk."), 429),
        (errors.AppwriteRateLimitedError("secret details"), 429),
        (errors.UnavailableError("secret details"), 503),
        (errors.MisconfiguredError("secret details"), 503),
    ],
)
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_each_error_shows_an_error_page(guest, monkeypatch, error, status, prefix):
    def refusing():
        raise error

    monkeypatch.setattr(reading, "PublicPosts", refusing)
    answer = guest.get(f"{prefix}/posts/")
    assert answer.status_code == status
    assert '<header class="mast">' in answer.content.decode()
    assert error.sentence in words(answer)
    assert "secret details" not in answer.content.decode()


def test_form_that_is_too_large_is_rejected_before_it_is_read(alice):
    answer = alice.browser().post("/posts/new/", {"title": "x", "content": "x" * (6 * 1024 * 1024)})
    assert answer.status_code == 400
    assert 'lang="nb"' in answer.content.decode()
    assert 'lang="en"' in answer.content.decode()


@pytest.mark.parametrize("name", ["/x", "/auth", "//evil.example"])
def test_script_name_is_ignored(guest, name):
    assert 'href="/posts/"' in guest.get("/auth/login/", SCRIPT_NAME=name).content.decode()


def test_unknown_host_is_rejected(appwrite):
    assert Browser(headers={"host": "evil.example"}).get("/posts/").status_code == 400
