"""Store one-time messages in a cookie with the same name prefix as the site's other cookies."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage


class Storage(CookieStorage):
    cookie_name = f"{settings.COOKIE_PREFIX}messages"
