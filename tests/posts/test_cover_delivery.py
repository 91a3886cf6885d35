"""Covers are served in three widths, as JPEG for sharing, and in pages."""

import io
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from appwrite.input_file import InputFile
from django.core.cache import cache
from PIL import Image

from core import bulkhead
from core.appwrite_client import AppwriteClient
from posts import cover_sizes, policy
from posts.covers import storage
from posts.covers.storage import CoverRepository
from posts.repository import PostRepository
from tests.conftest import PATIENT, fields, picture
from tests.count_calls import count_calls
from tests.site import NOTHING
from tests.users import Browser


@pytest.mark.parametrize("width", cover_sizes.WIDTHS)
def test_published_cover_is_served_and_cached_in_each_width(width, guest, covered):
    post = covered(publish=True)
    answer = guest.get(f"/posts/cover/{post.cover_id}/{width}/")
    assert Image.open(io.BytesIO(answer.content)).size == (width, width * 2 // 3)
    assert answer["Content-Type"] == "image/webp"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "Content-Encoding" not in answer


def test_cover_url_in_a_different_case_returns_404(guest, covered):
    """Appwrite ignores case in ids, so a visitor could otherwise fill the caches with copies of one cover."""
    post = covered(publish=True)
    with count_calls() as calls:
        for page in ("480/", "share.jpg"):
            assert guest.get(f"/posts/cover/{post.cover_id.upper()}/{page}").status_code == 404
    assert calls == []


def test_failed_cover_is_not_fetched_again_immediately(guest, covered, appwrite):
    """Appwrite needs longer than our time limit for animated images, so the site retries at most once a minute."""
    sources = covered(publish=True).cover
    appwrite.faults.add("storage.getFilePreview", status=503)
    answer = guest.get(sources[0].url)
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert "no-store" in answer["Cache-Control"]
    with count_calls() as calls:
        assert [guest.get(source.url).status_code for source in sources] == [503, 503, 503]
    assert calls == []
    appwrite.faults.clear()
    cache.clear()  # as if a minute had passed
    assert guest.get(sources[0].url).status_code == 200


def test_busy_or_misconfigured_appwrite_does_not_mark_a_cover_as_failed(guest, covered, appwrite):
    address = covered(publish=True).cover[0].url
    appwrite.faults.add("storage.getFilePreview", status=429, type="general_rate_limit_exceeded", first=1)
    assert [guest.get(address).status_code for _ in range(2)] == [503, 200]


def test_missing_cover_is_fetched_again(alice, guest, covered):
    address = covered(publish=False).cover[0].url
    assert guest.get(address).status_code == 404
    CoverRepository(alice.appwrite).set_permissions(
        address.split("/")[3], policy.row_permissions(alice.id, published=True)
    )
    assert guest.get(address).status_code == 200


@pytest.fixture
def held_covers(monkeypatch):
    """Hold all requests for covers until `open()` is called. `wait(n)` waits until n more requests have started."""

    class Held:
        def __init__(self) -> None:
            self.calls: list[str] = []
            self.come = threading.Semaphore(0)
            self.gate = threading.Event()
            self.open = self.gate.set

        def wait(self, number: int) -> None:
            for _ in range(number):
                assert self.come.acquire(timeout=30)

    held_covers, picture = Held(), CoverRepository.picture

    def slow(repository, file_id, width, gravity):
        held_covers.calls.append(file_id)
        held_covers.come.release()
        assert held_covers.gate.wait(timeout=30)
        return picture(repository, file_id, width, gravity)

    monkeypatch.setattr(CoverRepository, "picture", slow)
    yield held_covers
    held_covers.open()


def test_number_of_cover_requests_is_limited(guest, covered, held_covers, monkeypatch):
    addresses = [covered(f"cover{number}", publish=True).cover[0].url for number in range(3)]
    with ThreadPoolExecutor() as threads:
        under_way = [threads.submit(Browser().get, address) for address in addresses[:2]]
        held_covers.wait(2)
        with monkeypatch.context() as later:
            later.setattr(bulkhead, "clock", lambda: time.monotonic() + PATIENT[1])
            answer = guest.get(addresses[2])
        assert (answer.status_code, answer["Retry-After"]) == (503, "60")
        assert guest.get("/posts/").status_code == 200
        held_covers.open()
        assert [each.result().status_code for each in under_way] == [200, 200]
    assert guest.get(addresses[2]).status_code == 200


def test_cover_requests_beyond_the_limit_are_queued(guest, covered, held_covers):
    addresses = [source.url for number in range(3) for source in covered(f"cover{number}", publish=True).cover]
    with ThreadPoolExecutor(len(addresses)) as threads:
        answers = [threads.submit(Browser().get, address) for address in addresses]
        held_covers.wait(2)
        assert len(held_covers.calls) == 2
        held_covers.open()
        assert {answer.result().status_code for answer in answers} == {200}


def test_concurrent_requests_for_a_cover_fetch_it_once(guest, covered, held_covers, monkeypatch):
    address = covered(publish=True).cover[0].url
    with ThreadPoolExecutor() as threads:
        first = threads.submit(Browser().get, address)
        held_covers.wait(1)
        with monkeypatch.context() as later:
            later.setattr(bulkhead, "clock", lambda: time.monotonic() + PATIENT[1])
            assert guest.get(address).status_code == 503  # returns at once instead of waiting for a slow cover
        held_covers.open()
        assert first.result().status_code == 200
    assert len(held_covers.calls) == 1
    assert guest.get(address).status_code == 200


def test_published_cover_is_shared_as_jpeg(guest, covered):
    """LinkedIn does not display WebP."""
    post = covered(publish=True)
    answer = guest.get(f"/posts/cover/{post.cover_id}/share.jpg")
    image = Image.open(io.BytesIO(answer.content))
    assert (image.format, image.size) == ("JPEG", (1200, 630))
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert not answer.cookies
    again = guest.get(f"/posts/cover/{post.cover_id}/share.jpg", headers={"if-none-match": answer["ETag"]})
    assert again.status_code == 304


def test_cover_of_a_draft_is_not_publicly_readable(guest, alice, bob, covered, monkeypatch):
    address = f"/posts/cover/{covered(publish=False).cover_id}/share.jpg"
    assert [browser.get(address).status_code for browser in (guest, bob.browser())] == [404, 404]
    answer = alice.browser().get(address)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-store")
    assert guest.get("/posts/cover/nobody/share.jpg").status_code == 404
    monkeypatch.setattr(AppwriteClient, "call", lambda *_, **__: b"<script>alert(1)</script>")
    assert alice.browser().get(address).status_code == 404


def test_other_sites_may_embed_a_published_cover(guest, covered):
    """Other sites show our feeds. A 304 response also needs the header, because it replaces the cached headers."""
    url = f"/posts/cover/{covered(publish=True).cover_id}/480/"
    first = guest.get(url)
    again = guest.get(url, headers={"if-none-match": first["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    assert {answer["Cross-Origin-Resource-Policy"] for answer in (first, again)} == {"cross-origin"}


def test_public_responses_set_no_cookie_and_no_vary_header(alice, covered, monkeypatch):
    from accounts import session

    post = covered(publish=True)
    monkeypatch.setattr(session, "RENEWAL_INTERVAL", 0)  # each response that may set cookies renews the session
    for browser in (alice.browser(), alice.browser(headers={"accept-language": "en"})):
        answer = browser.get(f"/posts/cover/{post.cover_id}/480/")
        assert not answer.cookies
        assert "Vary" not in answer
    assert alice.browser().get("/posts/").cookies


def test_cover_in_the_browser_cache_returns_304(guest, covered):
    address = f"/posts/cover/{covered(publish=True).cover_id}/480/"
    etag = guest.get(address)["ETag"]
    answer = guest.get(address, headers={"if-none-match": etag})
    assert (answer.status_code, answer.content) == (304, b"")
    assert guest.get(address, headers={"if-none-match": '"other"'}).status_code == 200
    assert guest.head(address)["ETag"] == etag


def test_cover_of_a_draft_is_not_cached(alice, ingrid, covered):
    post = covered(publish=False)
    for person in (alice, ingrid):
        answer = person.browser().get(f"/posts/cover/{post.cover_id}/480/")
        assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-store")


@pytest.mark.parametrize(
    "path", ["{}/481/", "{}/0/", "{}/-480/", "{}/99999999999999999999/", "nobody/480/", "{}x/480/"]
)
def test_invalid_cover_path_returns_404(path, guest, covered):
    post = covered(publish=True)
    assert guest.get(f"/posts/cover/{path.format(post.cover_id)}").status_code == 404


@pytest.mark.parametrize("path", ["../posts/480/", "_x/480/", f"{'a' * 37}/480/", "a b/480/"])
def test_invalid_id_makes_no_call(path, guest, settings):
    settings.APPWRITE_ENDPOINT = NOTHING
    assert guest.get(f"/posts/cover/{path}").status_code == 404


def test_img_element_has_width_and_height(guest, covered):
    post = covered(publish=True)
    detail = guest.get(f"/posts/{post.id}/").content.decode()
    (picture,) = re.findall(r"<img [^>]+>", detail)
    assert 'width="1680" height="1120"' in picture
    assert f"/posts/cover/{post.cover_id}/480/ 480w" in picture
    assert 'alt="En rød flate"' in picture
    assert 'fetchpriority="high"' in picture
    assert "loading" not in picture
    (in_list,) = re.findall(r"<img [^>]+>", guest.get("/posts/").content.decode())
    assert 'loading="lazy"' in in_list
    assert 'alt=""' in in_list


def test_post_without_a_cover_shows_no_empty_frame(guest, published):
    for path in ("/", "/posts/", f"/posts/{published.id}/"):
        page = guest.get(path).content.decode()
        assert "<img" not in page
        assert 'class="pic"' not in page


def test_file_that_is_not_an_image_is_not_served(guest, covered, monkeypatch):
    address = f"/posts/cover/{covered(publish=True).cover_id}/480/"
    monkeypatch.setattr(AppwriteClient, "call", lambda *_, **__: b"<script>alert(1)</script>")
    assert guest.get(address).status_code == 404


@pytest.mark.parametrize("content", [b"RIFF\x00\x00\x00\x00WEBPjunk", picture()[:200], b"", b"<svg onload=alert(1)>"])
def test_file_uploaded_directly_to_appwrite_does_not_break_pages(bob, guest, content):
    """The uploaded file's id and name are those of a cover of the user's own post."""
    mine = policy.row_permissions(bob.id, published=True)
    file = InputFile.from_bytes(content, "cover.webp")
    cover = bob.appwrite.storage.create_file("covers", storage.cover_prefix("hostilerow") + "x", file, mine)
    PostRepository(bob.appwrite).create("hostilerow", bob.user, fields(), publish=True)
    bob.appwrite.db.update_row("app", "posts", "hostilerow", {"coverId": cover.id})
    answer = guest.get(f"/posts/cover/{cover.id}/480/")  # for some file types, Appwrite returns a generic picture
    assert answer.status_code in (200, 404)
    assert b"onload" not in answer.content
    browser = bob.browser()
    browser.post("/posts/hostilerow/delete/")
    browser.post("/posts/hostilerow/undo/")
    assert guest.get("/posts/hostilerow/").status_code == 200
