"""The emulator's Django settings, read from environment variables that `__main__` sets."""

import os
import tempfile
from pathlib import Path

PACKAGE = Path(__file__).parent

DATA = os.environ.get("EMULATOR_DATA", "")
EPHEMERAL = not DATA
PROJECT = os.environ.get("EMULATOR_PROJECT", "")
"""The project's ID as given by `--project`; "" if not given (`bootstrap.identity` has the ID in use)."""
KEY = os.environ.get("EMULATOR_KEY", "")
"""The API key given by `--key`; "" if not given."""
SEED = os.environ.get("EMULATOR_SEED", "")
MAIL_DIR = os.environ.get("EMULATOR_MAIL_DIR", "")
FUNCTIONS_DIR = os.environ.get("EMULATOR_FUNCTIONS_DIR", "")
RUN_FUNCTIONS = bool(os.environ.get("EMULATOR_RUN_FUNCTIONS"))
"""Whether the emulator is allowed to run uploaded code."""
EXPOSED = bool(os.environ.get("EMULATOR_EXPOSED"))
FAST_HASHES = bool(os.environ.get("EMULATOR_FAST_HASHES"))
ANY_PROJECT = bool(os.environ.get("EMULATOR_ANY_PROJECT"))
"""Whether a request that names an unknown project creates it."""
DEMO_PROJECT = bool(os.environ.get("EMULATOR_DEMO_PROJECT"))
"""Whether new projects get one app per platform, and all OAuth2 providers enabled."""
CONSOLE_USER = os.environ.get("EMULATOR_CONSOLE_USER", "")
"""The console user, as `EMAIL:PASSWORD`; "" if the console is disabled."""
AS = os.environ.get("EMULATOR_AS", "")
"""The Appwrite version given by `--as`; "" means `VERSION`."""
OLD_LINKS = bool(os.environ.get("EMULATOR_OLD_LINKS"))
"""Whether secrets that were e-mailed to a former address keep working and verify the new address."""
LIMITS = bool(os.environ.get("EMULATOR_LIMITS"))
"""Whether rate limits are enforced."""
FETCH_FROM = os.environ.get("EMULATOR_FETCH_FROM", "").split()
"""Hosts from which the Avatars service can fetch images, as `host` or `host:port`."""

# Django requires this setting, but nothing uses it. Sessions, tokens and JWTs have their own secrets.
SECRET_KEY = "emulator"  # noqa: S105
DEBUG = False
ALLOWED_HOSTS = ["*"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # the real server also trusts this header
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "appwrite_emulator.urls"
INSTALLED_APPS = ["appwrite_emulator.db"]
MIDDLEWARE = [
    "appwrite_emulator.http.content_length.content_length",
    "appwrite_emulator.http.preflight.preflight",
    "appwrite_emulator.admin.guard.guard",
    "appwrite_emulator.projects.select_project",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "admin" / "templates", PACKAGE / "mail" / "templates"],
    }
]

# `synchronous` is OFF only for data that is deleted at exit.
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA or os.path.join(tempfile.gettempdir(), f"appwrite-emulator-{os.getpid()}.sqlite3"),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": f"PRAGMA journal_mode=WAL; PRAGMA synchronous={'OFF' if EPHEMERAL else 'FULL'};",
        },
    }
}

# No limit here. The server limits the size of bodies (http.server.MAX_BODY), and buckets limit the size of files. Both
# report Appwrite's errors.
FILE_UPLOAD_HANDLERS = [
    "appwrite_emulator.http.upload_handlers.InMemory",
    "appwrite_emulator.http.upload_handlers.InTemporaryFile",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = None
DATA_UPLOAD_MAX_NUMBER_FIELDS = None

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "loggers": {
        "appwrite_emulator": {"handlers": ["stderr"], "level": "INFO"},
        # With a line per request, the inbox's URL would soon scroll off the screen. The request log has its own page.
        "django.server": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        "django.request": {"handlers": ["stderr"], "level": "CRITICAL", "propagate": False},
    },
}
