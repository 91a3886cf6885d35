"""Conventions for templates, views and tests."""

import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from accounts.manage_urls import urlpatterns as people_urls
from accounts.urls import urlpatterns as accounts_urls
from posts.manage_urls import urlpatterns as manage_urls
from posts.urls import urlpatterns as posts_urls

ROOT = Path(settings.BASE_DIR)
NO_PAGE = {  # views that perform an action and then redirect to, or render, the page of another view
    *(
        "logout",
        "publish",
        "unpublish",
        "unschedule",
        "review",
        "undo",
        "restore",
        "preview",
        "add_image",
        "oauth_callback",
        "language",
        "subscribe",
        "remove_identity",
        "end_session",
    ),
    *(
        "feed",
        "feed_rss",
        "feed_of_author",
        "topic",
        "topic_feed",
        "topic_feed_rss",
        "feature",
        "unfeature",
        "move",
        "remove_orphan",
        "end_other_sessions",
        "update_labels",
        "block",
        "unblock",
        "end_sessions",
    ),
}
# Functions that take a request but have no URL.
NO_VIEW = {"csrf_failure"}


def test_only_the_settings_and_the_modules_that_start_the_site_read_the_environment():
    reads = re.compile(r"os\.(environ|getenv)\b|\benviron\.Env\b")
    allowed = {"manage.py", "biso_site/settings.py", "biso_site/wsgi.py", "biso_site/management/commands/runserver.py"}
    modules = [
        ROOT / "manage.py",
        *(path for folder in ("biso_site", "posts", "accounts", "core") for path in (ROOT / folder).rglob("*.py")),
    ]
    readers = {str(path.relative_to(ROOT)) for path in modules if reads.search(path.read_text(encoding="utf-8"))}
    assert readers == allowed


@pytest.mark.parametrize(
    ("app", "patterns", "folder"),
    [
        ("posts", posts_urls, "posts"),
        ("accounts", accounts_urls, "accounts"),
        ("people", people_urls, "accounts"),
        ("manage", manage_urls, "posts"),
    ],
)
def test_every_page_has_a_view_a_template_and_a_test(app, patterns, folder):
    for pattern in patterns:
        name = pattern.name
        assert pattern.callback.__name__.rstrip("_") == name
        if name not in NO_PAGE:
            assert (ROOT / "templates" / app / f"{name}.html").exists(), name
        last = str(pattern.pattern).rstrip("/").rpartition("/")[2]
        tests = [path.read_text(encoding="utf-8") for path in (ROOT / "tests" / folder).glob("test_*.py")]
        assert last == "" or last.startswith("<") or any(f"{last}/" in text for text in tests), name


def test_every_view_declares_its_methods():
    """A view without a decorator would treat HEAD and PUT requests like GET requests."""
    folders = [ROOT / "posts" / "views", ROOT / "accounts" / "views"]
    files = [
        ROOT / "biso_site" / "health.py",
        ROOT / "biso_site" / "views.py",
        *(path for folder in folders for path in folder.glob("*.py")),
    ]
    source = "".join(path.read_text(encoding="utf-8") for path in files)
    views = re.findall(r"((?:@.+\n)+)def ([a-z]\w*)\(request", source)
    for decorators, name in views:
        assert "require_" in decorators or name in NO_VIEW, name
    assert len(views) >= len(posts_urls) + len(accounts_urls) + len(people_urls) + len(manage_urls)


def test_nothing_specific_to_one_machine_is_committed():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    assert not [
        name for name in tracked if name.startswith((".local", ".venv", "staticfiles")) or name.endswith(".sqlite3")
    ]


def test_scripts_do_not_turn_text_into_code_or_markup():
    """Only the preview is inserted as HTML: the server has rendered and sanitised it."""
    dangerous = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|__proto__|javascript:"
    found = {
        (path.name, match)
        for path in (ROOT / "static" / "js").glob("*.js")
        for match in re.findall(dangerous, path.read_text(encoding="utf-8"))
    }
    assert found == {("preview.js", "innerHTML")}
