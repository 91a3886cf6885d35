"""The settings of a deployed site: missing variables are reported and never switch a public site to DEBUG."""

import os
import runpy
import subprocess
import sys
from types import SimpleNamespace
from unittest import mock

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from tests.site import collect_static

DEPLOYED = {
    "APPWRITE_ENDPOINT": "https://appwrite.example.org/v1",
    "APPWRITE_PROJECT": "biso",
    "APPWRITE_API_KEY": "key",
    "SECRET_KEY": "a-test-key-that-is-long-enough-for-the-check-0123456789-abcdef",
    "ALLOWED_HOSTS": "posts.example.org",
    "SITE_URL": "https://posts.example.org",
}


NOT_SHARED = (
    *("/var/cache/biso", "locmemcache://", "dummycache://", "memcache://127.0.0.1:11211"),
    "redis://primary:6379,replica:6379/1",
)


def python(code: str, **environment: str) -> subprocess.CompletedProcess:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    kept["DJANGO_SETTINGS_MODULE"] = "biso_site.settings"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, env=kept | environment, capture_output=True, text=True
    )


def settings_of(environment: dict[str, str]) -> SimpleNamespace:
    """Return the site's settings if only the variables in `environment` are set."""
    with mock.patch.dict(os.environ, environment, clear=True):
        return SimpleNamespace(**runpy.run_path(str(settings.BASE_DIR / "biso_site" / "settings.py")))


@pytest.mark.parametrize("missing", [name for name in DEPLOYED if name != "APPWRITE_ENDPOINT"])
def test_each_missing_setting_is_reported(missing):
    environment = {name: value for name, value in DEPLOYED.items() if name != missing}
    with pytest.raises(ImproperlyConfigured, match=f"^{missing} is not set."):
        settings_of(environment)


@pytest.mark.processes
def test_startup_error_names_the_missing_setting():
    environment = {name: value for name, value in DEPLOYED.items() if name != "SECRET_KEY"}
    ran = python("import django; django.setup()", **environment)
    assert ran.returncode != 0
    assert "SECRET_KEY is not set." in ran.stderr


@pytest.mark.processes
def test_command_with_a_wrong_setting_prints_one_line():
    command = [sys.executable, "manage.py", "setup_appwrite"]
    environment = {**DEPLOYED, "SITE_URL": "posts.example.org"}
    ran = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True)
    assert ran.returncode == 1
    assert ran.stderr.startswith("The settings are wrong: SITE_URL must be")
    assert len(ran.stderr.splitlines()) == 1


@pytest.mark.processes
def test_wsgi_rejects_local_mode():
    ran = python("import biso_site.wsgi")
    assert ran.returncode != 0
    assert "APPWRITE_ENDPOINT is not set." in ran.stderr


@pytest.mark.processes
def test_wsgi_serves_a_deployed_site_without_pages_from_an_earlier_release(tmp_path):
    collect_static()
    code = "from core.revalidation import current_generation; before = current_generation()\n"
    code += "import biso_site.wsgi; print(None is not before != current_generation() is not None)"
    ran = python(code, **DEPLOYED, LOCAL_DIR=str(tmp_path))
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "True\n"


@pytest.mark.processes
def test_wsgi_reports_missing_static_files():
    code = "from pathlib import Path; from django.conf import settings; settings.STATIC_ROOT = Path('/nowhere')"
    assert "collectstatic" in python(f"{code}; import biso_site.wsgi", **DEPLOYED).stderr.splitlines()[-1]


@pytest.mark.processes
@pytest.mark.parametrize(
    ("name", "value"), [("LOCAL_DIR", "{}"), ("CACHE_URL", "filecache://{}"), ("AUDIT_LOG", "{}/audit.log")]
)
def test_wsgi_reports_a_folder_that_is_not_writable(name, value, tmp_path):
    collect_static()
    file = tmp_path / "file"
    file.touch()
    ran = python("import biso_site.wsgi", **{**DEPLOYED, name: value.format(file)})
    assert ran.returncode != 0
    assert ran.stderr.splitlines()[-1].startswith(f"django.core.exceptions.ImproperlyConfigured: {name}: ")


@pytest.mark.processes
def test_wsgi_rejects_a_world_writable_cache_folder(tmp_path):
    """The cache contains pickled Python objects, and loading one can execute code."""
    collect_static()
    folder = tmp_path / "cache"
    folder.mkdir()
    folder.chmod(0o777)
    ran = python("import biso_site.wsgi", **DEPLOYED, LOCAL_DIR=str(tmp_path), CACHE_URL=f"filecache://{folder}")
    assert ran.returncode != 0
    assert ran.stderr.splitlines()[-1].startswith("django.core.exceptions.ImproperlyConfigured: CACHE_URL: ")
    folder.rmdir()
    ran = python("import biso_site.wsgi", **DEPLOYED, LOCAL_DIR=str(tmp_path), CACHE_URL=f"filecache://{folder}")
    assert ran.returncode == 0, ran.stderr
    assert folder.stat().st_mode & 0o077 == 0


def test_deployed_site_has_no_debug_mode_and_no_inbox():
    read = settings_of(DEPLOYED)
    assert (read.DEBUG, read.LOCAL, read.INBOX_URL, read.COOKIE_PREFIX) == (False, False, None, "__Host-")


def test_cookies_have_no_host_prefix_over_plain_http():
    read = settings_of({**DEPLOYED, "SITE_URL": "http://localhost:8080"})
    assert (read.HTTPS, read.CSRF_COOKIE_NAME, read.SECURE_HSTS_SECONDS) == (False, "csrftoken", 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[
            ("SITE_URL", value)
            for value in ("posts.example.org", "https://", "https://example.org/posts", "ftp://x.org")
        ],
        *[("POSTS_WRITERS", value) for value in ("team:admin", "everybody")],
        ("MICROSOFT_SIGN_IN", "yes"),
        *[("TRUSTED_PROXIES", value) for value in ("-1", "one")],
        *[("APPWRITE_ENDPOINT", value) for value in ("appwrite.example.org/v1", "https://appwrite.example.org", " ")],
        *[("APPWRITE_PROJECT", value) for value in ("our project", "-biso")],
        *[("APPWRITE_DATABASE", value) for value in ("app/posts", "x" * 37)],
        ("ALLOWED_HOSTS", " , "),
        ("SECRET_KEY", "x" * 49),
        *[("CACHE_URL", value) for value in NOT_SHARED],
        ("EMULATOR_PORT", "web"),
        ("LOG_FORMAT", "xml"),
        ("METRICS_TOKEN", "guessed"),
        *[(name, "collector:4318") for name in ("SENTRY_DSN", "OTEL_EXPORTER_OTLP_ENDPOINT")],
    ],
)
def test_invalid_setting_is_reported(name, value):
    with pytest.raises(ImproperlyConfigured, match=name):
        settings_of({**DEPLOYED, name: value})


def test_empty_variable_counts_as_not_set():
    names = (
        "APPWRITE_DATABASE",
        "POSTS_WRITERS",
        "TRUSTED_PROXIES",
        "CACHE_URL",
        "LOCAL_DIR",
        "LOG_FORMAT",
        "AUDIT_LOG",
        "METRICS_TOKEN",
        "SENTRY_DSN",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "EMULATOR_PORT",
        "DEBUG",
    )
    read = settings_of(DEPLOYED | dict.fromkeys(names, ""))
    assert (read.APPWRITE_DATABASE, read.POSTS_WRITERS, read.TRUSTED_PROXIES, read.DEBUG) == ("app", "users", 0, False)
    assert read.CACHES["default"]["LOCATION"] == str(settings.BASE_DIR / ".local" / "cache")


def test_https_sites_send_hsts():
    read = settings_of(DEPLOYED)
    assert (read.HTTPS, read.SECURE_HSTS_SECONDS) == (True, 365 * 24 * 3600)


def test_allowed_hosts_may_have_spaces_after_commas():
    read = settings_of({**DEPLOYED, "ALLOWED_HOSTS": "posts.example.org, www.example.org ,"})
    assert read.ALLOWED_HOSTS == ["posts.example.org", "www.example.org"]


FORM = """
import re
import django; django.setup()
from django.test import Client
browser = Client(enforce_csrf_checks=True, SERVER_NAME="posts.example.org")
token = re.search(r'name="csrfmiddlewaretoken" value="(\\w+)"', browser.get("/auth/login/").content.decode())[1]
for origin in ("https://posts.example.org", "https://evil.example"):
    form = {"email": "", "csrfmiddlewaretoken": token}
    print(browser.post("/auth/login/", form, headers={"origin": origin}).status_code)
"""


@pytest.mark.processes
def test_forms_work_behind_a_tls_proxy_without_trusted_proxies_set():
    collect_static()
    assert python(FORM, **DEPLOYED).stdout == "200\n403\n"
