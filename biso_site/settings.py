"""Django settings. Only this module reads environment variables; docs/settings.md describes all of them.

Without APPWRITE_ENDPOINT, the site runs in *local mode*: `manage.py runserver` also starts the emulator. With
APPWRITE_ENDPOINT, the site is *deployed*, and it does not start if a required variable is missing.
"""

import re
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from core.ids import is_id

BASE_DIR = Path(__file__).resolve().parent.parent
if not (BASE_DIR / "manage.py").exists():  # installed from a wheel; pyproject.toml lists its contents
    BASE_DIR = Path(sys.prefix) / "share" / "biso-posts"

env = environ.Env()
LOCAL = not env.str("APPWRITE_ENDPOINT", default="")

# The folder for the emulator's state and the file cache; ignored by Git. Here and below, an empty variable counts as
# not set, because an environment file may contain lines without a value.
LOCAL_DIR = Path(env.str("LOCAL_DIR", default="") or BASE_DIR / ".local")


def deployed(name: str, local: Any, read: Any = env.str) -> Any:
    """Return `local` in local mode, otherwise the value of the environment variable called `name`.

    Raise ImproperlyConfigured if the variable is not set.
    """
    if LOCAL:
        return local
    value = read(name, default=None)
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. It is required on a deployed site; see docs/settings.md.")
    return value


def number(name: str, default: int) -> int:
    """Return the value of the environment variable called `name`, or `default` if it is not set.

    Raise ImproperlyConfigured if the value is not a whole number from 0 to 99999.
    """
    value = env.str(name, default="") or str(default)
    if not re.fullmatch(r"[0-9]{1,5}", value):
        raise ImproperlyConfigured(f"{name} must be a number from 0 to 99999, not “{value}”.")
    return int(value)


# Appwrite. In local mode, this is the emulator, in which `runserver` creates this API key (biso_site/local_project.py).
EMULATOR_PORT = number("EMULATOR_PORT", 9100)
EMULATOR_ORIGIN = f"http://127.0.0.1:{EMULATOR_PORT}"
APPWRITE_ENDPOINT = deployed("APPWRITE_ENDPOINT", f"{EMULATOR_ORIGIN}/v1").rstrip("/")
APPWRITE_PROJECT = deployed("APPWRITE_PROJECT", "biso")
APPWRITE_API_KEY = deployed("APPWRITE_API_KEY", "standard_biso_site_local_key")
APPWRITE_DATABASE = env.str("APPWRITE_DATABASE", default="") or "app"
if not re.fullmatch(r"https?://[^?#@\s]+/v1", APPWRITE_ENDPOINT):
    raise ImproperlyConfigured(
        "APPWRITE_ENDPOINT must be a URL that ends in /v1, for instance https://appwrite.example.org/v1."
    )
for name, value in {"APPWRITE_PROJECT": APPWRITE_PROJECT, "APPWRITE_DATABASE": APPWRITE_DATABASE}.items():
    if not is_id(value):
        raise ImproperlyConfigured(f"{name} must be an id of at most 36 letters, digits and . _ -, not “{value}”.")
APPWRITE_TIMEOUT = (2, 5)  # seconds to connect, and for the whole call; Appwrite's own database timeout is 15 seconds
APPWRITE_DEADLINE = 8  # seconds for all Appwrite calls that serve one request

# URL of the emulator's inbox; None with a real Appwrite.
INBOX_URL = f"{EMULATOR_ORIGIN}/_emulator/inbox/" if LOCAL else None

# The secret of the webhook that reports writes by other clients. Without a secret, the webhook's URL does not exist.
APPWRITE_WEBHOOK_KEY = env.str("APPWRITE_WEBHOOK_KEY", default="")

# Who can publish: `users`, or a role such as `label:editor`. `setup_appwrite` sets the same permission in Appwrite.
POSTS_WRITERS = env.str("POSTS_WRITERS", default="") or "users"
if not re.fullmatch(r"users|label:[A-Za-z0-9]{1,36}", POSTS_WRITERS):
    raise ImproperlyConfigured("POSTS_WRITERS must be `users`, or the role of a label such as `label:editor`.")

# Whether the site shows the button for signing in with Microsoft. Asking Appwrite would need a call for each page.
MICROSOFT_SIGN_IN = (env.str("MICROSOFT_SIGN_IN", default="") or "True") == "True"
if not MICROSOFT_SIGN_IN and env.str("MICROSOFT_SIGN_IN", default="") != "False":
    raise ImproperlyConfigured("MICROSOFT_SIGN_IN must be True or False.")

# Facts about this installation, shown on the pages about the site (biso_site/info_pages.py).
SITE_OWNER = env.str("SITE_OWNER", default="") or "BISO"
SITE_CONTACT = env.str("SITE_CONTACT", default="").strip()
if SITE_CONTACT and not re.fullmatch(r"[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\"]+", SITE_CONTACT):
    raise ImproperlyConfigured(f"SITE_CONTACT must be an e-mail address, not “{SITE_CONTACT}”.")
DATA_LOCATION = env.str("DATA_LOCATION", default="")
LOG_DAYS = number("LOG_DAYS", 14)

SECRET_KEY = deployed("SECRET_KEY", "local-and-never-deployed-" + "0" * 40)
if len(SECRET_KEY) < 50:  # like Django's check security.W009, which runs only with `check --deploy`
    raise ImproperlyConfigured("SECRET_KEY must have at least 50 characters; docs/deploy.md shows how to make one.")
DEBUG = env.bool("DEBUG", default=LOCAL)
# With DEBUG, Django uses this class for the page that shows an exception.
DEFAULT_EXCEPTION_REPORTER = "biso_site.debug.ExceptionReporter"
ALLOWED_HOSTS = [
    host.strip() for host in deployed("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"], env.list) if host.strip()
]
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must contain at least one host.")
SITE_URL = deployed("SITE_URL", "").strip().rstrip("/")
if not LOCAL and not re.fullmatch(r"https?://[^/?#@\s]+", SITE_URL):
    raise ImproperlyConfigured("SITE_URL must be only a scheme and a host, for instance https://posts.biso.no.")
HTTPS = SITE_URL.startswith("https://")
# If an untrusted proxy terminates TLS, the site receives plain http, so its own forms seem to come from another origin.
CSRF_TRUSTED_ORIGINS = [SITE_URL] if SITE_URL else []
TRUSTED_PROXIES = number("TRUSTED_PROXIES", 0)

INSTALLED_APPS = [
    "biso_site",  # before staticfiles, so that biso_site's own `runserver`, which starts the emulator, takes precedence
    "accounts",
    "posts",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "biso_site.middleware.Noted",
    "django.middleware.security.SecurityMiddleware",
    "biso_site.middleware.security_headers",
    "biso_site.middleware.retry_after",
    "biso_site.malformed_requests.utf8_required",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "biso_site.middleware.after_response",
    "biso_site.middleware.Compressed",
    "biso_site.middleware.shared",
    "biso_site.middleware.one_deadline",
    "biso_site.middleware.scheduled_posts",
    "biso_site.middleware.recorded",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "accounts.middleware.CsrfMiddleware",
    "accounts.middleware.person",
    "django.contrib.messages.middleware.MessageMiddleware",
    "biso_site.middleware.ErrorPages",
]

FORCE_SCRIPT_NAME = ""  # the site is always at the root of its host; no header can change that
ROOT_URLCONF = "biso_site.urls"
# WSGI_APPLICATION is not set: runserver would import biso_site.wsgi, which raises an error in local mode.

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "loaders": [("biso_site.template_loader.Loader", ["django.template.loaders.filesystem.Loader"])],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "accounts.context_processors.person",
                "biso_site.context_processors.site",
            ],
            "libraries": {"site": "biso_site.templatetags.site"},
        },
    }
]

# The site has no database of its own: Appwrite stores all data.
DATABASES: dict[str, dict[str, str]] = {}

# All workers must share the cache, so that a person who signs out in one worker is signed out in all workers.
try:
    CACHES = {"default": env.cache_url_config(env.str("CACHE_URL", default="") or f"filecache://{LOCAL_DIR / 'cache'}")}
except ImproperlyConfigured:
    CACHES = {"default": {"BACKEND": ""}}
if not CACHES["default"]["BACKEND"].endswith((".FileBasedCache", ".RedisCache")):
    # With a cache in each worker's memory, rate limits would count per worker, and a sign-out would affect one worker.
    raise ImproperlyConfigured(
        "CACHE_URL must be redis://… or a folder that all workers share, such as filecache:///var/cache/biso-posts/cache."
    )
if LOCAL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
if CACHES["default"]["BACKEND"].endswith(".FileBasedCache"):
    # At this number of entries, the file cache deletes expired and then random entries, including those of rate limits.
    # Django's default is 300. Each write counts the files, which takes about 20 ms for 10,000 files. A busier site
    # should use Redis.
    CACHES["default"].setdefault("OPTIONS", {}).setdefault("MAX_ENTRIES", 10_000)
if CACHES["default"]["BACKEND"].endswith(".RedisCache"):
    if not isinstance(CACHES["default"]["LOCATION"], str):  # a replica may return values from before a write
        raise ImproperlyConfigured("CACHE_URL must name one Redis server.")
    # In seconds. If the server does not respond, a page may wait for both timeouts, once each.
    CACHES["default"]["OPTIONS"] = {
        "socket_connect_timeout": 0.5,
        "socket_timeout": 0.5,
        **CACHES["default"].get("OPTIONS", {}),
    }
CACHES["default"]["OPTIONS"] = {**CACHES["default"].get("OPTIONS", {}), "BACKEND": CACHES["default"]["BACKEND"]}
CACHES["default"]["BACKEND"] = "core.cache.TolerantCache"

# Languages: Norwegian URLs have no prefix, English URLs start with /en/.
LANGUAGE_CODE = "nb"
LANGUAGES = [("nb", "Norsk"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = HTTPS
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Oslo"

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "biso_site.static_files.Storage"
    }
}

# Set explicitly, because WhiteNoise's default depends on DEBUG at start-up, and Django's test runner turns DEBUG off.
WHITENOISE_ALLOW_ALL_ORIGINS = False  # no other origin needs our files
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG

MESSAGE_STORAGE = "biso_site.message_storage.Storage"

# Security. The prefix `__Host-` binds a cookie to this host, https and the path / (ASVS 3.3.1); browsers reject such
# cookies over http.
COOKIE_PREFIX = "__Host-" if HTTPS else ""
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}language"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "biso_site.views.csrf_failure"
SESSION_COOKIE_SECURE = HTTPS  # also applies to the messages cookie
SESSION_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = False  # the proxy redirects, because only the proxy receives plain http requests
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = False  # this site must not decide for other hosts below biso.no
SECURE_HSTS_PRELOAD = False
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SILENCED_SYSTEM_CHECKS = [
    "security.W002",  # X-Frame-Options: our Content-Security-Policy has the equivalent frame-ancestors
    "security.W003",  # CSRF: the check does not recognise our subclass, accounts.middleware.CsrfMiddleware
    "security.W005",  # HSTS for subdomains: see above
    "security.W008",  # SSL redirect: see above
    "security.W021",  # HSTS preload: it would affect all hosts below biso.no
]

# In bytes. The form itself reports text that is too long. A request larger than this is rejected before it is read.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100
DATA_UPLOAD_MAX_NUMBER_FILES = 2  # the cover, and an image for the text
FILE_UPLOAD_HANDLERS = ["posts.covers.uploads.CoverUpload"]

LOG_FORMAT = env.str("LOG_FORMAT", default="") or ("text" if LOCAL else "json")
if LOG_FORMAT not in ("json", "text"):
    raise ImproperlyConfigured(f"LOG_FORMAT must be `json` or `text`, not “{LOG_FORMAT}”.")
# The token with which Prometheus reads /metrics. Without a token, the URL does not exist and nothing is counted.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="").strip()
if METRICS_TOKEN and len(METRICS_TOKEN) < 20:
    raise ImproperlyConfigured("METRICS_TOKEN must have at least 20 characters.")

# Error reports and traces. Their packages are optional.
SENTRY_DSN = env.str("SENTRY_DSN", default="").strip()
OTEL_EXPORTER_OTLP_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default="").strip()
for name, value, package in (
    ("SENTRY_DSN", SENTRY_DSN, "sentry_sdk"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", OTEL_EXPORTER_OTLP_ENDPOINT, "opentelemetry"),
):
    if value and not re.fullmatch(r"https?://[^\s]+", value):
        raise ImproperlyConfigured(f"{name} must be a URL that starts with https:// or http://.")
    if value and not find_spec(package):
        raise ImproperlyConfigured(f"{name} needs the packages in requirements/monitoring.txt. Install them first.")

AUDIT_LOG = env.str("AUDIT_LOG", default="")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "biso_site.log_lines.Readable"},
        "json": {"()": "biso_site.log_lines.Json"},
    },
    "filters": {
        "one_line": {"()": "biso_site.malformed_requests.OneLine"},
        "audit_fields": {"()": "biso_site.log_lines.AuditFields"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["one_line"]}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "access": {"level": "INFO"},  # one line per request; biso_site/log_lines.py writes it
        "audit": {"level": "INFO", "filters": ["audit_fields"]},
        "core.server_version": {"level": "INFO"},
        # Django's records propagate to the root logger. With Django's own handlers, they would appear twice.
        "django": {"handlers": [], "level": "WARNING"},
        # WARNING disables runserver's access log, which would contain the secrets in the query strings of e-mailed
        # links.
        "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}
if AUDIT_LOG:
    # A WatchedFileHandler, so that logrotate can move the file.
    handler = {"class": "logging.handlers.WatchedFileHandler", "filename": AUDIT_LOG, "formatter": LOG_FORMAT}
    LOGGING["handlers"]["audit"] = handler | {"delay": True}
    LOGGING["loggers"]["audit"] |= {"handlers": ["audit"], "propagate": False}
