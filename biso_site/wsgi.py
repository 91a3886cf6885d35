"""The door for gunicorn: `gunicorn biso_site.wsgi`."""

import os

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

application = get_wsgi_application()
