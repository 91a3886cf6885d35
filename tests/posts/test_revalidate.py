"""/api/revalidate: Appwrite's webhook makes writes by other clients visible immediately."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from appwrite.services.webhooks import Webhooks
from django.core.handlers.wsgi import WSGIHandler

from core.appwrite_client import AppwriteClient, create_admin_client
from core.revalidation import current_generation
from tests.conftest import KEY
from tests.site import NOTHING, unnoticed
from tests.users import Browser

PATH = "/api/revalidate"
SECRET = "a secret of the webhook"
# The events that docs/deploy.md lists.
EVENTS = ["databases.app.tables.posts.rows.*", "databases.app.tables.featured.rows.*"]


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def webhook(appwrite, settings) -> Iterator[None]:
    """Run the site on a local port and register a webhook that Appwrite calls after each write."""
    settings.APPWRITE_WEBHOOK_KEY = SECRET
    with make_server("127.0.0.1", 0, WSGIHandler(), handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        client = AppwriteClient().set_endpoint(appwrite.endpoint).set_project(settings.APPWRITE_PROJECT).set_key(KEY)
        url = f"http://127.0.0.1:{server.server_port}{PATH}"
        Webhooks(client).create("hook", url, "Pages", EVENTS, secret=SECRET)
        yield
        server.shutdown()
        thread.join()


def titles(path: str = "/posts/") -> list[str]:
    context = Browser().get(path).context
    return [post.title for post in (context["page"].items if path == "/posts/" else [context["lead"]]) if post]


def soon(condition) -> bool:
    end = time.monotonic() + 30
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_writes_by_other_clients_are_visible_immediately(webhook, published, settings, alice):
    assert titles() == ["Alices innlegg"]
    assert titles("/") == []
    db = create_admin_client().db
    with unnoticed():
        db.update_row("app", "posts", published.id, {"title": "Skrevet utenom"})
    assert soon(lambda: titles() == ["Skrevet utenom"])
    with unnoticed():
        db.create_row("app", "featured", published.id, {"position": 0, "authorId": alice.id})
    assert soon(lambda: titles("/") == ["Skrevet utenom"])
    with unnoticed():
        db.update_row("app", "posts", published.id, {"status": "draft"}, [])
    assert soon(lambda: titles() == [])


def test_post_unpublished_elsewhere_is_not_shown_from_copies(webhook, published, settings):
    path = f"/posts/{published.id}/"
    assert Browser().get(path).status_code == 200
    with unnoticed():
        create_admin_client().db.delete_row("app", "posts", published.id)
    assert soon(lambda: Browser().get(path).status_code == 404)
    settings.APPWRITE_ENDPOINT = NOTHING
    assert Browser().get(path).status_code == 503


def test_only_signed_requests_change_the_generation(guest, settings):
    settings.APPWRITE_WEBHOOK_KEY = SECRET
    first = current_generation()
    body = json.dumps({"$tableId": "featured", "$id": "abc"})
    for signature in (
        "",
        "x",
        "å",
        signed(body, "another secret"),
        signed(body + " "),
        signed(body, path="/api/other"),
    ):
        assert call(guest, body, signature).status_code == 403
    assert guest.get(PATH).status_code == 405
    assert call(guest, " " * (2 * 1024 * 1024 + 1), "").status_code == 413
    assert current_generation() == first
    for text in (
        body,
        "",
        "[]",
        "null",
        "{",
        '{"$tableId": "posts", "$id": 7}',
        '{"$tableId": "posts", "$id": "../x"}',
    ):
        before = current_generation()
        assert call(guest, text, signed(text)).status_code == 204
        assert current_generation() != before, text


def test_saving_a_draft_again_does_not_change_the_generation(guest, settings, appwrite):
    settings.APPWRITE_WEBHOOK_KEY = SECRET
    row = {"$tableId": "posts", "$id": "alicedraft", "status": "draft", "$permissions": [], "$updatedAt": time_of(1)}
    public = {**row, "status": "published", "$permissions": ['read("any")'], "$updatedAt": time_of(2)}
    changes = []
    for sent in (row, row, public, public, row, row):
        before, body = current_generation(), json.dumps(sent)
        assert call(guest, body, signed(body)).status_code == 204
        changes.append(current_generation() != before)
    assert changes == [True, False, True, True, True, False]


def test_late_publish_event_does_not_show_a_withdrawn_post(guest, alice, published, settings):
    """Appwrite queues events, so the event of an earlier publication can arrive after the post was unpublished."""
    settings.APPWRITE_WEBHOOK_KEY = SECRET
    path = f"/posts/{published.id}/"
    assert guest.get(path).status_code == 200
    row = create_admin_client().db.get_row("app", "posts", published.id)
    report = {"$tableId": "posts", "$id": row.id, "$permissions": row.permissions, "$updatedAt": row.updatedat}
    body = json.dumps({**row.data, **report})
    alice.browser().post(f"{path}unpublish/")
    assert call(guest, body, signed(body)).status_code == 204
    endpoint, settings.APPWRITE_ENDPOINT = settings.APPWRITE_ENDPOINT, NOTHING
    assert guest.get(path).status_code == 503
    settings.APPWRITE_ENDPOINT = endpoint
    alice.browser().post(f"{path}publish/")
    settings.APPWRITE_ENDPOINT = NOTHING
    assert guest.get(path).status_code == 200


def test_webhook_returns_404_without_a_key(guest, settings):
    settings.APPWRITE_WEBHOOK_KEY = ""
    assert call(guest, "{}", signed("{}", "")).status_code == 404


def call(guest: Browser, body: str, signature: str):
    headers = {"X-Appwrite-Webhook-Signature": signature.encode().decode("latin-1")}
    return guest.post(PATH, body, content_type="application/json", headers=headers)


def time_of(second: int) -> str:
    return f"2026-01-01T00:00:0{second}.000+00:00"


def signed(body: str, key: str = SECRET, path: str = PATH) -> str:
    digest = hmac.new(key.encode(), f"http://localhost{path}{body}".encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()
