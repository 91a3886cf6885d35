"""Covers: uploading them, storing them until the form is saved, and serving them in three widths."""

import io
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from appwrite.input_file import InputFile
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from core import bulkhead, errors
from core.appwrite_client import AppwriteClient, create_admin_client, create_guest_client
from posts import cover_sizes, policy
from posts.covers import images, storage
from posts.covers.storage import CoverRepository
from posts.editing import pending_covers
from posts.repository import PostRepository
from tests.conftest import PATIENT, fields, picture
from tests.count_calls import count_calls
from tests.posts.test_new import NEW, typed
from tests.users import Browser, words

AWAY = "http://127.0.0.1:9/v1"
RED, BLUE = (255, 0, 0), (0, 0, 255)


def photo(colour=RED, size=(1200, 800), kind="JPEG", name="ferie.jpg") -> SimpleUploadedFile:
    """Return a picture as a browser uploads it."""
    written = io.BytesIO()
    Image.new("RGB", size, colour).save(written, kind)
    return SimpleUploadedFile(name, written.getvalue(), "image/jpeg")


def filled(**changes) -> dict[str, object]:
    """Return the data of a completed form with a cover."""
    return typed(**{"cover": photo(), "cover_alt": "En rød flate", **changes})


def files() -> dict[str, list[str]]:
    """Return the permissions of each file in the bucket, by file id."""
    return {file.id: list(file.permissions) for file in create_admin_client().storage.list_files("covers").files}


def colour_of(content: bytes) -> str:
    red, _green, blue = Image.open(io.BytesIO(content)).convert("RGB").getpixel((5, 5))
    return "red" if red > blue else "blue"


# -- in the form ------------------------------------------------------------------------------------------------------
def test_draft_cover_is_visible_only_to_its_author(alice, bob, guest, stored):
    answer = alice.browser().post(NEW, filled())
    assert answer["Location"] == "/posts/abcdefgh27/edit/"
    data = stored("abcdefgh27").data
    assert data["coverAlt"] == "En rød flate"
    assert files() == {data["coverId"]: [f'{act}("user:{alice.id}")' for act in ("read", "update", "delete")]}
    address = f"/posts/cover/{data['coverId']}/960/"
    assert alice.browser().get(address).status_code == 200
    assert [browser.get(address).status_code for browser in (guest, bob.browser())] == [404, 404]


def test_cover_of_a_published_post_is_public(alice, guest, stored):
    alice.browser().post(NEW, filled(act="publish"))
    cover = stored("abcdefgh27").data["coverId"]
    for page in ("/", "/posts/", "/posts/abcdefgh27/"):
        assert f"/posts/cover/{cover}/" in guest.get(page).content.decode()
    assert colour_of(guest.get(f"/posts/cover/{cover}/960/").content) == "red"


def test_stored_cover_has_no_metadata(alice, stored):
    taken = Image.Exif()
    taken[0x010F] = "Kamerafabrikken"
    written = io.BytesIO()
    Image.new("RGB", (4000, 3000), RED).save(written, "JPEG", exif=taken)
    alice.browser().post(NEW, filled(cover=SimpleUploadedFile("GPS.jpg", written.getvalue())))
    file = create_admin_client().storage.get_file("covers", stored("abcdefgh27").data["coverId"])
    content = CoverRepository(alice.appwrite).original(file.id)
    assert (file.name, file.mimetype) == ("cover.webp", "image/webp")
    assert b"Kamerafabrikken" not in content
    assert Image.open(io.BytesIO(content)).size == (1584, 1188)


def test_form_shows_the_cover_and_its_description(alice, covered):
    post = covered(publish=False)
    page = alice.browser().get(f"/posts/{post.id}/edit/")
    assert page.context["form"]["cover_alt"].value() == "En rød flate"
    assert f'src="/posts/cover/{post.cover_id}/960/"' in page.content.decode()


# -- the focal point --------------------------------------------------------------------------------------------------
def portrait(where: int) -> SimpleUploadedFile:
    """Return a blue picture in portrait format, red from `where` percent of its height, for a tenth of its height."""
    written = io.BytesIO()
    tall = Image.new("RGB", (1200, 1800), BLUE)
    tall.paste(RED, (0, 18 * where, 1200, 18 * where + 180))
    tall.save(written, "PNG")
    return SimpleUploadedFile("ferie.png", written.getvalue(), "image/png")


def has_red(content: bytes) -> bool:
    """Return whether the red stripe is entirely in the picture: a picture of `portrait` is 14 of 60 rows red."""
    column = Image.open(io.BytesIO(content)).convert("RGB").resize((1, 60))
    rows = [column.getpixel((0, row)) for row in range(60)]
    return sum(red > blue for red, _green, blue in rows) >= 7 and not any(
        red > blue for red, _green, blue in (rows[0], rows[-1])
    )


@pytest.mark.parametrize("where", [10, 30, 45, 60, 80])
def test_portrait_is_cropped_around_its_focal_point_on_every_page(where, alice, guest):
    alice.browser().post(NEW, filled(cover=portrait(where), cover_x="50", cover_y=str(where + 5), act="publish"))
    page = guest.get("/posts/abcdefgh27/").content.decode()
    (shown,) = re.findall(r'<img[^>]* src="(/posts/cover/[^"]+)"', page)
    shared = urlsplit(re.findall(r'og:image" content="([^"]+)"', page)[0]).path
    assert has_red(guest.get(shown).content)
    assert has_red(guest.get(shared).content)
    assert shown in guest.get("/posts/feed/").content.decode()


@pytest.mark.parametrize("size", [(1600, 1000), (1600, 1200), (1000, 1600)])
@pytest.mark.parametrize(("x", "y"), [(50, 20), (80, 80)])
def test_cover_keeps_its_proportions_at_every_focal_point(x, y, size, alice, guest):
    """Appwrite 1.9.6 stretches a wide picture that it crops at another position than the middle."""
    wide, high = size
    picture = Image.new("RGB", size, BLUE)
    picture.paste(RED, (wide * x // 100 - 100, high * y // 100 - 100, wide * x // 100 + 100, high * y // 100 + 100))
    written = io.BytesIO()
    picture.save(written, "PNG")
    chosen = SimpleUploadedFile("ferie.png", written.getvalue(), "image/png")
    alice.browser().post(NEW, filled(cover=chosen, cover_x=str(x), cover_y=str(y), act="publish"))
    page = guest.get("/posts/abcdefgh27/").content.decode()
    shown = re.findall(r'(/posts/cover/[^ "]+) \d+w', page)
    shared = urlsplit(re.findall(r'og:image" content="([^"]+)"', page)[0]).path
    pictures = [Image.open(io.BytesIO(guest.get(url).content)) for url in (*shown, shared)]
    assert [picture.size for picture in pictures] == [(480, 320), (960, 640), (1680, 1120), (1200, 630)]
    assert [picture.format for picture in pictures] == ["WEBP", "WEBP", "WEBP", "JPEG"]
    for picture in pictures:
        left, top, right, bottom = picture.convert("RGB").getchannel("R").point(lambda red: 255 * (red > 128)).getbbox()
        assert abs((right - left) - (bottom - top)) <= 0.05 * (right - left)


def test_focal_point_can_be_moved_without_uploading_the_picture_again(alice, guest, stored):
    browser = alice.browser()
    browser.post(NEW, filled(cover=portrait(0), act="publish"))
    before = stored("abcdefgh27").data
    assert (before["coverX"], before["coverY"]) == (None, None)
    form = browser.get("/posts/abcdefgh27/edit/").context["form"].initial
    assert (form["cover_x"], form["cover_y"]) == (50, 50)
    browser.post("/posts/abcdefgh27/edit/", {**form, "cover_x": "20", "cover_y": "90", "act": "save"})
    after = stored("abcdefgh27").data
    assert (after["coverId"], after["coverX"], after["coverY"]) == (before["coverId"], 20, 90)
    page = guest.get("/posts/").content.decode()
    assert f'class="at-bottom at-left" src="/posts/cover/{after["coverId"]}/480/bottom-left/"' in page
    browser.post("/posts/abcdefgh27/edit/", {**form, "version": "", "act": "save"})
    browser.post(
        "/posts/abcdefgh27/edit/",
        {
            **browser.get("/posts/abcdefgh27/edit/").context["form"].initial,
            "cover_x": "50",
            "cover_y": "50",
            "act": "save",
        },
    )
    assert stored("abcdefgh27").data["coverX"] is None


def test_focal_point_is_in_the_form_and_its_preview_before_saving(alice):
    browser = alice.browser()
    page = browser.post(NEW, filled(cover=portrait(80), cover_x="50", cover_y="85", title=""))
    form = page.context["form"]
    assert (form["cover_x"].value(), form["cover_y"].value()) == ("50", "66")  # in the part that is stored
    typed_again = {name: form[name].value() or "" for name in form.fields if name != "cover"}
    shown = browser.post("/posts/preview/", typed_again).content.decode()
    assert 'class="at-bottom"' in shown


@pytest.mark.parametrize("point", [("101", "50"), ("-1", "50"), ("x", "y"), ("", "")])
def test_invalid_focal_point_is_never_stored(point, alice, stored):
    answer = alice.browser().post(NEW, filled(cover_x=point[0], cover_y=point[1]))
    if answer.status_code == 302:
        assert stored("abcdefgh27").data["coverX"] is None
    else:
        assert "cover_x" in answer.context["form"].errors


@pytest.mark.parametrize("name", ["middle", "center", "TOP", "top-top", "whole-top"])
def test_unknown_position_of_a_cover_is_404(name, covered, guest):
    post = covered(publish=True)
    assert guest.get(f"/posts/cover/{post.cover_id}/480/{name}/").status_code == 404
    assert guest.get(f"/posts/cover/{post.cover_id}/{name}/share.jpg").status_code == 404


def test_whole_cover_of_a_draft_is_visible_only_to_its_author(alice, guest, stored):
    alice.browser().post(NEW, filled(cover=portrait(0)))
    url = f"/posts/cover/{stored('abcdefgh27').data['coverId']}/960/whole/"
    answer = alice.browser().get(url)
    assert Image.open(io.BytesIO(answer.content)).size == (960, 960)
    assert answer["Cache-Control"] == "private, no-store"
    assert guest.get(url).status_code == 404


def test_saving_again_keeps_the_cover(alice, covered, stored):
    post = covered(publish=True)
    browser = alice.browser()
    form = browser.get(f"/posts/{post.id}/edit/").context["form"].initial
    browser.post(f"/posts/{post.id}/edit/", {**form, "title": "Ny tittel", "act": "save"})
    assert (stored(post.id).data["title"], stored(post.id).data["coverId"]) == ("Ny tittel", post.cover_id)
    assert 'read("any")' in files()[post.cover_id]


@pytest.mark.parametrize("publish", [True, False])
def test_new_cover_replaces_the_old_one(publish, alice, covered, stored):
    post = covered(publish=publish)
    answer = alice.browser().post(f"/posts/{post.id}/edit/", filled(post_id=post.id, cover=photo(BLUE)))
    assert answer.status_code == 302
    cover = stored(post.id).data["coverId"]
    assert list(files()) == [cover] != [post.cover_id]
    assert ('read("any")' in files()[cover]) is publish
    assert colour_of(CoverRepository(alice.appwrite).picture(cover, 480)) == "blue"


def test_cover_can_be_removed(alice, covered, stored):
    post = covered(publish=True)
    taken = typed(post.id, remove_cover="on", cover_id=post.cover_id, cover_alt="En rød flate")
    alice.browser().post(f"/posts/{post.id}/edit/", taken)
    data = stored(post.id).data
    assert (data["coverId"], data["coverAlt"]) == (None, None)
    assert files() == {}


def test_new_cover_wins_over_the_remove_checkbox(alice, covered, stored):
    post = covered(publish=False)
    alice.browser().post(f"/posts/{post.id}/edit/", filled(post_id=post.id, cover=photo(BLUE), remove_cover="on"))
    assert colour_of(CoverRepository(alice.appwrite).picture(stored(post.id).data["coverId"], 480)) == "blue"


def test_admin_can_change_another_authors_cover(ingrid, alice, covered, stored):
    post = covered(publish=True)
    ingrid.browser().post(f"/posts/{post.id}/edit/", filled(post_id=post.id, cover=photo(BLUE)))
    ((cover, permissions),) = files().items()
    assert cover == stored(post.id).data["coverId"]
    assert f'delete("user:{alice.id}")' in permissions
    assert ingrid.id not in str(permissions)


def test_admin_can_edit_the_text_of_a_post_with_a_cover(ingrid, alice, covered, stored):
    post = covered(publish=False)
    ingrid.browser().post(f"/posts/{post.id}/edit/", typed(post.id, title="Rettet", cover_alt="En rød flate"))
    assert (stored(post.id).data["title"], stored(post.id).data["coverId"]) == ("Rettet", post.cover_id)


# -- refused pictures -------------------------------------------------------------------------------------------------
def sized(size: int) -> SimpleUploadedFile:
    return SimpleUploadedFile("stort.jpg", b"\xff\xd8" + bytes(size - 2))


REFUSED = [
    (lambda: sized(images.MAX_BYTES + 1), "Bildet er på 8,0 MB. Grensen er 8 MB."),
    (lambda: sized(20 * 1024 * 1024), "Bildet er på 20,0 MB. Grensen er 8 MB."),
    (lambda: photo(size=(5_001, 5_000), kind="PNG"), "Bildet har for mange piksler. Grensen er 25 millioner."),
    (lambda: photo(size=(300, 300)), "Bildet er for lite. Det må ha minst 480 × 320 piksler."),
    (lambda: SimpleUploadedFile("a.jpg", b"bare tekst"), "Dette er ikke et bilde vi kan lese."),
    (lambda: SimpleUploadedFile("a.jpg", b""), "Dette er ikke et bilde vi kan lese."),
    (lambda: SimpleUploadedFile("a.jpg", photo().read()[:400]), "Bildet er ødelagt."),
]


@pytest.mark.parametrize(
    ("picture", "sentence"), REFUSED, ids=["bytes", "more bytes", "points", "small", "text", "empty", "broken"]
)
def test_refused_picture_is_an_error_and_the_text_is_kept(picture, sentence, alice):
    answer = alice.browser().post(NEW, filled(cover=picture()))
    form = answer.context["form"]
    assert list(form.errors) == ["cover"]
    assert sentence in " ".join(form.errors["cover"])
    assert sentence in words(answer)
    assert form["content"].value() == "Det er **kaffe** igjen."
    assert form["cover_alt"].value() == "En rød flate"
    assert files() == {}


def test_cover_needs_a_description(alice, covered):
    answer = alice.browser().post(NEW, filled(cover_alt="  "))
    assert "Beskriv bildet for dem som ikke ser det." in words(answer)
    assert answer.context["form"]["pending_cover"].value()
    post = covered(publish=False)
    answer = alice.browser().post(f"/posts/{post.id}/edit/", typed(post.id, cover_id=post.cover_id))
    assert list(answer.context["form"].errors) == ["cover_alt"]


def test_cover_description_has_a_maximum_length(alice):
    assert list(alice.browser().post(NEW, filled(cover_alt="x" * 301)).context["form"].errors) == ["cover_alt"]


def test_too_large_request_body_is_not_read(alice):
    answer = alice.browser().post(NEW, filled(), headers={"content-length": str(101 * 1024 * 1024)})
    assert answer.status_code == 400


def test_picture_uploads_are_rate_limited(alice, monkeypatch):
    from core import rate_limits

    monkeypatch.setattr(rate_limits, "PICTURES", rate_limits.Limit("pictures", 1, 60))
    browser = alice.browser()
    browser.post("/posts/preview/", filled())
    answer = browser.post("/posts/preview/", filled())
    assert answer.status_code == 429
    assert "Det er **kaffe** igjen." in words(answer)


# -- pending covers ---------------------------------------------------------------------------------------------------
def resubmit(browser, answer, **changes):
    """Submit the returned form again, as a browser does: without the file."""
    form = answer.context["form"]
    sent = {name: form[name].value() or "" for name in form.fields if name not in ("cover", "remove_cover")}
    return browser.post(answer.context["action"], {**sent, "act": "save", **changes})


def pending_cover_url(page) -> str:
    """Return the URL of the form's pending cover."""
    found = re.search(r'src="(/posts/cover/pending/[^"]+)"', page.content.decode())
    assert found is not None
    return found[1]


def test_preview_shows_the_cover_and_keeps_it(alice, stored):
    browser = alice.browser()
    page = browser.post("/posts/preview/", filled())
    assert (
        page.content.decode().count(f'src="{pending_cover_url(page)}"') == 2
    )  # once in the form and once above the text
    shown = browser.get(pending_cover_url(page))
    assert (shown["Content-Type"], shown["Cache-Control"]) == ("image/webp", "private, no-store")
    assert colour_of(shown.content) == "red"
    assert files() == {}
    assert resubmit(browser, page)["Location"] == "/posts/abcdefgh27/edit/"
    assert list(files()) == [stored("abcdefgh27").data["coverId"]]


def test_cover_is_kept_when_another_field_is_invalid(alice, stored):
    browser = alice.browser()
    page = browser.post(NEW, filled(title=""))
    resubmit(browser, page, title="Nå med tittel")
    assert stored("abcdefgh27").data["coverId"] in files()


def test_cover_is_kept_during_an_outage(alice, settings, appwrite, stored):
    browser = alice.browser()
    browser.get("/posts/mine/")
    settings.APPWRITE_ENDPOINT = AWAY
    page = browser.post(NEW, filled())
    assert page.status_code == 503
    settings.APPWRITE_ENDPOINT = appwrite.endpoint
    resubmit(browser, page)
    assert stored("abcdefgh27").data["coverId"] in files()


def test_cover_is_kept_when_the_session_has_ended(alice, stored):
    browser = alice.browser()
    browser.get("/posts/mine/")
    alice.end_session()
    page = browser.post(NEW, filled())
    assert page.status_code == 403
    assert browser.get(pending_cover_url(page)).status_code == 200


def test_cover_is_kept_in_a_conflict(alice, covered, stored):
    post = covered(publish=False)
    browser = alice.browser()
    old = browser.get(f"/posts/{post.id}/edit/").context["form"].initial
    PostRepository(alice.appwrite).update(post, fields(title="Fra et annet vindu", cover_alt="En rød flate"))
    page = browser.post(f"/posts/{post.id}/edit/", {**old, "title": "Min", "cover": photo(BLUE), "act": "save"})
    assert page.status_code == 409
    assert "et nytt bilde" in words(page)
    resubmit(browser, page)
    assert stored(post.id).data["title"] == "Min"
    assert colour_of(CoverRepository(alice.appwrite).picture(stored(post.id).data["coverId"], 480)) == "blue"


def test_newer_stored_cover_keeps_its_own_description(alice, covered, stored):
    """Alice keeps her text, but the stored cover was replaced, so her description no longer matches it."""
    post = covered(publish=True)
    browser = alice.browser()
    old = browser.get(f"/posts/{post.id}/edit/").context["form"].initial
    other = fields(title="Alices bilde", cover=images.cover(photo(BLUE).read()).content, cover_alt="En blå flate")
    PostRepository(alice.appwrite).update(post, other)
    page = browser.post(f"/posts/{post.id}/edit/", {**old, "title": "Min", "act": "save"})
    assert page.status_code == 409
    resubmit(browser, page)
    kept = stored(post.id).data
    assert (kept["title"], kept["coverAlt"]) == ("Min", "En blå flate")


def test_cover_is_kept_when_the_post_was_deleted(alice, covered, stored):
    post = covered(publish=False)
    browser = alice.browser()
    browser.post(f"/posts/{post.id}/delete/")
    page = browser.post(f"/posts/{post.id}/edit/", filled(post_id=post.id, state="draft", cover_id=post.cover_id))
    assert page.status_code == 404
    new = resubmit(browser, page)["Location"].split("/")[2]
    assert list(files()) == [stored(new).data["coverId"]]


def test_picture_uploaded_by_a_guest_is_not_cached(guest):
    page = guest.post(NEW, filled())
    assert page.status_code == 403
    assert "Vi kunne ikke ta vare på bildet. Velg det på nytt." in words(page)
    assert not page.context["form"]["pending_cover"].value()


def test_expired_pending_cover_is_an_error_at_its_field(alice, monkeypatch):
    monkeypatch.setattr(pending_covers, "TTL", 0)
    browser = alice.browser()
    answer = resubmit(browser, browser.post("/posts/preview/", filled()))
    assert "Bildet du valgte, er ikke lenger tilgjengelig. Velg det på nytt." in words(answer)
    assert files() == {}


@pytest.mark.parametrize("key", ["", "nobody", "a/b", "x:y", "../../etc/passwd"])
def test_forged_key_of_a_pending_cover_is_ignored(key, alice):
    answer = alice.browser().post(NEW, typed(pending_cover=key))
    assert answer.status_code == (200 if key else 302)
    assert alice.browser().get(f"/posts/cover/pending/{key or '-'}/").status_code == 404


def test_autosave_does_not_change_the_cover(alice, covered, stored):
    post = covered(publish=False)
    browser = alice.browser()
    page = browser.post("/posts/preview/", filled(post_id=post.id, state="draft", cover_id=post.cover_id))
    resubmit(browser, page, act="autosave", title="Mens jeg skriver")
    assert (stored(post.id).data["title"], stored(post.id).data["coverId"]) == ("Mens jeg skriver", post.cover_id)


# -- serving covers ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("width", cover_sizes.WIDTHS)
def test_published_cover_is_served_and_cached_in_each_width(width, guest, covered):
    post = covered(publish=True)
    answer = guest.get(f"/posts/cover/{post.cover_id}/{width}/")
    assert Image.open(io.BytesIO(answer.content)).size == (width, width * 2 // 3)
    assert answer["Content-Type"] == "image/webp"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "Content-Encoding" not in answer


def test_cover_url_in_a_different_case_is_404(guest, covered):
    """Appwrite ignores case in ids, so a visitor could otherwise fill the caches with copies of one cover."""
    post = covered(publish=True)
    with count_calls() as calls:
        for page in ("480/", "share.jpg"):
            assert guest.get(f"/posts/cover/{post.cover_id.upper()}/{page}").status_code == 404
    assert calls == []


def test_failed_cover_is_not_fetched_again_at_once(guest, covered, appwrite):
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


def test_cover_of_a_draft_has_no_public_readers(guest, alice, bob, covered, monkeypatch):
    address = f"/posts/cover/{covered(publish=False).cover_id}/share.jpg"
    assert [browser.get(address).status_code for browser in (guest, bob.browser())] == [404, 404]
    answer = alice.browser().get(address)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-store")
    assert guest.get("/posts/cover/nobody/share.jpg").status_code == 404
    monkeypatch.setattr(AppwriteClient, "call", lambda *_, **__: b"<script>alert(1)</script>")
    assert alice.browser().get(address).status_code == 404


def test_other_sites_may_embed_a_published_cover(guest, covered):
    """Other sites show our feeds. A 304 needs the header too, as it replaces the headers in the browser's cache."""
    url = f"/posts/cover/{covered(publish=True).cover_id}/480/"
    first = guest.get(url)
    again = guest.get(url, headers={"if-none-match": first["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    assert {answer["Cross-Origin-Resource-Policy"] for answer in (first, again)} == {"cross-origin"}


def test_public_responses_have_no_cookie_and_no_vary(alice, covered, monkeypatch):
    from accounts import session

    post = covered(publish=True)
    monkeypatch.setattr(session, "RENEWAL_INTERVAL", 0)  # every response that may set cookies renews the session cookie
    for browser in (alice.browser(), alice.browser(headers={"accept-language": "en"})):
        answer = browser.get(f"/posts/cover/{post.cover_id}/480/")
        assert not answer.cookies
        assert "Vary" not in answer
    assert alice.browser().get("/posts/").cookies


def test_cover_in_the_browser_cache_is_304(guest, covered):
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
def test_invalid_cover_path_is_404(path, guest, covered):
    post = covered(publish=True)
    assert guest.get(f"/posts/cover/{path.format(post.cover_id)}").status_code == 404


@pytest.mark.parametrize("path", ["../posts/480/", "_x/480/", f"{'a' * 37}/480/", "a b/480/"])
def test_invalid_id_makes_no_call(path, guest, settings):
    settings.APPWRITE_ENDPOINT = AWAY
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


def test_post_without_a_cover_has_no_empty_frame(guest, published):
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


# -- publishing and unpublishing --------------------------------------------------------------------------------------
def act(person, post, name: str):
    return person.browser().post(f"/posts/{post.id}/{name}/", {"confirmed": post.author_id})


def everybody_sees(post) -> bool:
    try:
        return bool(CoverRepository(create_guest_client()).picture(post.cover_id, 480))
    except errors.NotFoundError:
        return False


@pytest.mark.parametrize("who", ["alice", "ingrid"])
def test_cover_permissions_follow_the_post(who, alice, ingrid, covered):
    person = {"alice": alice, "ingrid": ingrid}[who]
    post = covered(publish=False)
    act(person, post, "publish")
    assert everybody_sees(post)
    act(person, post, "unpublish")
    assert not everybody_sees(post)
    assert f'update("user:{alice.id}")' in files()[post.cover_id]
    act(person, post, "delete")
    assert files() == {}


def test_publishing_makes_the_cover_public_before_the_post(alice, appwrite, guest, covered):
    post = covered(publish=False)
    appwrite.faults.add("storage.updateFile", status=503)
    assert act(alice, post, "publish").status_code == 503
    assert guest.get(f"/posts/{post.id}/").status_code == 404  # a post is never public without its cover


def test_saving_after_a_failed_publish_makes_the_cover_private_again(alice, appwrite, guest, covered):
    post = covered(publish=False)
    appwrite.faults.add("tablesDB.updateRow", status=503)
    assert act(alice, post, "publish").status_code == 503
    assert guest.get(f"/posts/{post.id}/").status_code == 404
    appwrite.faults.clear()
    alice.browser().post(f"/posts/{post.id}/edit/", typed(post.id, title="Ny", cover_alt="En rød flate"))
    assert not everybody_sees(post)


def test_unpublishing_makes_the_post_private_before_the_cover(alice, appwrite, guest, covered):
    post = covered(publish=True)
    appwrite.faults.add("tablesDB.updateRow", status=503)
    act(alice, post, "unpublish")
    assert guest.get(f"/posts/{post.id}/").status_code == 200
    assert everybody_sees(post)  # a post is never public without its cover
    appwrite.faults.clear()
    appwrite.faults.add("storage.updateFile", status=503)
    assert act(alice, post, "unpublish").status_code == 503
    assert guest.get(f"/posts/{post.id}/").status_code == 404
    appwrite.faults.clear()
    act(alice, post, "unpublish")
    assert not everybody_sees(post)


def test_old_cover_is_kept_if_the_new_one_cannot_be_stored(alice, appwrite, covered, stored):
    post = covered(publish=True)
    appwrite.faults.add("storage.createFile", status=503)
    page = alice.browser().post(f"/posts/{post.id}/edit/", filled(post_id=post.id, cover=photo(BLUE)))
    assert page.status_code == 503
    assert (stored(post.id).data["coverId"], list(files())) == (post.cover_id, [post.cover_id])


def test_uploaded_cover_is_deleted_if_the_row_is_refused(alice, appwrite, covered, stored):
    post = covered(publish=True)
    appwrite.faults.add("tablesDB.updateRow", status=400, type="row_invalid_structure")
    page = alice.browser().post(f"/posts/{post.id}/edit/", filled(post_id=post.id, cover=photo(BLUE)))
    assert page.status_code == 400
    assert (stored(post.id).data["coverId"], list(files())) == (post.cover_id, [post.cover_id])


def test_cover_is_kept_if_the_response_to_the_save_is_lost(alice, appwrite, guest, covered, stored):
    """The row was written and refers to the new file, so the site must not delete that file."""
    post = covered(publish=True)
    appwrite.faults.add("tablesDB.updateRow", drop=True, after=True, first=1)
    page = alice.browser().post(f"/posts/{post.id}/edit/", filled(post_id=post.id, cover=photo(BLUE)))
    assert page.status_code == 302
    cover = stored(post.id).data["coverId"]
    assert cover != post.cover_id
    assert colour_of(guest.get(f"/posts/cover/{cover}/480/").content) == "blue"


def test_failure_to_delete_an_old_cover_is_only_logged(alice, appwrite, covered, stored, caplog):
    post = covered(publish=True)
    appwrite.faults.add("storage.deleteFile", status=503)
    page = alice.browser().post(f"/posts/{post.id}/edit/", filled(post_id=post.id, cover=photo(BLUE)))
    assert page.status_code == 302
    assert stored(post.id).data["coverId"] != post.cover_id
    assert f"cover {post.cover_id} could not be deleted" in caplog.text


def test_missing_cover_does_not_stop_publishing_and_deleting(alice, guest, covered):
    post = covered(publish=False)
    create_admin_client().storage.delete_file("covers", post.cover_id)
    act(alice, post, "publish")
    assert guest.get(f"/posts/{post.id}/").status_code == 200
    assert guest.get(f"/posts/cover/{post.cover_id}/480/").status_code == 404
    act(alice, post, "delete")
    assert guest.get(f"/posts/{post.id}/").status_code == 404


# -- rows written directly to Appwrite --------------------------------------------------------------------------------
def hostile(bob, row_id="hostilerow", **data):
    mine = [f'{act}("user:{bob.id}")' for act in ("read", "update", "delete")]
    row = {"title": "Min", "content": "x", "status": "published", "authorId": bob.id}
    row |= {"createdAt": "2026-01-01T00:00:00Z", "publishedAt": "2026-01-01T00:00:00Z", **data}
    return bob.appwrite.db.create_row("app", "posts", row_id, row, ['read("any")', *mine])


@pytest.mark.parametrize("publish", [True, False])
def test_row_cannot_show_the_cover_of_another_post(publish, bob, guest, covered):
    post = covered(publish=publish)
    hostile(bob, coverId=post.cover_id, coverAlt="Stjålet")
    page = guest.get("/posts/hostilerow/")
    assert page.status_code == 200
    assert post.cover_id not in page.content.decode()


def test_deleting_a_row_with_a_foreign_cover_keeps_the_file(bob, ingrid, covered):
    post = covered(publish=True)
    row = hostile(bob, coverId=post.cover_id)
    before = files()
    for name in ("unpublish", "publish", "delete"):
        answer = ingrid.browser().post(f"/posts/{row.id}/{name}/", {"confirmed": bob.id})
        assert answer.status_code == 302
    assert files() == before


@pytest.mark.parametrize("cover_id", ["../../etc", "x" * 36, "", "a b", "alicecover"])
def test_invalid_file_id_is_not_a_cover(cover_id, bob, guest):
    hostile(bob, coverId=cover_id, coverAlt="x" * 300)
    for path in ("/", "/posts/", "/posts/hostilerow/"):
        page = guest.get(path)
        assert page.status_code == 200
        assert "<img" not in page.content.decode()


def test_description_cannot_break_out_of_its_attribute(alice, guest):
    alice.browser().post(NEW, filled(cover_alt='"><script>alert(1)</script>', act="publish"))
    assert "<script>alert(1)" not in guest.get("/posts/abcdefgh27/").content.decode()


def test_appwrite_does_not_allow_members_to_read_or_change_a_draft_cover(bob, covered):
    post = covered(publish=False)
    with pytest.raises(errors.NotFoundError):
        CoverRepository(bob.appwrite).picture(post.cover_id, 480)
    with pytest.raises(errors.NotFoundError):
        CoverRepository(bob.appwrite).original(post.cover_id)
    with pytest.raises(errors.NotAllowedError):
        bob.appwrite.storage.update_file("covers", post.cover_id, permissions=['read("any")'])
    with pytest.raises(errors.NotAllowedError):
        bob.appwrite.storage.delete_file("covers", post.cover_id)


def test_form_with_a_picture_and_without_a_csrf_token_keeps_its_text(alice):
    answer = alice.browser(enforce_csrf_checks=True).post(NEW, filled())
    assert answer.status_code == 403
    assert "En rød flate" in words(answer)
