"""The door for gunicorn: `gunicorn biso_site.wsgi`."""

import os
import tempfile
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.wsgi import WSGIHandler

from biso_site.malformed_requests import readable_content_type

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "biso_site.settings")

if settings.LOCAL:
    # A forgotten setting must never become a public site in DEBUG with a known key.
    raise ImproperlyConfigured(
        "APPWRITE_ENDPOINT is not set. A deployed site needs to know its Appwrite; "
        "README, “Deploy”, lists every setting. Local mode belongs to `manage.py runserver`."
    )

# Said now, not as an error on the first page, or on the first form.
if not settings.DEBUG and not (settings.STATIC_ROOT / "staticfiles.json").exists():
    # In local mode, without these settings, the command leaves files that only local mode can use.
    raise ImproperlyConfigured(
        "The static files are missing. Run `manage.py collectstatic --noinput` with these same settings first."
    )
folders = {"LOCAL_DIR": settings.LOCAL_DIR}
if settings.CACHES["default"]["OPTIONS"]["BACKEND"].endswith(".FileBasedCache"):
    folders["CACHE_URL"] = Path(settings.CACHES["default"]["LOCATION"])
for name, folder in folders.items():
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}: nothing can be written to {folder} ({error.strerror}).") from error


class Handler(WSGIHandler):
    """Django's handler. It ignores SCRIPT_NAME and replaces a Content-Type that Django would fail on."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        # The site is at the root of its host, so a SCRIPT_NAME is part of the path.
        environ["PATH_INFO"] = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        environ["SCRIPT_NAME"] = ""
        environ["CONTENT_TYPE"] = readable_content_type(environ.get("CONTENT_TYPE", ""))
        return super().__call__(environ, start_response)


django.setup(set_prefix=False)
application = Handler()
