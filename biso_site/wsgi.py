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

from biso_site import error_reports, traces
from biso_site.malformed_requests import readable_content_type
from biso_site.observing import Application, Observed
from biso_site.page_cache import PageCache
from biso_site.traces import Traced
from core import metrics
from core.revalidation import revalidate

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "biso_site.settings")

if settings.LOCAL:
    # Without this check, a missing variable would start a public site in local mode, with DEBUG and a known secret key.
    raise ImproperlyConfigured(
        "APPWRITE_ENDPOINT is not set. It is required on a deployed site; docs/settings.md lists all settings. "
        "For local mode, use `manage.py runserver`."
    )

# Check files and folders now. Otherwise, the site would start and then fail on the first page or form.
if not settings.DEBUG and not (settings.STATIC_ROOT / "staticfiles.json").exists():
    # Without the deployed site's variables, collectstatic would run in local mode, and its files would not work here.
    raise ImproperlyConfigured(
        "The static files are missing. Run `manage.py collectstatic --noinput` with the same settings first."
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
    # Django's cache stores pickled objects, and loading a manipulated pickle can run any code.
    if name == "CACHE_URL" and folder.stat().st_mode & stat.S_IWOTH:
        raise ImproperlyConfigured(f"{name}: every user of this machine can write to the folder {folder}.")
if settings.AUDIT_LOG:
    audit_log = Path(settings.AUDIT_LOG)
    place = audit_log if audit_log.exists() else audit_log.parent
    if not audit_log.parent.is_dir() or not os.access(place, os.W_OK):
        raise ImproperlyConfigured(f"AUDIT_LOG: the file {audit_log} is not writable.")


class _WithoutBody:
    """A HEAD response without its body. Gunicorn would log a warning for each body that it drops."""

    def __init__(self, response: Any) -> None:
        self.close = response.close

    def __iter__(self) -> Iterator[bytes]:
        return iter(())


class Handler(WSGIHandler):
    """Django's WSGI handler, changed to ignore SCRIPT_NAME and to replace a Content-Type that Django cannot handle."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        # The site is at the root of its host, so SCRIPT_NAME belongs to the path.
        environ["PATH_INFO"] = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        environ["SCRIPT_NAME"] = ""
        environ["CONTENT_TYPE"] = readable_content_type(environ.get("CONTENT_TYPE", ""))
        response = super().__call__(environ, start_response)
        return _WithoutBody(response) if environ["REQUEST_METHOD"] == "HEAD" else response


django.setup(set_prefix=False)
if settings.METRICS_TOKEN:
    # prometheus_client reads this variable at import time, and then keeps its counters in files shared by all workers.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(settings.LOCAL_DIR / "metrics")
    metrics.start(settings.LOCAL_DIR / "metrics")
if settings.SENTRY_DSN:
    error_reports.start(settings.SENTRY_DSN)
# Invalidate all stored copies of pages and reads, because an earlier release may have stored them.
revalidate()
# With DEBUG, do not use the page cache: after a change to a template or to the code, it would serve stale pages.
site: Application = Handler() if settings.DEBUG else PageCache(Handler())
if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
    traces.start(settings.OTEL_EXPORTER_OTLP_ENDPOINT)
    site = Traced(site)
application = Observed(site)
