"""Covers in the form: who sees them, how they are replaced and removed, and which pictures are rejected."""

import io
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from core.appwrite_client import create_admin_client
from posts.covers import images
from posts.covers.storage import CoverRepository
from tests.posts.covers import BLUE, RED, colour_of, files, filled, photo, sized
from tests.posts.test_new import NEW, typed
from tests.users import words


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
    """Return a blue portrait picture with a red stripe.

    The stripe begins at `where` percent of the picture's height. Its own height is a tenth of the picture's height.
    """
    written = io.BytesIO()
    tall = Image.new("RGB", (1200, 1800), BLUE)
    tall.paste(RED, (0, 18 * where, 1200, 18 * where + 180))
    tall.save(written, "PNG")
    return SimpleUploadedFile("ferie.png", written.getvalue(), "image/png")


def has_red(content: bytes) -> bool:
    """Return whether the picture shows the whole red stripe of `portrait`, about 14 rows if scaled to 60."""
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
    """Appwrite 1.9.6 stretches a wide picture that is not cropped at the middle."""
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
    assert (form["cover_x"].value(), form["cover_y"].value()) == ("50", "66")  # percentage of the stored part's height
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
def test_cover_url_with_an_unknown_position_returns_404(name, covered, guest):
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


def test_cover_is_kept_when_the_post_is_saved_again(alice, covered, stored):
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


def test_new_cover_takes_precedence_over_the_remove_checkbox(alice, covered, stored):
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
def test_rejected_picture_shows_an_error_and_the_text_is_kept(picture, sentence, alice):
    answer = alice.browser().post(NEW, filled(cover=picture()))
    form = answer.context["form"]
    assert list(form.errors) == ["cover"]
    assert sentence in " ".join(form.errors["cover"])
    assert sentence in words(answer)
    assert form["content"].value() == "Det er **kaffe** igjen."
    assert form["cover_alt"].value() == "En rød flate"
    assert files() == {}


def test_upload_during_many_others_shows_an_error_and_the_text_is_kept(alice, covered, guest, monkeypatch):
    published = covered(publish=True)
    may_go_on = threading.Event()
    convert = images._webp
    monkeypatch.setattr(images, "_webp", lambda picture: may_go_on.wait() and convert(picture))
    content = photo().read()
    with ThreadPoolExecutor() as others:
        uploads = [others.submit(images.cover, content) for _ in range(images.MAX_UPLOADS)]
        try:
            while images._uploads.acquire(blocking=False):  # until all other uploads have begun
                images._uploads.release()
            page = alice.browser().post(NEW, filled())
            cover = guest.get(f"/posts/cover/{published.cover_id}/480/top-left/")
        finally:
            may_go_on.set()
    assert all(upload.result() for upload in uploads)
    form = page.context["form"]
    assert "Akkurat nå laster mange opp bilder. Prøv igjen om litt." in words(page)
    assert form["content"].value() == "Det er **kaffe** igjen."
    assert cover.status_code == 200  # cropping a cover for a reader does not wait for uploads
    assert alice.browser().post(NEW, filled()).status_code == 302


def test_cover_without_a_description_is_rejected(alice, covered):
    answer = alice.browser().post(NEW, filled(cover_alt="  "))
    assert "Beskriv bildet for dem som ikke ser det." in words(answer)
    assert answer.context["form"]["pending_cover"].value()
    post = covered(publish=False)
    answer = alice.browser().post(f"/posts/{post.id}/edit/", typed(post.id, cover_id=post.cover_id))
    assert list(answer.context["form"].errors) == ["cover_alt"]


def test_cover_description_that_is_too_long_is_rejected(alice):
    assert list(alice.browser().post(NEW, filled(cover_alt="x" * 301)).context["form"].errors) == ["cover_alt"]


def test_request_body_that_is_too_large_is_not_read(alice):
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
