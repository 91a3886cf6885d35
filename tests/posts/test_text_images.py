"""Images in the text: uploading them, who can see them, and where they are shown."""

import io
import re
from contextlib import suppress

import pytest
from appwrite.input_file import InputFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from PIL import Image

from core import errors, rate_limits
from core.appwrite_client import AppwriteClient, create_admin_client
from posts import image_ids, markdown, policy, scheduling
from posts.covers import images
from posts.covers.text_images import ImageRepository
from posts.repository import PostRepository
from tests.conftest import fields
from tests.count_calls import count_calls
from tests.posts.covers import photo, sized
from tests.posts.test_new import NEW, typed
from tests.users import words

ADD = "/posts/image/"
ID = "abcdefgh27"
SCRIPT = {"X-Requested-With": "fetch"}
IN_TEXT = re.compile(r"!\[(.*)\]\((/posts/image/([a-z0-9-]+)/)\)")


def upload(browser, post_id=ID, **changes):
    """Upload an image as images.js does, and return the response."""
    return browser.post(ADD, {"post_id": post_id, "image": photo(), **changes}, headers=SCRIPT)


def added(browser, post_id=ID, **changes) -> str:
    """Upload an image as images.js does, and return its Markdown."""
    return upload(browser, post_id, **changes).json()["markdown"]


def id_in(markup: str) -> str:
    found = IN_TEXT.search(markup)
    assert found is not None
    return found[3]


def files() -> dict[str, list[str]]:
    """Return the permissions of each file in the bucket, by file id."""
    return {file.id: list(file.permissions) for file in create_admin_client().storage.list_files("images").files}


def public_files() -> set[str]:
    return {file_id for file_id, permissions in files().items() if policy.READ_BY_EVERYONE in permissions}


def image_url(markup: str) -> str:
    return f"/posts/image/{id_in(markup)}/"


@pytest.fixture
def with_image(illustrated):
    """Return a function that creates Alice's post with one image, and returns the post and the image's id."""

    def create(*, publish: bool, post_id: str = ID):
        image = illustrated(post_id, publish=publish)
        return PostRepository(create_admin_client()).get(post_id), image.id

    return create


# -- uploading ---------------------------------------------------------------------------------------------------------
def test_image_is_added_without_scripts_and_the_form_is_kept(alice):
    form = {**typed(title=""), "image": photo(), "image_alt": "Et *rødt* [eple]"}
    page = alice.browser().post(ADD, form)
    text = page.context["form"]["content"].value()
    assert text.startswith("Det er **kaffe** igjen.\n\n![Et \\*rødt\\* \\[eple\\]](/posts/image/")
    assert not page.context["form"].errors
    assert page.context["form"]["tags"].value() == "Kaffe, mat"
    assert "Bildet står nå nederst i teksten." in words(page)
    html = markdown.render(text, post_id=ID)
    assert 'alt="Et *rødt* [eple]"' in html
    assert files() == {id_in(text): [f'{act}("user:{alice.id}")' for act in ("read", "update", "delete")]}


def test_image_is_added_with_its_caption_without_scripts(alice):
    form = {**typed(), "image": photo(), "image_alt": "Et eple", "image_caption": 'Foto: "Ada" & *Bo* \\'}
    text = alice.browser().post(ADD, form).context["form"]["content"].value()
    html = markdown.render(text, post_id=ID)
    assert "<figcaption>Foto: &quot;Ada&quot; &amp; *Bo* \\</figcaption>" in html.replace('"Ada"', "&quot;Ada&quot;")


def test_script_gets_the_markdown_of_the_image(alice):
    answer = upload(alice.browser())
    assert answer.status_code == 200
    assert IN_TEXT.fullmatch(answer.json()["markdown"])


@pytest.mark.parametrize("act", ["save", "publish", "preview"])
def test_image_that_was_chosen_but_not_added_is_added_by_any_button(act, alice):
    address = "/posts/preview/" if act == "preview" else NEW
    page = alice.browser().post(address, {**typed(act=act), "image": photo()})
    assert page.status_code == 200
    assert image_ids.find(page.context["form"].text, ID) == tuple(files())


def test_adding_an_image_keeps_a_cover_that_was_chosen_but_not_saved(alice):
    form = {**typed(), "cover": photo(), "cover_alt": "Et eple", "image": photo()}
    page = alice.browser().post(ADD, form)
    assert page.context["form"]["pending_cover"].value()
    assert len(files()) == 1


def test_stored_image_has_no_metadata_and_keeps_its_aspect_ratio(alice):
    taken = Image.Exif()
    taken[0x010F] = "Kamerafabrikken"
    written = io.BytesIO()
    Image.new("RGB", (4000, 1000), (255, 0, 0)).save(written, "JPEG", exif=taken)
    markup = added(alice.browser(), image=SimpleUploadedFile("GPS.jpg", written.getvalue()))
    file = create_admin_client().storage.get_file("images", id_in(markup))
    content = bytes(create_admin_client().storage.get_file_download("images", file.id))
    assert (file.name, file.mimetype) == ("image.webp", "image/webp")
    assert b"Kamerafabrikken" not in content
    assert Image.open(io.BytesIO(content)).size == (1600, 400)
    assert file.id.endswith("-1600x400")


@pytest.mark.parametrize(
    ("size", "stored"), [((20, 30), (20, 30)), ((900, 9000), (320, 3200)), ((4000, 1), (1600, 1)), ((1, 1), (1, 1))]
)
def test_image_of_any_shape_is_accepted(size, stored):
    picture = images.text_image(photo(size=size, kind="PNG").read())
    assert (picture.width, picture.height) == stored
    assert Image.open(io.BytesIO(picture.content)).size == stored


def test_largest_noise_image_is_within_the_buckets_size_limit():
    noise = Image.effect_noise((image_ids.MAX_WIDTH, image_ids.MAX_HEIGHT), 200).convert("RGB")
    assert len(images._webp(noise)) < 5 * 1024 * 1024


REFUSED = [
    (lambda: sized(images.MAX_BYTES + 1), "Bildet er på 8,0 MB. Grensen er 8 MB."),
    (lambda: photo(size=(5_001, 5_000), kind="PNG"), "Bildet har for mange piksler. Grensen er 25 millioner."),
    (lambda: photo(size=(5_001, 5_000)), "Bildet har for mange piksler. Grensen er 25 millioner."),
    (lambda: SimpleUploadedFile("a.pdf", b"%PDF-1.4"), "Dette er ikke et bilde vi kan lese."),
    (lambda: SimpleUploadedFile("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "Dette er ikke et bilde"),
    (lambda: SimpleUploadedFile("a.jpg", photo().read()[:400]), "Bildet er ødelagt."),
    (lambda: "", "Velg et bilde først."),
]


@pytest.mark.parametrize(
    ("picture", "sentence"), REFUSED, ids=["bytes", "png pixels", "jpeg pixels", "pdf", "svg", "broken", "none"]
)
@pytest.mark.parametrize("by_script", [True, False])
def test_rejected_image_is_explained_and_the_text_is_kept(picture, sentence, by_script, alice):
    form = {**typed(), "image": picture(), "image_alt": "Et eple"}
    answer = alice.browser().post(ADD, form, headers=SCRIPT if by_script else {})
    if by_script:
        assert answer.status_code == 400
        assert sentence in answer.json()["said"]
    else:
        assert sentence in words(answer)
        assert answer.context["form"].text == "Det er **kaffe** igjen."
        assert answer.context["image_form"]["image_alt"].value() == "Et eple"
    assert files() == {}


def test_image_uploads_are_rate_limited(alice, monkeypatch):
    monkeypatch.setattr(rate_limits, "PICTURES", rate_limits.Limit("pictures", 1, 60))
    browser = alice.browser()
    assert [upload(browser).status_code for _ in range(2)] == [200, 429]


def test_image_uploads_that_claim_to_be_autosaves_are_rate_limited(alice, monkeypatch):
    """Otherwise, one person could keep the server busy by uploading pictures for any number of new posts."""
    monkeypatch.setattr(rate_limits, "PICTURES", rate_limits.Limit("pictures", 1, 60))
    browser = alice.browser()
    assert [upload(browser, act="autosave").status_code for _ in range(2)] == [200, 429]
    assert len(files()) == 1


def test_number_of_images_per_post_is_limited(alice, monkeypatch):
    monkeypatch.setattr(image_ids, "MAX_IMAGES", 1)
    browser = alice.browser()
    added(browser)
    answer = upload(browser)
    assert (answer.status_code, answer.json()["said"]) == (
        400,
        "Et innlegg kan ha 1 bilder, medregnet dem du har fjernet fra teksten.",
    )
    assert upload(browser, "another2345").status_code == 200


def test_signed_out_writer_keeps_the_text(alice):
    browser = alice.browser()
    alice.end_session()
    page = browser.post(ADD, {**typed(), "image": photo()})
    assert page.status_code == 403
    assert page.context["form"].text == "Det er **kaffe** igjen."
    assert files() == {}


def test_members_who_cannot_publish_cannot_change_their_image_over_rest(bob, settings):
    settings.POSTS_WRITERS = "label:editor"
    markup = added(bob.browser())
    assert files()[id_in(markup)] == [f'read("user:{bob.id}")']


# -- who may upload for which post -------------------------------------------------------------------------------------
def test_only_people_who_may_edit_a_post_can_add_images_to_it(bob, published):
    answer = upload(bob.browser(), published.id)
    assert (answer.status_code, answer.json()["said"]) == (403, "Bare den som skrev innlegget, kan endre det.")
    assert files() == {}


def test_upload_with_the_id_of_someone_elses_draft_belongs_to_the_uploader(alice, bob, draft):
    """Bob cannot see the draft, so his upload is treated as an image for a new post."""
    markup = added(bob.browser(), draft.id)
    assert files()[id_in(markup)] == [f'{act}("user:{bob.id}")' for act in ("read", "update", "delete")]
    assert ImageRepository(create_admin_client()).of_post(draft.id, alice.id) == []
    edit = typed(draft.id, content=f"Sett inn: {markup}", act="publish", version=draft.stamp)
    alice.browser().post(f"/posts/{draft.id}/edit/", edit)
    assert public_files() == set()


def test_admin_adds_an_image_for_the_author(alice, ingrid, draft, caplog):
    markup = added(ingrid.browser(), draft.id)
    assert files()[id_in(markup)] == [f'{act}("user:{alice.id}")' for act in ("read", "update", "delete")]
    assert f"act=add_image post={draft.id} author={alice.id}" in caplog.text


def test_admin_can_save_and_publish_another_persons_post_with_images(alice, ingrid, guest, with_image):
    post, image = with_image(publish=False)
    browser = ingrid.browser()
    form = browser.get(f"/posts/{post.id}/edit/").context["form"].initial
    browser.post(f"/posts/{post.id}/edit/", {**form, "title": "Rettet", "act": "publish", "confirmed": "alice"})
    assert guest.get(f"/posts/image/{image}/").status_code == 200
    assert f'update("user:{alice.id}")' in files()[image]
    assert ingrid.id not in str(files()[image])


# -- readers -----------------------------------------------------------------------------------------------------------
def test_image_of_a_draft_is_readable_only_by_its_author_and_admins(alice, bob, ingrid, guest, with_image):
    _, image = with_image(publish=False)
    address = f"/posts/image/{image}/480/"
    assert [who.get(address).status_code for who in (guest, bob.browser())] == [404, 404]
    for browser in (alice.browser(), ingrid.browser()):
        answer = browser.get(address)
        assert (answer.status_code, answer["Cache-Control"]) == (200, "private, max-age=3600")
        assert "Cross-Origin-Resource-Policy" not in answer or answer["Cross-Origin-Resource-Policy"] != "cross-origin"


def test_image_of_a_published_post_is_public_in_each_width(guest, with_image):
    post, image = with_image(publish=True)
    page = guest.get(f"/posts/{post.id}/").content.decode()
    for width in (480, 960):
        address = f"/posts/image/{image}/{width}/"
        assert address in page
        answer = guest.get(address)
        assert Image.open(io.BytesIO(answer.content)).size == (width, width * 2 // 3)
        assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer["Content-Type"] == "image/webp"
    assert 'width="960" height="640" loading="lazy" alt=""' in page


def test_publishing_and_unpublishing_change_the_readers(alice, guest, with_image):
    post, image = with_image(publish=False)
    browser, address = alice.browser(), f"/posts/image/{image}/"
    for act, status in (("publish", 200), ("unpublish", 404), ("publish", 200)):
        browser.post(f"/posts/{post.id}/{act}/")
        assert guest.get(address).status_code == status


def test_image_added_to_a_published_post_becomes_public_when_the_text_is_saved(alice, guest, published):
    browser = alice.browser()
    markup = added(browser, published.id)
    assert guest.get(image_url(markup)).status_code == 404
    form = browser.get(f"/posts/{published.id}/edit/").context["form"].initial
    browser.post(f"/posts/{published.id}/edit/", {**form, "content": f"Se:\n\n{markup}", "act": "save"})
    assert guest.get(image_url(markup)).status_code == 200


def test_image_removed_from_a_published_text_becomes_private(alice, guest, with_image):
    post, image = with_image(publish=True)
    browser = alice.browser()
    form = browser.get(f"/posts/{post.id}/edit/").context["form"].initial
    browser.post(f"/posts/{post.id}/edit/", {**form, "content": "Uten bilde.", "act": "save"})
    assert guest.get(f"/posts/image/{image}/").status_code == 404
    assert list(files()) == [image]


@pytest.fixture
def order(monkeypatch):
    """Return a list that records each write to Appwrite: the service and, for a file, whether it becomes public."""
    sent, call = [], AppwriteClient.call

    def recorded(client, method, path="", headers=None, params=None, **options):
        result = call(client, method, path, headers, params, **options)
        if method in ("put", "patch", "post") and "/files/" in path:
            sent.append("public file" if policy.READ_BY_EVERYONE in params["permissions"] else "private file")
        elif method in ("put", "patch", "post") and "/tables/posts/rows" in path:
            sent.append("row")
        return result

    monkeypatch.setattr(AppwriteClient, "call", recorded)
    return sent


def test_no_reader_sees_a_post_with_hidden_images(alice, with_image, order):
    post, _ = with_image(publish=False)
    order.clear()
    alice.browser().post(f"/posts/{post.id}/publish/")
    assert order == ["public file", "row"]
    order.clear()
    alice.browser().post(f"/posts/{post.id}/unpublish/")
    assert order == ["row", "private file"]


def test_failed_publication_leaves_no_public_image(alice, guest, with_image, appwrite):
    post, _image = with_image(publish=False)
    appwrite.faults.add("tablesDB.updateRow", status=400, type="general_argument_invalid")
    with suppress(errors.SiteError):
        alice.browser().post(f"/posts/{post.id}/publish/")
    assert public_files() == set()


def test_failed_update_of_an_image_leaves_the_draft_unpublished(alice, guest, with_image, appwrite):
    post, _image = with_image(publish=False)
    appwrite.faults.add("storage.updateFile", status=500, type="general_unknown")
    page = alice.browser().post(f"/posts/{post.id}/publish/")
    assert page.status_code == 503
    assert guest.get(f"/posts/{post.id}/").status_code == 404


def test_next_save_of_a_draft_hides_an_image_that_stayed_public(alice, with_image):
    post, image = with_image(publish=False)
    ImageRepository(alice.appwrite).set_permissions([image], policy.row_permissions(alice.id, published=True))
    browser = alice.browser()
    form = browser.get(f"/posts/{post.id}/edit/").context["form"].initial
    browser.post(f"/posts/{post.id}/edit/", {**form, "title": "Ny tittel", "act": "save"})
    assert public_files() == set()


def test_autosave_does_not_read_the_images(alice, with_image):
    post, _ = with_image(publish=False)
    browser = alice.browser()
    form = browser.get(f"/posts/{post.id}/edit/").context["form"].initial
    with count_calls() as calls:
        browser.post(f"/posts/{post.id}/edit/", {**form, "title": "Ny tittel", "act": "autosave"})
    assert len(calls) == 2


# -- deleting ----------------------------------------------------------------------------------------------------------
def test_deleted_post_hides_its_images_and_undo_restores_them(alice, guest, with_image):
    post, image = with_image(publish=True)
    browser, address = alice.browser(), f"/posts/image/{image}/"
    browser.post(f"/posts/{post.id}/delete/")
    assert guest.get(address).status_code == 404
    assert browser.get(address).status_code == 200
    browser.post(f"/posts/{post.id}/undo/")
    assert guest.get(address).status_code == 200
    assert address in guest.get(f"/posts/{post.id}/").content.decode()


def test_post_that_cannot_be_restored_is_deleted_with_all_its_images(alice, with_image):
    post, _ = with_image(publish=True)
    added(alice.browser())  # an image that the text does not show
    PostRepository(alice.appwrite).delete(post)
    assert files() == {}


def test_images_of_an_earlier_deletion_are_removed_with_the_next_one(alice, with_image, monkeypatch):
    from posts.editing import undo_store

    first, image = with_image(publish=True)
    second, other = with_image(publish=False, post_id="secondpost")
    browser = alice.browser()
    browser.post(f"/posts/{first.id}/delete/")
    browser.post(f"/posts/{second.id}/delete/")
    assert set(files()) == {image, other}
    monkeypatch.setattr(undo_store, "TTL", 0)  # as if ten minutes had passed
    third = PostRepository(alice.appwrite).create("thirdpost", alice.user, fields())
    browser.post(f"/posts/{third.id}/delete/", {"act": "for good"})
    assert files() == {}


def test_command_removes_only_images_without_a_post(alice, with_image, monkeypatch, capsys):
    from posts.management.commands import remove_unused_images

    _, kept = with_image(publish=False)
    unused = id_in(added(alice.browser(), "neversaved"))
    call_command("remove_unused_images")
    assert set(files()) == {kept, unused}  # its form may still be open
    monkeypatch.setattr(remove_unused_images, "UNSAVED_FOR", 0)
    call_command("remove_unused_images")
    assert set(files()) == {kept}
    assert "Deleted 1 of 2 images." in capsys.readouterr().out


# -- showing -----------------------------------------------------------------------------------------------------------
def test_url_of_an_image_in_a_post_is_served_by_the_site():
    image = image_ids.new(ID, 1600, 900)
    assert reverse("image", args=[image.id]) == image.url
    assert reverse("image", args=[image.id, 480]) in image.attributes()["srcset"]


def test_text_shows_only_its_own_images():
    own, foreign = image_ids.new(ID, 1600, 900), image_ids.new("otherpost2", 1600, 900)
    text = f"![a]({own.url}) ![b]({foreign.url})"
    html = markdown.render(text, post_id=ID)
    assert html.count("<img") == 1
    assert f'<a href="{foreign.url}"' in html
    assert "<img" not in markdown.render(text)
    assert "<img" not in markdown.render(text, post_id="otherpost2x")


PREFIX = image_ids.prefix(ID)
FORGED = [
    f"/posts/image/{PREFIX}abcdefgh-1600x9999/",
    f"/posts/image/{PREFIX}abcdefgh-9999x100/",
    f"/posts/image/{PREFIX}abcdefgh-0x100/",
    f"/posts/image/{PREFIX}abcdefgh-1600x900/../../logout/",
    f"https://evil.example/posts/image/{PREFIX}abcdefgh-1600x900/",
    f"//evil.example/posts/image/{PREFIX}abcdefgh-1600x900/",
    f"/posts/image/{PREFIX.upper()}abcdefgh-1600x900/",
    f"/posts/image/{PREFIX}abcdefgh-1600x900/?x",
]


@pytest.mark.parametrize("url", FORGED)
def test_forged_image_url_is_not_shown_as_an_image(url, guest):
    real = image_ids.new(ID, 1600, 900)
    html = markdown.render(f"![x]({url}) ![y]({real.url})", post_id=ID)
    assert html.count("<img") == 1
    assert "evil" not in html.partition("<img")[2].partition(">")[0]


@pytest.mark.parametrize(
    "name", [f"{PREFIX}abcdefgh-1600x9999/", f"{PREFIX}abcdefgh-1600x900/481/", "abc/", "abc/480/"]
)
def test_invalid_image_url_returns_404_without_a_call(name, guest, appwrite):
    with count_calls() as calls:
        assert guest.get(f"/posts/image/{name}").status_code == 404
    assert calls == []


def test_number_of_images_shown_in_a_text_is_limited():
    text = "\n\n".join(f"![]({image_ids.new(ID, 100, 100).url})" for _ in range(image_ids.MAX_IMAGES + 5))
    assert markdown.render(text, post_id=ID).count("<img") == image_ids.MAX_IMAGES


def test_long_text_shows_its_images_only_in_its_own_post(appwrite):
    text = f"![]({image_ids.new(ID, 100, 100).url})\n\n" + "ord " * 2000
    assert "<img" in markdown.render(text, post_id=ID)
    assert "<img" not in markdown.render(text, post_id="otherpost2")


CAPTION = "<figcaption>Foto: &lt;b&gt;Ada</figcaption></figure>"


@pytest.mark.parametrize("shape", ["{}", "> {}", "- {}", "- a\n\n  {}", "1. {}"])
def test_title_of_an_image_alone_in_its_paragraph_is_its_caption(shape):
    url = image_ids.new(ID, 100, 100).url
    html = markdown.render(shape.format(f'![Et eple]({url} "Foto: <b>Ada")'), post_id=ID)
    assert re.search(f'<figure>\\s*<img [^>]*alt="Et eple"[^>]*>{CAPTION}', html)
    assert "title=" not in html
    assert "<p>" not in html.replace("<p>a</p>", "")


@pytest.mark.parametrize(
    "shape",
    [
        "![a]({url})",
        '![a]({url} "")',
        'Se ![a]({url} "b") her',
        '![a]({url} "b")\n![a]({url} "b")',
        '[![a]({url} "b")](/)',
        '![a](https://a.example/ "b")',
        '- [ ] ![a]({url} "b")',
    ],
)
def test_other_images_have_no_caption(shape):
    html = markdown.render(
        shape.format(url=image_ids.new(ID, 100, 100).url) + f"\n\n![]({image_ids.new(ID, 9, 9).url})", post_id=ID
    )
    assert "<fig" not in html
    assert html.count("<img") >= 1


def test_captions_are_in_feeds_and_shared_previews_but_not_in_summaries(guest, alice, with_image):
    post, _image = with_image(publish=True)
    text = post.content.replace("/)", '/ "Foto: Ada")')
    browser = alice.browser()
    form = browser.get(f"/posts/{ID}/edit/").context["form"].initial
    browser.post(f"/posts/{ID}/edit/", {**form, "content": text, "act": "save"})
    assert "Foto" not in PostRepository(create_admin_client()).get(ID).summary
    for address in ("/posts/feed/", "/posts/feed/rss/"):
        assert "figcaption&gt;Foto: Ada&lt;/figcaption" in guest.get(address).content.decode()
    html = markdown.with_image_addresses(
        markdown.render(text, post_id=ID), lambda file_id, width: f"/x/{file_id}/{width}/"
    )
    assert "<figcaption>Foto: Ada</figcaption></figure>" in html


def test_description_is_escaped():
    html = markdown.render(f'![" onload="x" <b>]({image_ids.new(ID, 100, 100).url})', post_id=ID)
    assert 'alt="&quot; onload=&quot;x&quot; &lt;b&gt;"' in html


def test_summary_omits_images(alice, with_image):
    post, _ = with_image(publish=True)
    assert post.summary == "Se her:"


def test_feeds_contain_absolute_image_urls(guest, with_image):
    _, image = with_image(publish=True)
    for address in ("/posts/feed/", "/posts/feed/rss/"):
        feed = guest.get(address).content.decode()
        assert f'src="http://localhost/posts/image/{image}/960/"' in feed.replace("&lt;", "<").replace("&quot;", '"')
        assert "srcset" not in feed


def test_preview_shows_the_images_of_a_new_post(alice):
    browser = alice.browser()
    markup = added(browser)
    page = browser.post("/posts/preview/", typed(content=markup), headers=SCRIPT)
    assert f'<img src="{image_url(markup)}' in page.content.decode()


# -- hostile files and older projects ----------------------------------------------------------------------------------
def test_file_uploaded_directly_to_appwrite_is_served_only_as_an_image(alice, guest, with_image):
    hostile = f"{PREFIX}hostile2-800x600"
    page = InputFile.from_bytes(b"<script>alert(1)</script>", "x.webp")
    alice.appwrite.storage.create_file("images", hostile, page, ['read("any")'])
    answer = guest.get(f"/posts/image/{hostile}/480/")  # Appwrite returns its icon for this type of file
    assert answer["Content-Type"] == "image/webp"
    assert images.is_webp(answer.content)


def test_project_without_the_bucket_works_except_for_images(alice, guest, published):
    create_admin_client().storage.delete_bucket("images")
    browser = alice.browser()
    page = browser.post(ADD, {**typed(), "image": photo()})
    assert page.status_code == 200
    assert "Du kan ikke legge inn bilder ennå" in words(page)
    assert page.context["form"]["post_id"].value() == ID
    text = f"![a]({image_ids.new(published.id, 100, 100).url})"
    edit = typed(published.id, content=text, version=published.stamp)
    assert browser.post(f"/posts/{published.id}/edit/", edit).status_code == 302
    assert guest.get(f"/posts/{published.id}/").status_code == 200
    assert browser.post(f"/posts/{published.id}/delete/").status_code == 302
    call_command("setup_appwrite", verbosity=0)
    assert upload(browser).status_code == 200


# -- rows with the id of a deleted post --------------------------------------------------------------------------------
@pytest.fixture
def reused(alice, bob, with_image):
    """Return Alice's image after she deleted its post and Bob created a scheduled row with the deleted post's id."""
    _post, image = with_image(publish=True)
    alice.browser().post(f"/posts/{ID}/delete/")
    date = "2026-01-01T00:00:00.000+00:00"
    data = {"title": "Bobs", "content": f"![](/posts/image/{image}/)", "language": "nb", "authorId": bob.id}
    dates = {"status": "draft", "createdAt": date, "updatedAt": date, "scheduledAt": date}
    bob.appwrite.db.create_row("app", "posts", ID, {**data, **dates}, policy.row_permissions(bob.id, published=False))
    return image


def test_scheduled_row_with_the_id_of_a_deleted_post_gets_none_of_its_images(alice, reused):
    """The site publishes scheduled posts with the API key, which could change every file."""
    scheduling._publish_all()
    assert PostRepository(create_admin_client()).get(ID).is_published
    assert files()[reused] == policy.row_permissions(alice.id, published=False)


@pytest.mark.parametrize("act", ["publish", "delete"])
def test_admins_change_to_the_reused_row_does_not_change_the_images(act, alice, ingrid, reused):
    ingrid.browser().post(f"/posts/{ID}/{act}/", {"confirmed": "alice"})
    assert files()[reused] == policy.row_permissions(alice.id, published=False)
