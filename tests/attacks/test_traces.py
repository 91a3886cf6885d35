"""After a test of many pages, the caches contain no secret. Only the intended entries contain addresses or drafts.

`tests/test_reports.py` checks logs, metrics, error reports and traces in the same way.
"""

import pytest
from django.conf import settings as site_settings
from django.core.cache.backends import locmem
from django.core.handlers.wsgi import WSGIHandler

from biso_site.page_cache import PageCache
from tests.attacks import traces
from tests.test_reports import ADDRESS, journey
from tests.wsgi import WsgiClient

pytestmark = pytest.mark.attack

PUBLIC = ["/", "/posts/", "/posts/feed/", "/sitemap.xml", "/posts/secretrow1/", "/posts/secretrow1/share.jpg"]


def test_no_secret_address_or_draft_is_left_in_the_caches(appwrite, guest, ingrid, settings):
    site = WsgiClient(PageCache(WSGIHandler()))
    secrets = journey(guest, ingrid, appwrite, settings)
    guest.post("/auth/login/", {"email": ADDRESS, "act": "code"})
    code = appwrite.inbox.code(ADDRESS)
    guest.post("/auth/code/", {"code": code})
    guest.get("/posts/mine/")
    guest.post("/posts/secretrow1/unpublish/")
    for path in PUBLIC:
        site.get(path)
    in_memory = [
        (key, key.encode() + value) for cached in locmem._caches.values() for key, value in list(cached.items())
    ]
    found = [*in_memory, *traces.files(site_settings.LOCAL_DIR)]
    assert any(traces.MAY_NAME_PEOPLE.search(key) for key, _ in found)
    never = [secrets[name] for name in ("link", "share key", "session", "in the URL")]
    never += [site_settings.APPWRITE_API_KEY, site_settings.SECRET_KEY]
    drafts = [secrets[name] for name in ("text", "title", "picture")]
    assert not traces.leaks(found, secrets=never, addresses=[ADDRESS], drafts=drafts)
