"""What a whole journey leaves in the caches: no secret, addresses and drafts only in the entries made for them.

`tests/test_reports.py` checks logs, metrics, error reports and traces in the same way.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as site_settings
from django.core.cache.backends import locmem
from django.core.handlers.wsgi import WSGIHandler

from biso_site.page_cache import PageCache
from tests.test_reports import ADDRESS, journey
from tests.wsgi import WsgiClient

pytestmark = pytest.mark.attack

# docs/architecture.md lists these entries: who a session belongs to, deleted posts and rendered texts.
MAY_NAME_PEOPLE = re.compile(r"person:")
MAY_CONTAIN_DRAFTS = re.compile(r"person:|undo|markdown|pending|kept")
PUBLIC = ["/", "/posts/", "/posts/feed/", "/sitemap.xml", "/posts/secretrow1/", "/posts/secretrow1/share.jpg"]


def entries() -> Iterator[tuple[str, bytes]]:
    for cached in locmem._caches.values():
        for key, value in cached.items():
            yield key, key.encode() + value
    for path in Path(site_settings.LOCAL_DIR).rglob("*"):
        if path.is_file():
            yield str(path), str(path).encode() + path.read_bytes()


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
    found = list(entries())
    assert any(MAY_NAME_PEOPLE.search(key) for key, _ in found)
    never = {name: secrets[name] for name in ("link", "share key", "session", "in the URL")}
    never |= {"key": site_settings.APPWRITE_API_KEY, "secret key": site_settings.SECRET_KEY}
    drafts = {name: secrets[name] for name in ("text", "title", "picture")}
    for name, secret in never.items():
        assert not [key for key, entry in found if secret.encode() in entry], name
    assert not [key for key, entry in found if ADDRESS.encode() in entry and not MAY_NAME_PEOPLE.search(key)]
    for name, text in drafts.items():
        assert not [key for key, entry in found if text.encode() in entry and not MAY_CONTAIN_DRAFTS.search(key)], name
