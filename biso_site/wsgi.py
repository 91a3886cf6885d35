"""The WSGI application, for `gunicorn biso_site.wsgi`."""

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.wsgi import WSGIHandler

from biso_site.malformed_requests import readable_content_type
from biso_site.page_cache import PageCache
from core.revalidation import revalidate

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "biso_site.settings")

if settings.LOCAL:
    # Without this check, a missing setting would make a public site with DEBUG and a known key.
    raise ImproperlyConfigured(
        "APPWRITE_ENDPOINT is not set. A deployed site needs it; docs/deploy.md lists all settings. "
        "For local mode, use `manage.py runserver`."
    )

# Checked now, so that the first page or form does not fail.
if not settings.DEBUG and not (settings.STATIC_ROOT / "staticfiles.json").exists():
    # Without these settings, collectstatic runs in local mode, and creates files that only local mode can use.
    raise ImproperlyConfigured(
        "The static files are missing. Run `manage.py collectstatic --noinput` with these same settings first."
    )
folders = {"LOCAL_DIR": settings.LOCAL_DIR}
if settings.CACHES["default"]["OPTIONS"]["BACKEND"].endswith(".FileBasedCache"):
    folders["CACHE_URL"] = Path(settings.CACHES["default"]["LOCATION"])
for name, folder in folders.items():
    try:
        folder.mkdir(0o700 if name == "CACHE_URL" else 0o777, parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}: the folder {folder} is not writable ({error.strerror}).") from error
    # Django's cache stores Python objects, which can run code when they are read.
    if name == "CACHE_URL" and folder.stat().st_mode & stat.S_IWOTH:
        raise ImproperlyConfigured(f"{name}: every user of this machine can write to the folder {folder}.")


class _WithoutBody:
    """A response to HEAD. Gunicorn would log a warning for each body that it drops."""

    def __init__(self, response: Any) -> None:
        self.close = response.close

    def __iter__(self) -> Iterator[bytes]:
        return iter(())


class Handler(WSGIHandler):
    """Django's handler. It ignores SCRIPT_NAME and replaces a Content-Type that Django would fail on."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        # The site is at the root of its host, so a SCRIPT_NAME is part of the path.
        environ["PATH_INFO"] = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        environ["SCRIPT_NAME"] = ""
        environ["CONTENT_TYPE"] = readable_content_type(environ.get("CONTENT_TYPE", ""))
        response = super().__call__(environ, start_response)
        return _WithoutBody(response) if environ["REQUEST_METHOD"] == "HEAD" else response


django.setup(set_prefix=False)
# Copies of pages and reads that an earlier release made must not be shown by this one.
revalidate()
# With DEBUG, as in `runserver`, templates and code change without a write, and their pages must change with them.
application = Handler() if settings.DEBUG else PageCache(Handler())
