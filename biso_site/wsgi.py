"""The door for gunicorn: `gunicorn biso_site.wsgi`."""

import os
import tempfile
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

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

application = get_wsgi_application()
