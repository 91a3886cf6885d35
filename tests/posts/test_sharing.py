"""What search engines and messengers read: canonical URLs, Open Graph, JSON-LD, the sitemap and robots.txt."""

import io
import json
import xml.etree.ElementTree as ET
from datetime import datetime

import pytest
from html5lib import parse
from PIL import Image

from posts.repository import PostRepository
from posts.syndication import share_images
from tests.conftest import fields
from tests.site import NOTHING, ROOT
from tests.users import structured_data

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def head(answer):
    return parse(answer.content.decode(), namespaceHTMLElements=False).find("head")


def canonical(answer) -> str | None:
    link = head(answer).find("link[@rel='canonical']")
    return None if link is None else link.get("href")


@pytest.fixture
def in_english(alice):
    post_fields = fields(title="What to pack", language="en", excerpt="Rain gear.")
    return PostRepository(alice.appwrite).create("inenglish", alice.user, post_fields, publish=True)


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_post_has_one_canonical_url(guest, in_english, prefix):
    answer = guest.get(f"{prefix}/posts/inenglish/")
    assert canonical(answer) == "http://localhost/en/posts/inenglish/"
    assert head(answer).findall("link[@hreflang]") == []


def test_deployed_site_uses_site_url(guest, published, settings):
    settings.SITE_URL = "https://posts.example.org"
    assert canonical(guest.get("/posts/alicespost/")) == "https://posts.example.org/posts/alicespost/"


def test_open_graph_describes_the_post(guest, in_english):
    page = head(guest.get("/en/posts/inenglish/"))
    said = {meta.get("property"): meta.get("content") for meta in page.iter("meta") if meta.get("property")}
    assert said["og:type"] == "article"
    assert said["og:title"] == "What to pack"
    assert said["og:description"] == "Rain gear."
    assert said["og:url"] == "http://localhost/en/posts/inenglish/"
    assert said["og:locale"] == "en_GB"
    assert said["article:published_time"].startswith("20")


def test_open_graph_image_is_the_cover(guest, covered):
    file_id = covered(publish=True).cover_id
    answer = guest.get("/posts/alicecover/")
    said = {meta.get("property") or meta.get("name"): meta.get("content") for meta in head(answer).iter("meta")}
    address = f"http://localhost/posts/cover/{file_id}/share.jpg"
    assert said["og:image"] == address
    assert (said["og:image:width"], said["og:image:height"]) == ("1200", "630")
    assert said["og:image:alt"] == "En rød flate"
    assert said["twitter:card"] == "summary_large_image"
    assert structured_data(answer)["image"] == address
    assert said["og:image:type"] == guest.get(address)["Content-Type"] == "image/jpeg"


def social(answer) -> dict[str, str]:
    return {meta.get("property") or meta.get("name"): meta.get("content") for meta in head(answer).iter("meta")}


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_post_without_a_cover_gets_a_generated_preview_image(guest, published, alice):
    data = social(guest.get("/posts/alicespost/"))
    picture = guest.get(data["og:image"])
    assert (picture["Content-Type"], data["og:image:type"]) == ("image/jpeg", "image/jpeg")
    assert opened(picture.content).size == (int(data["og:image:width"]), int(data["og:image:height"])) == (1200, 630)
    assert data["twitter:card"] == "summary_large_image"
    assert "image" not in structured_data(guest.get("/posts/alicespost/"))  # the picture is only for link previews
    PostRepository(alice.appwrite).update(published, fields(title="En annen tittel"))
    assert social(guest.get("/posts/alicespost/"))["og:image"] != data["og:image"]
    assert guest.get("/posts/alicespost/share.jpg").content != picture.content


def test_no_picture_is_drawn_for_a_draft(alice, draft):
    assert alice.browser().get("/posts/alicedraft/share.jpg").status_code == 404
    image = social(alice.browser().get("/posts/alicedraft/"))["og:image"]
    assert image == "http://localhost/static/img/share.jpg"


@pytest.mark.parametrize(
    "title",
    ["x", "W" * 200, "Ord " * 50, "Blåbærsyltetøy på Ås – «ja»", "Đorđe á Čáhppes", "Fest 🎉", "\u202eaksim\u0301 ﬁ ⅷ"],
)
def test_picture_is_drawn_for_every_title_in_latin_letters(title):
    picture = share_images.title_picture(title, "Ada Nordlys · Oslo")
    assert picture is not None
    assert opened(picture).size == (1200, 630)
    assert len(picture) < 200_000


def test_title_in_another_script_is_shared_with_the_picture_of_the_site(guest, alice):
    PostRepository(alice.appwrite).create("cyrillic", alice.user, fields(title="Привет"), publish=True)
    assert guest.get("/posts/cyrillic/share.jpg").content == share_images.site_picture()
    assert share_images.title_picture("🎉", "") is None


@pytest.mark.parametrize("path", ["/", "/en/", "/posts/", "/posts/by/alice/", "/auth/login/"])
def test_every_page_has_open_graph_data_with_a_jpeg(guest, published, path):
    answer = guest.get(path.replace("alice", published.author_id))
    data = social(answer)
    assert (data["og:type"], data["og:site_name"]) == ("website", "BISO posts")
    assert data["og:url"] == f"http://localhost{answer.wsgi_request.path}"
    assert head(answer).findtext("title") == f"{data['og:title']} – BISO posts"
    path = data["og:image"].removeprefix("http://localhost/")
    assert opened((ROOT / path).read_bytes()).format == "JPEG"


def test_page_whose_url_contains_a_secret_has_no_open_graph_url(guest):
    assert "og:url" not in social(guest.get("/auth/callback/?userId=x&secret=y", follow=True))


def test_web_manifest_names_existing_icons(guest):
    page = head(guest.get("/"))
    answer = guest.get(page.find("link[@rel='manifest']").get("href"))
    assert answer["Content-Type"] == "application/manifest+json"
    for icon in answer.json()["icons"]:
        picture = opened((ROOT / icon["src"].lstrip("/")).read_bytes())
        assert f"{picture.width}x{picture.height}" == icon["sizes"]
    touch_icon = page.find("link[@rel='apple-touch-icon']").get("href")
    assert opened((ROOT / touch_icon.lstrip("/")).read_bytes()).size == (180, 180)


def test_json_ld_describes_an_article(guest, in_english):
    article = structured_data(guest.get("/en/posts/inenglish/"))
    assert article["@type"] == "Article"
    assert article["headline"] == "What to pack"
    assert article["author"] == {"@type": "Person", "name": "Alice"}
    assert article["inLanguage"] == "en"
    assert article["datePublished"] == in_english.published_at.isoformat()


def test_title_cannot_end_the_json_ld_element(guest, alice):
    title = "</script><script>alert(1)</script> <!-- & -->"
    PostRepository(alice.appwrite).create("nasty", alice.user, fields(title=title), publish=True)
    answer = guest.get("/posts/nasty/")
    scripts = parse(answer.content.decode(), namespaceHTMLElements=False).iter("script")
    data = [script for script in scripts if not script.get("src")]
    assert len(data) == 1
    assert json.loads(data[0].text)["headline"] == title


def test_post_links_to_the_previous_and_next_post(guest, alice):
    posts = PostRepository(alice.appwrite)
    for number in range(3):
        posts.create(f"inarow{number}", alice.user, fields(title=f"Nummer {number}"), publish=True)
    posts.create("inarowdraft", alice.user, fields(title="Kladd"))
    middle = guest.get("/posts/inarow1/")
    assert (middle.context["before"].id, middle.context["after"].id) == ("inarow0", "inarow2")
    assert 'rel="prev"' in middle.content.decode()
    assert guest.get("/posts/inarow0/").context["before"] is None
    assert guest.get("/posts/inarow2/").context["after"] is None


def test_orphan_row_does_not_hide_previous_and_next_posts(guest, alice, bob):
    posts = PostRepository(alice.appwrite)
    first = posts.create("first", alice.user, fields(), publish=True)
    orphan = {"title": "x", "content": "x", "authorId": bob.id, "status": "published"}
    orphan |= {"createdAt": "2026-01-01T00:00:00Z", "publishedAt": first.published_at.isoformat()}
    bob.appwrite.db.create_row("app", "posts", "orphan", orphan, ['read("any")'])
    posts.create("second", alice.user, fields(), publish=True)
    assert guest.get("/posts/second/").context["before"].id == "first"


def test_post_has_share_links(guest, published):
    links = parse(guest.get("/posts/alicespost/").content.decode(), namespaceHTMLElements=False).iter("a")
    hrefs = [link.get("href") for link in links]
    there = "http%3A%2F%2Flocalhost%2Fposts%2Falicespost%2F"
    assert f"mailto:?subject=Alices%20innlegg&body={there}" in hrefs
    assert f"https://www.linkedin.com/sharing/share-offsite/?url={there}" in hrefs
    assert f"https://www.facebook.com/sharer/sharer.php?u={there}" in hrefs


def test_draft_has_no_share_links(alice, draft):
    page = alice.browser().get("/posts/alicedraft/").content.decode()
    assert "linkedin" not in page


def test_sitemap_lists_every_post_once(guest, published, draft, in_english):
    answer = guest.get("/sitemap.xml")
    assert answer["Content-Type"] == "application/xml; charset=utf-8"
    pages = {
        page.findtext(f"{SITEMAP}loc"): page.findtext(f"{SITEMAP}lastmod") for page in ET.fromstring(answer.content)
    }
    assert set(pages) == {
        *(
            f"http://localhost/{language}{path}"
            for language in ("", "en/")
            for path in ("", "posts/", "posts/topics/", "posts/archive/")
        ),
        "http://localhost/posts/alicespost/",
        "http://localhost/en/posts/inenglish/",
    }
    changed = datetime.fromisoformat(pages["http://localhost/posts/alicespost/"])
    assert changed == published.updated_at


def test_outage_does_not_produce_an_empty_sitemap(guest, settings):
    settings.APPWRITE_ENDPOINT = NOTHING
    assert guest.get("/sitemap.xml").status_code == 503
    assert guest.get("/posts/feed/").status_code == 503


def test_robots_txt_allows_posts_and_excludes_private_pages(guest):
    answer = guest.get("/robots.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    lines = answer.content.decode().splitlines()
    assert "Sitemap: http://localhost/sitemap.xml" in lines
    assert {"Disallow: /auth/", "Disallow: /en/manage/", "Disallow: /posts/?q="} <= set(lines)
