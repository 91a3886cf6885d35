"""Every page is valid HTML, and every reference to an id has a target."""

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
import pytest
from django.core.cache import cache
from django.http import HttpResponse

from appwrite_emulator.testing import Emulator
from core import errors
from posts.public_posts import PublicPosts
from posts.repository import PostRepository
from tests.demo_data import demo_users
from tests.pages import DRAFT, PAGES, PUBLISHED, PageState, Visitor
from tests.site import NOTHING, ROOT
from tests.users import Browser, Person

MAX_SCRIPTS = 10_000  # bytes, before compression
MAX_EDITOR_SCRIPTS = 70_000  # for the post form
# tests/posts/test_notices.py, test_bulk.py, test_reviews.py and test_send.py check these.
MAILS = {f"mail/{name}.html" for name in ("notice", "notices", "review", "new_post")}
# The classes that have rules in each style sheet.
CLASSES = {
    sheet.name: set(
        re.findall(r"\.([a-z][\w-]*)", re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.S))
    )
    for sheet in (ROOT / "static" / "css").glob("*.css")
}
REFERENCES = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "list", "form")


class Client(Visitor):
    """A visitor who uses Django's test client."""

    def __init__(self, emulator: Emulator, settings) -> None:
        self.emulator = emulator
        self._settings = settings
        self.start()

    def start(self) -> None:
        """Remove all cookies and reset Appwrite to the demo content."""
        self.emulator.reset("demo")
        cache.clear()
        self._settings.APPWRITE_ENDPOINT = self.emulator.endpoint
        self._settings.POSTS_WRITERS = "users"
        self._browser = Browser(enforce_csrf_checks=True)
        self.answer = HttpResponse()

    def sign_in(self, person: Person) -> None:
        self._browser.cookies = person.browser().cookies

    def open(self, path: str) -> None:
        self.answer = self._browser.get(path, follow=True)

    def submit(self, path: str, form: dict[str, str]) -> None:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.html())
        assert token is not None
        self.answer = self._browser.post(path, {"csrfmiddlewaretoken": token[1], **form}, follow=True)

    def html(self) -> str:
        return self.answer.content.decode()

    def status(self) -> int:
        return self.answer.status_code

    def cut_off(self) -> None:
        self._settings.APPWRITE_ENDPOINT = NOTHING

    def go_where_editors_publish(self) -> None:
        self._settings.POSTS_WRITERS = "label:editor"


@pytest.fixture(scope="module")
def shown(appwrite_process):
    return appwrite_process, demo_users(appwrite_process)


@pytest.fixture
def visitor(shown, settings) -> Client:
    emulator, _ = shown
    return Client(emulator, settings)


@pytest.mark.parametrize("language", ["nb", pytest.param("en", marks=pytest.mark.thorough)])
def test_every_page_is_valid_and_every_page_template_is_checked(language, visitor, shown):
    """Each page template is used by a state in PAGES or has its own test in this file."""
    wrong: dict[str, Exception] = {}
    templates = {"409.html", "accounts/oauth.html", *MAILS}
    for page in PAGES:
        visitor.start()
        try:
            page.show(visitor, shown[1], language)
            check(visitor.html(), language)
        except (AssertionError, html5lib.html5parser.ParseError) as error:
            wrong[page.name] = error
        templates |= {template.name for template in visitor.answer.templates}
    assert wrong == {}
    whole = {path for path in ROOT.glob("templates/**/*.html") if "{% extends" in path.read_text(encoding="utf-8")}
    assert {str(path.relative_to(ROOT / "templates")) for path in whole} - templates == set()


def test_conflict_page_is_valid(visitor, shown, monkeypatch):
    def taken(self, post, **options):
        raise errors.ConflictError

    monkeypatch.setattr(PostRepository, "delete", taken)
    PageState("409", f"{DRAFT}delete/", "Ada", form={}, status=409).show(visitor, shown[1], "nb")
    check(visitor.html(), "nb")


@pytest.mark.parametrize("language", ["nb", "en"])
def test_microsoft_redirect_page_is_valid(visitor, shown, language):
    """The page is not in PAGES, because a browser leaves it immediately."""
    PageState("oauth", "/auth/oauth/", form={}).show(visitor, shown[1], language)
    check(visitor.html(), language)


def test_error_500_page_is_valid(visitor, monkeypatch):
    def broken(self, post_id):
        raise RuntimeError("a bug")

    monkeypatch.setattr(PublicPosts, "get", broken)
    answer = Browser(raise_request_exception=False).get(PUBLISHED)
    assert answer.status_code == 500
    check(answer.content.decode(), "nb")


def test_nginx_error_pages_are_valid():
    for page in (ROOT / "templates" / "proxy").iterdir():
        check(page.read_text(), "nb")


@pytest.mark.parametrize(
    "wrong",
    [
        "<p><div></p>",
        '<label for="nobody">',
        "<h1>One too many</h1>",
        "<h4>Deep down</h4>",
        '<a href="#nowhere">',
        '<p class="prose">The style sheet with this class is not loaded</p>',
        "<input>",
    ],
)
def test_html_checker_finds_errors(visitor, wrong):
    visitor.open("/")
    with pytest.raises((AssertionError, html5lib.html5parser.ParseError)):
        check(visitor.html().replace("</main>", f"{wrong}</main>"), "nb")


def check(text: str, language: str) -> None:
    """Fail if the HTML is invalid or contains a reference without a target."""
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
    assert tree.get("lang") == language
    ids = Counter(element.get("id") for element in tree.iter() if element.get("id"))
    assert [name for name, count in ids.items() if count > 1] == []
    assert missing(tree, ids) == []
    assert all(control.get("id") in labelled(tree) for control in controls(tree)), "a field has no label"
    assert len(list(tree.iter("h1"))) == 1
    assert len(list(tree.iter("main"))) == 1
    assert heading_jumps(tree) == []
    (title,) = tree.iter("title")
    assert (title.text or "").partition("–")[0].strip()
    assert unstyled(tree) == set()
    limit = MAX_EDITOR_SCRIPTS if any(form.get("class") == "wrap editor" for form in tree.iter("form")) else MAX_SCRIPTS
    assert sum(script.stat().st_size for script in scripts(tree)) <= limit


def scripts(tree: Element) -> list[Path]:
    """Check that no script is inline and that all are deferred except the one that sets the theme."""
    runs = [script for script in tree.iter("script") if script.get("type") != "application/ld+json"]
    names = [re.sub(r"\.[0-9a-f]{12}(?=\.js$)", "", script.get("src").rpartition("/")[2]) for script in runs]
    assert {name for name, script in zip(names, runs, strict=True) if script.get("defer") is None} <= {"theme.js"}
    return [ROOT / "static" / "js" / name for name in names]


def unstyled(tree: Element) -> set[str]:
    """Return the page's classes whose rules are only in style sheets that the page does not load."""
    links = [link.get("href") for link in tree.iter("link") if link.get("rel") == "stylesheet"]
    loaded = {re.sub(r"\.[0-9a-f]{12}(?=\.css$)", "", href.rpartition("/")[2]) for href in links}
    used = {name for element in tree.iter() for name in element.get("class", "").split()}
    here = {name for sheet in loaded for name in CLASSES[sheet]}
    return (used & {name for names in CLASSES.values() for name in names}) - here


def missing(tree: Element, ids: Counter[str]) -> list[str]:
    """Return the ids that the page refers to but does not contain."""
    names = [(element, name) for element in tree.iter() for name in REFERENCES if element.get(name)]
    wanted = [each for element, name in names for each in element.get(name).split()]
    links = [link.get("href") for link in tree.iter("a")]
    wanted += [href[1:] for href in links if href and href.startswith("#")]
    return [each for each in wanted if each not in ids]


def controls(tree: Element) -> list[Element]:
    """Return the visible fields that have no enclosing label."""
    fields = [field for kind in ("input", "textarea", "select") for field in tree.iter(kind)]
    inside = {field for label in tree.iter("label") for field in label.iter()}
    return [field for field in fields if field.get("type") not in ("hidden", "submit") and field not in inside]


def labelled(tree: Element) -> set[str]:
    """Return the ids of the fields that have a label with a `for` attribute."""
    return {label.get("for") for label in tree.iter("label") if label.get("for")}


def heading_jumps(tree: Element) -> list[str]:
    """Return the headings that skip a level after the preceding heading."""
    headings = [element for element in tree.iter() if re.fullmatch("h[1-6]", str(element.tag))]
    pairs = pairwise(int(heading.tag[1]) for heading in headings)
    return [heading.text or "" for heading, (last, level) in zip(headings[1:], pairs, strict=True) if level > last + 1]
