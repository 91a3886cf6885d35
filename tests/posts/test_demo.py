"""The demo content complies with the limits of the form and the repository."""

import io
import re
from collections import Counter

import pytest
from PIL import Image

from posts import cover_sizes, demo, markdown, models

PEOPLE = demo.people()
POSTS = demo.posts()
PUBLISHED = [post for post in POSTS if post.status == models.PUBLISHED]
DRAFTS = [post for post in POSTS if post.status == models.DRAFT]

each_post = pytest.mark.parametrize("post", POSTS, ids=lambda post: post.id)


def test_demo_has_eight_people_and_one_admin():
    assert len(PEOPLE) == 8
    assert [person.labels for person in PEOPLE if person.labels] == [("admin",)]


def test_demo_people_have_unique_ids_and_addresses():
    assert len({person.id for person in PEOPLE}) == len({person.email for person in PEOPLE}) == len(PEOPLE)


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.id)
def test_demo_users_are_valid_and_have_example_addresses(person):
    assert re.fullmatch(r"[a-z0-9]{1,36}", person.id)
    assert person.email == f"{person.name.split()[0].lower()}@example.com"
    assert person.campus in models.CAMPUSES


def test_demo_has_pages_of_posts_in_both_languages_and_some_drafts():
    assert Counter(post.language for post in PUBLISHED) == {"nb": 15, "en": 7}
    assert len(DRAFTS) == 4
    assert len({post.author for post in DRAFTS}) == len(DRAFTS)
    assert {post.campus for post in PUBLISHED} >= set(models.CAMPUSES)


def test_exactly_two_published_posts_are_featured():
    assert [post.status for post in POSTS if post.featured] == ["published", "published"]


def test_demo_posts_are_newest_first_and_from_the_last_eighty_days():
    days = [post.days_ago for post in POSTS]
    assert days == sorted(set(days))
    assert all(0 < day <= 80 for day in days)


@each_post
def test_demo_post_is_within_the_limits(post):
    assert re.fullmatch(r"[a-z2-7]{10}", post.id)
    assert post.author in {person.id for person in PEOPLE}
    assert post.language in models.LANGUAGES
    assert post.campus in {*models.CAMPUSES, ""}
    assert post.status in {models.DRAFT, models.PUBLISHED}
    assert 1 <= len(post.title) <= models.MAX_TITLE
    assert len(post.excerpt) <= models.MAX_EXCERPT
    assert 1 <= len(post.content) <= models.MAX_CONTENT
    assert len(set(post.tags)) == len(post.tags) <= models.MAX_TAGS
    for tag in post.tags:
        assert 1 <= len(tag) <= models.MAX_TAG
        assert tag == tag.strip().lower()
        assert "," not in tag


def test_some_demo_posts_have_a_cover_and_every_picture_is_used():
    covered = [post for post in POSTS if post.cover]
    assert {post.cover for post in covered} == {file.name for file in demo.HERE.glob("*.webp")}
    for post in covered:
        cover = Image.open(io.BytesIO(demo.picture(post)))
        assert (cover.format, cover.size) == (
            "WEBP",
            (cover_sizes.WIDTHS[-1], cover_sizes.height(cover_sizes.WIDTHS[-1])),
        )
        assert 1 <= len(post.cover_alt) <= models.MAX_COVER_ALT


@each_post
def test_demo_posts_have_headings_below_the_title_and_only_example_links(post):
    tokens = markdown.PARSER.parse(post.content)
    inline = [child for token in tokens for child in token.children or []]

    assert not [token for token in tokens if token.type == "heading_open" and token.tag == "h1"]
    for link in (token for token in inline if token.type == "link_open"):
        assert re.match(r"https://(example\.org|biso\.no)/", str(link.attrs["href"]))


@each_post
def test_demo_post_follows_the_style_of_the_site(post):
    words = re.sub(r"```.*?```|`[^`]*`", "", f"{post.title}\n{post.excerpt}\n{post.content}", flags=re.DOTALL)
    assert "!" not in words
    assert not re.search(r"[\"'“”]", words), "quotation marks are «» in Norwegian, ‘’ in English"
    assert not re.search("[«»]" if post.language == "en" else "[‘’]", words)
