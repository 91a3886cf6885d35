"""What the README, the templates and the tests promise each other."""

import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import get_resolver

import appwrite_emulator
from accounts.urls import urlpatterns as accounts_urls
from posts.urls import urlpatterns as posts_urls

ROOT = Path(settings.BASE_DIR)
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETTINGS = (ROOT / "biso_site" / "settings.py").read_text(encoding="utf-8")
NO_PAGE = {"logout", "publish", "unpublish", "preview"}  # they act, and lead to or draw another page


def test_the_readme_names_every_setting():
    read = set(re.findall(r'(?:env\.\w+|deployed)\(\s*"([A-Z_]+)"', SETTINGS))
    assert len(read) >= 10
    assert {name for name in read if f"`{name}`" not in README} == set()


def test_only_the_settings_read_the_environment():
    reads = re.compile(r"os\.(environ|getenv)\b")
    allowed = {"manage.py", "biso_site/settings.py", "biso_site/wsgi.py", "biso_site/management/commands/runserver.py"}
    readers = {
        str(path.relative_to(ROOT))
        for folder in ("biso_site", "accounts", "posts")
        for path in (ROOT / folder).rglob("*.py")
        if reads.search(path.read_text(encoding="utf-8"))
    }
    assert readers <= allowed


@pytest.mark.parametrize(("app", "patterns"), [("posts", posts_urls), ("accounts", accounts_urls)])
def test_every_page_has_a_view_a_template_and_a_test_of_its_name(app, patterns):
    for pattern in patterns:
        name = pattern.name
        assert pattern.callback.__name__.rstrip("_") == name
        if name not in NO_PAGE:
            assert (ROOT / "templates" / app / f"{name}.html").exists(), name
        tests = (ROOT / "tests" / app).glob("test_*.py")
        assert any(f"/{name}/" in path.read_text(encoding="utf-8") or path.stem == f"test_{name}" for path in tests), (
            name
        )


def test_local_mode_has_the_key_that_the_emulator_ships():
    assert settings.APPWRITE_API_KEY == appwrite_emulator.SITE_KEY


def test_every_view_says_which_methods_it_takes():
    """A view that forgot would answer a HEAD or a PUT as if it were a GET."""
    source = "".join(
        (ROOT / app / "views.py").read_text(encoding="utf-8") for app in ("posts", "accounts", "biso_site")
    )
    views = re.findall(r"((?:@.+\n)+)def ([a-z]\w*)\(request", source)
    for decorators, name in views:
        assert "require_" in decorators or name == "csrf_failure", name
    assert len(views) >= len(posts_urls) + len(accounts_urls)
    assert get_resolver().url_patterns


def test_nothing_that_belongs_to_one_machine_is_committed():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    assert not [
        name for name in tracked if name.startswith((".local", ".venv", "staticfiles")) or name.endswith(".sqlite3")
    ]
