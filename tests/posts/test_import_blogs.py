"""manage.py import_posts with the export of a Ghost blog (JSON) or a WordPress blog (WXR)."""

import io
import json
import zipfile
from html import escape
from io import StringIO
from pathlib import Path

import pytest
from appwrite.query import Query
from bs4 import BeautifulSoup
from django.core.management import CommandError, call_command
from PIL import Image as Pillow

from core.appwrite_client import create_admin_client
from posts import markdown
from posts.transfer import html_text

BLOGS = Path(__file__).parent / "blogs"


def run(path: Path, **options: object) -> str:
    out = StringIO()
    try:
        call_command("import_posts", str(path), stdout=out, **options)
    except CommandError as error:
        out.write(f"CommandError: {error}")
    return out.getvalue()


def rows() -> dict[str, object]:
    """Return the imported rows by title."""
    found = create_admin_client().db.list_rows("app", "posts", [Query.limit(100)]).rows
    return {row.data["title"]: row for row in found}


@pytest.fixture
def folder(tmp_path):
    """Return a folder with the blogs' pictures, like a copy of `content/images` or `wp-content/uploads`."""
    place = tmp_path / "images" / "2021" / "05"
    place.mkdir(parents=True)
    for name, colour in {"cover.jpg": (200, 0, 0), "inside.png": (0, 0, 200)}.items():
        written = io.BytesIO()
        Pillow.new("RGB", (960, 640), colour).save(written, "PNG" if name.endswith("png") else "JPEG")
        (place / name).write_bytes(written.getvalue())
    (tmp_path / "secret.png").write_bytes(written.getvalue())
    return tmp_path / "images"


def test_ghost_blog_is_imported_with_its_pictures_and_can_be_repeated(alice, guest, folder, tmp_path):
    said = run(BLOGS / "ghost.json", images=folder, address="https://old.example.org", redirects=tmp_path / "map")
    found = rows()
    assert set(found) == {"Vinterfest", "En kladd", "Kommer snart", "Om oss", "Bare for medlemmer"}
    fest = found["Vinterfest"]
    assert fest.data["authorId"] == alice.id  # found by her address
    assert fest.data["tags"] == ["fest", "studentliv"]
    assert fest.data["publishedAt"] == "2021-05-04T10:00:00.000+00:00"
    assert fest.data["language"] == "nb"
    assert fest.data["coverAlt"] == "Rødt lys"
    assert "## Program" in fest.data["content"]
    assert "- Kor\n- Dans" in fest.data["content"]
    page = guest.get(f"/posts/{fest.id}/")
    assert page.status_code == 200
    assert b'<img src="/posts/image/' in page.content
    assert (tmp_path / "map").read_text() == f"/vinterfest/ /posts/{fest.id}/;\n"
    assert {title for title, row in found.items() if row.data["status"] == "published"} == {"Vinterfest"}
    assert found["Kommer snart"].data["scheduledAt"] == "2099-01-01T09:00:00.000+00:00"
    assert guest.get(f"/posts/{found['En kladd'].id}/").status_code == 404
    (carl,) = create_admin_client().users.list([Query.equal("email", ["carl@example.com"])]).users
    assert (carl.name, carl.labels, carl.emailverification) == ("Carl Ås", [], False)
    assert found["En kladd"].data["authorId"] == carl.id
    for sentence in (
        "post “vinterfest”: <iframe> became a link: https://www.youtube.com/embed/abc",
        "post “vinterfest”: The image https://old.example.org/content/images/2021/05/gone.jpg became a link.",
        "post “om-oss”: It is a page, so it is imported as a draft.",
        "post “medlemmer”: Only members could read it, so it is imported as a draft.",
        "post “uten-forfatter”: The file does not contain an author with an e-mail address for this post.",
        "CommandError: 1 invalid entries were skipped.",
    ):
        assert sentence in said
    again = run(BLOGS / "ghost.json", images=folder, address="https://old.example.org")
    assert "added" not in again
    assert "different" not in again


def test_wordpress_blog_is_imported_with_its_pictures_and_can_be_repeated(alice, guest, folder):
    said = run(BLOGS / "wordpress.xml", images=folder, language="en")
    found = rows()
    assert set(found) == {"Hello & welcome", "Tomorrow", "Draft", "Secret", "About"}
    hello = found["Hello & welcome"]
    assert hello.data["authorId"] == alice.id
    assert hello.data["tags"] == ["news", "oslo"]
    assert hello.data["createdAt"] == "2020-01-02T03:04:05.000+00:00"
    assert hello.data["excerpt"] == "A short excerpt"
    assert hello.data["coverId"]
    assert (
        "First line  \nsecond line\n\nNew paragraph with **bold** text.\n\n![Inside](/posts/image/"
        in hello.data["content"]
    )
    assert "[gallery" not in hello.data["content"]
    assert guest.get(f"/en/posts/{hello.id}/").status_code == 200
    assert {title for title, row in found.items() if row.data["status"] == "published"} == {"Hello & welcome"}
    assert found["Tomorrow"].data["scheduledAt"] == "2099-01-01T12:00:00.000+00:00"
    for sentence in (
        "Left out items of type nav_menu_item: 1.",
        "item 11 “Hello &amp; welcome”: Its comments were left out: 1.",
        "item 11 “Hello &amp; welcome”: These shortcodes were left out: gallery.",
        "item 14 “Secret”: Not everyone could read it, so it is imported as a draft.",
    ):
        assert sentence in said
    again = run(BLOGS / "wordpress.xml", images=folder, language="en")
    assert "added" not in again
    assert "different" not in again


def test_dry_run_of_a_blog_writes_nothing(alice, folder):
    assert "5 rows: 5 to be added." in run(BLOGS / "wordpress.xml", images=folder, dry_run=True)
    assert rows() == {}


def test_pictures_outside_the_folder_are_not_read(alice, folder, tmp_path):
    blog = json.loads((BLOGS / "ghost.json").read_text())
    blog["db"][0]["data"]["posts"] = blog["db"][0]["data"]["posts"][:1]
    blog["db"][0]["data"]["posts"][0]["html"] = (
        '<img src="https://x.example/../secret.png"><img src="/%2e%2e/secret.png">'
    )
    path = tmp_path / "ghost.json"
    path.write_text(json.dumps(blog))
    said = run(path, images=folder)
    assert "The image https://x.example/../secret.png became a link." in said
    assert create_admin_client().storage.list_files("images").total == 0


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<html></html>", "not a WordPress export"),
        ("<rss><channel>", "The XML cannot be read"),
        ('<!DOCTYPE rss [<!ENTITY a "aaa">]><rss><channel>&a;</channel></rss>', "The XML cannot be read"),
        ('{"posts": []}', "not an export of this site or of Ghost"),
        ("-- a database dump\nINSERT INTO wp_posts\n", "not an export of this site, Ghost or WordPress"),
    ],
)
def test_other_files_raise_command_errors(content, reason, appwrite, tmp_path):
    (tmp_path / "file").write_text(content)
    assert reason in run(tmp_path / "file")


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>1. no list</p>", "1\\. no list"),
        ("<p># no heading</p>", "\\# no heading"),
        ("<p>a_b*c`d</p>", "a\\_b\\*c\\`d"),
        ('<pre><code class="language-python">a = 1</code></pre>', "```python\na = 1\n```"),
        ("<table><tr><th>a|b</th></tr><tr><td>c</td></tr></table>", "| a\\|b |\n| --- |\n| c |"),
        ('<a href="https://x.example/a b">x</a>', "[x](https://x.example/a%20b)"),
        ("<script>alert(1)</script><p>Text</p><form><input></form>", "Text"),
        ("<!-- a comment --><h2>Title</h2>", "## Title"),
        ('<video><source src="https://x.example/v.mp4"></video>', "<https://x.example/v.mp4>"),
    ],
)
def test_html_becomes_markdown(html, markdown):
    assert html_text.markdown_of(html, lambda url: None).content == markdown


def test_post_that_cannot_be_converted_is_skipped_and_the_others_are_imported(alice, tmp_path):
    blog = json.loads((BLOGS / "ghost.json").read_text())
    posts = blog["db"][0]["data"]["posts"]
    posts[0]["html"], posts[1]["plaintext"] = "<div>" * 3000 + "deep", "x" * 100_001
    path = tmp_path / "ghost.json"
    path.write_text(json.dumps(blog))
    said = run(path)
    assert "post “vinterfest”: The HTML is nested too deeply." in said
    assert "post “kladd”: The text has 100001 characters. The limit is 100000." in said
    assert set(rows()) == {"Kommer snart", "Om oss", "Bare for medlemmer"}


def test_posts_are_not_imported_into_an_account_with_an_unconfirmed_address(alice, folder):
    """Anyone can create an account with someone else's address, and read the drafts before that person signs in."""
    create_admin_client().users.create("stranger", "carl@example.com")
    said = run(BLOGS / "ghost.json", images=folder)
    assert "author carl@example.com: Nobody has confirmed the address of the account stranger." in said
    assert "En kladd" not in rows()
    assert "Vinterfest" in rows()


def test_second_import_keeps_the_account_of_an_author_who_has_signed_in(alice, folder):
    run(BLOGS / "ghost.json", images=folder)
    users = create_admin_client().users
    (carl,) = users.list([Query.equal("email", ["carl@example.com"])]).users
    users.update_labels(carl.id, ["editor"])
    users.update_name(carl.id, "Carl")
    assert "differs" not in run(BLOGS / "ghost.json", images=folder)


def import_ghost(tmp_path, folder=None, author=None, **changes: object) -> str:
    """Import the first post of the Ghost blog, with `changes` to the post and to its author."""
    blog = json.loads((BLOGS / "ghost.json").read_text())
    tables = blog["db"][0]["data"]
    tables["posts"] = [{**tables["posts"][0], **changes}]
    tables["users"][0].update(author or {})
    path = tmp_path / "ghost.json"
    path.write_text(json.dumps(blog))
    return run(path, images=folder)


@pytest.mark.parametrize(
    "url",
    [
        "http://[bad/x.png",
        "/a%00b.png",
        f"/{'a' * 300}.png",
        f"data:image/png;base64,{'A' * 400}/{'A' * 400}",
    ],
)
def test_picture_is_omitted_if_its_url_does_not_name_a_file(url, alice, folder, tmp_path):
    html = f'<img src="{url}"><iframe src="{url}"></iframe><p>Teksten</p>'
    said = import_ghost(tmp_path, folder, html=html, feature_image=url)
    assert "Error" not in said
    assert rows()["Vinterfest"].data["content"] == "Teksten"


@pytest.mark.parametrize("date", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", 10**30])
def test_impossible_date_is_ignored(date, alice, tmp_path):
    import_ghost(tmp_path, published_at=date)
    assert rows()["Vinterfest"].data["publishedAt"].startswith("2021")


def test_published_post_with_a_date_in_the_future_is_scheduled(alice, tmp_path):
    import_ghost(tmp_path, published_at="2099-01-01T00:00:00Z")
    row = rows()["Vinterfest"]
    assert row.data["status"] == "draft"
    assert row.data["scheduledAt"].startswith("2099")
    assert 'read("any")' not in row.permissions


def test_invalid_unicode_of_a_blog_is_replaced(alice, tmp_path):
    import_ghost(tmp_path, author={"name": "A\ud800"}, custom_excerpt="E\ud800")
    assert rows()["Vinterfest"].data["excerpt"] == "E?"


def test_wordpress_post_with_an_invalid_link_is_imported(alice, tmp_path):
    path = tmp_path / "wordpress.xml"
    path.write_text((BLOGS / "wordpress.xml").read_text().replace("<link>http", "<link>http://[x"))
    run(path)
    assert len(rows()) == 5


def test_unwritable_redirect_file_is_reported(alice, tmp_path):
    said = run(BLOGS / "wordpress.xml", redirects=tmp_path / "no" / "map")
    assert f"{tmp_path}/no/map cannot be written" in said


@pytest.mark.parametrize("change", [lambda text: f"\n \n{text}".encode(), lambda text: text.encode("utf-16")])
def test_wordpress_file_with_blank_lines_or_another_encoding_is_read(change, alice, tmp_path):
    """WordPress plugins often write blank lines at the start of the file."""
    path = tmp_path / "wordpress.xml"
    text = (BLOGS / "wordpress.xml").read_text()
    path.write_bytes(change(text.replace('encoding="UTF-8"', 'encoding="UTF-16"') if b"\0" in change("a") else text))
    run(path)
    assert len(rows()) == 5


def test_remedy_is_suggested_for_a_packed_export_of_another_blog(alice, tmp_path):
    with zipfile.ZipFile(tmp_path / "blog.zip", "w") as archive:
        archive.write(BLOGS / "wordpress.xml", "wordpress.xml")
    assert "unpack" in run(tmp_path / "blog.zip")


@pytest.mark.parametrize(
    "text",
    [
        *("[1]: kilde.example/en", "[^1]: en note", "~~~", "---", "===", "a ~~b~~", "&amp; og &copy;", "\\*a\\*"),
        *("[a](b) ![c](d)", "C:\\[x]", "* * *", "<b>", "| a | b |"),
    ],
)
def test_text_that_looks_like_markdown_is_shown_as_it_was(text, appwrite):
    html = f"<p>Over<br>{escape(text)}</p><p>Under</p>"
    shown = BeautifulSoup(markdown.render(html_text.markdown_of(html, lambda url: None).content), "html.parser")
    assert [part.get_text("\n", strip=True) for part in shown.find_all("p")] == [f"Over\n{text}", "Under"]


def test_brackets_in_links_and_descriptions_of_images_are_kept():
    html = '<img src="/a.png" alt="[foto] \\"> <a href="https://x.example">a]b[c</a>'
    shown = BeautifulSoup(markdown.render(html_text.markdown_of(html, lambda url: url).content), "html.parser")
    assert [link.get_text() for link in shown.find_all("a")] == ["[foto] \\", "a]b[c"]


def test_posts_by_authors_who_cannot_publish_are_restricted(alice, folder, settings):
    """Otherwise, the authors could publish their drafts directly in Appwrite without a review."""
    settings.POSTS_WRITERS = "label:editor"
    create_admin_client().users.update_labels(alice.id, ["editor"])
    run(BLOGS / "ghost.json", images=folder)
    by_carl, by_alice = rows()["En kladd"], rows()["Vinterfest"]
    assert by_carl.permissions == [f'read("user:{by_carl.data["authorId"]}")']
    assert f'update("user:{alice.id}")' in by_alice.permissions
    assert "different" not in run(BLOGS / "ghost.json", images=folder)
