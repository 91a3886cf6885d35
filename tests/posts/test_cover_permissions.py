"""A cover's permissions change when its post is published, unpublished or deleted.

A row cannot show another post's cover.
"""

import pytest

from core import errors
from core.appwrite_client import create_admin_client, create_guest_client
from posts.covers.storage import CoverRepository
from tests.posts.covers import BLUE, colour_of, files, filled, photo
from tests.posts.test_new import NEW, typed
from tests.users import words


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


def test_uploaded_cover_is_deleted_if_the_row_is_rejected(alice, appwrite, covered, stored):
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
def test_invalid_file_id_is_not_treated_as_a_cover(cover_id, bob, guest):
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


def test_form_with_a_picture_keeps_its_text_without_a_csrf_token(alice):
    answer = alice.browser(enforce_csrf_checks=True).post(NEW, filled())
    assert answer.status_code == 403
    assert "En rød flate" in words(answer)
