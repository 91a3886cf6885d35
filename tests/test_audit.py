"""The audit log: one line for each sign-in, rejected request and change, with ids, but no names, addresses or text."""

import json
import logging

import pytest
from django.conf import settings as site_settings
from django.core.cache import cache
from django.test import Client

from biso_site.log_lines import Json
from core import rate_limits
from posts import scheduling
from posts.editing import undo_store
from tests.acts import ACTS, TEXT, Act
from tests.conftest import picture
from tests.pages import TYPED
from tests.test_deployed import DEPLOYED, settings_of
from tests.test_faults import remember, stage  # noqa: F401 - a fixture

# These acts write no line. Previews, the image button without a file, and merges that show the form again change
# nothing in Appwrite. Autosaves would write too many lines.
WITHOUT_A_LINE = {"posts:preview", "posts:add_image", "autosave", "merge"}
CHANGES = [
    act for act in ACTS if act.who and act.form is not None and not {act.name, act.form.get("act")} & WITHOUT_A_LINE
]


@pytest.fixture
def lines(caplog) -> list[str]:
    """Return `caplog`, which also captures the audit log."""
    caplog.set_level(logging.INFO, logger="audit")
    return caplog


def written(caplog) -> list[str]:
    """Return the audit log's captured messages, and clear `caplog`."""
    messages = [record.getMessage() for record in caplog.records if record.name == "audit"]
    caplog.clear()
    return messages


def test_each_change_writes_one_line_that_contains_only_ids(stage, appwrite, lines):  # noqa: F811
    wrong: dict[tuple[str, str, str], object] = {}
    for act in CHANGES:
        appwrite.reset("stage")
        cache.clear()
        undo_store.put(stage.people["alice"].user, stage.gone, picture())
        remember(stage.people[act.who])
        written(lines)
        status = stage.do(act).status_code
        messages = written(lines)
        if not messages and (status >= 400 or (act.name == "manage:bulk" and status == 200)):
            continue  # nothing changed: the site rejected the act, or asks whether to delete the posts
        if problem := fault(act, stage.places, messages):
            wrong[act.name, act.who, act.form.get("act", "")] = (problem, status, messages)
    assert wrong == {}


def fault(act: Act, places: dict[str, str], messages: list[str]) -> str:
    if len(messages) != 1:
        return f"{len(messages)} lines"
    values = dict(pair.split("=", 1) for pair in messages[0].split())
    if values["user"] != act.who:
        return "another person"
    if missing := {places.get(str(arg), str(arg)) for arg in act.args} - set(values.values()):
        return f"without {missing}"
    typed = [value for value in (act.form or {}).values() if len(value) > 12 or "@" in value]
    if any(value in messages[0] for value in [*typed, "@example.com", TEXT]):
        return "with what was typed"
    return ""


def test_log_distinguishes_creating_publishing_and_editing(alice, draft, lines):
    browser = alice.browser()
    browser.post("/posts/new/", {**TYPED, "post_id": "auditrow12", "act": "save"})
    browser.post("/posts/new/", {**TYPED, "post_id": "auditrow13", "act": "publish"})
    browser.post("/posts/new/", {**TYPED, "post_id": "auditrow14", "act": "autosave"})
    browser.post(f"/posts/{draft.id}/edit/", {**TYPED, "post_id": draft.id, "version": draft.stamp})
    assert written(lines) == [
        "user=alice act=create post=auditrow12 author=alice",
        "user=alice act=publish post=auditrow13 author=alice",
        f"user=alice act=edit post={draft.id} author=alice",
    ]


def test_rejected_requests_are_logged_with_the_person_and_the_page(bob, guest, published, lines):
    assert bob.browser().get(f"/posts/{published.id}/edit/").status_code == 403
    assert bob.browser().post(f"/posts/{published.id}/unpublish/").status_code == 403
    assert Client(enforce_csrf_checks=True, SERVER_NAME="localhost").post("/auth/logout/").status_code == 403
    assert written(lines) == [
        f"user=bob act=refused method=GET page=posts:edit post={published.id}",
        f"user=bob act=refused method=POST page=posts:unpublish post={published.id}",
        "user=- act=refused method=POST page=accounts:logout",
    ]


def test_rejected_request_is_logged_even_if_it_publishes_a_scheduled_post(bob, draft, published, lines, monkeypatch):
    def publish() -> None:
        logging.getLogger("audit").info("user=- act=publish_scheduled post=%s author=alice", draft.id)

    monkeypatch.setattr(scheduling, "publish_due", publish)
    assert bob.browser().post(f"/posts/{published.id}/unpublish/").status_code == 403
    assert written(lines) == [
        f"user=- act=publish_scheduled post={draft.id} author=alice",
        f"user=bob act=refused method=POST page=posts:unpublish post={published.id}",
    ]


def test_exceeded_rate_limit_is_logged(alice, lines, monkeypatch):
    monkeypatch.setattr(rate_limits, "BIOS", rate_limits.Limit("bios", 1, 60))
    for _ in range(2):
        alice.browser().post("/auth/account/bio/", {"bio": "Skriver om kaffe."})
    assert written(lines) == ["user=alice act=bio", "user=alice act=limited limit=bios"]


def test_sign_ins_are_logged_without_the_address(appwrite, guest, alice, lines):
    guest.post("/auth/login/", {"email": alice.email, "act": "code"})
    code = appwrite.inbox.code(alice.email)
    guest.post("/auth/code/", {"code": f"{(int(code) + 1) % 1_000_000:06}"})
    guest.post("/auth/code/", {"code": code})
    guest.post("/auth/logout/")
    assert written(lines) == [
        "user=- act=sign_in outcome=refused reason=code",
        "user=alice act=sign_in outcome=done",
        "user=alice act=logout",
    ]


def test_sign_in_form_that_signs_nobody_in_writes_no_line(alice, lines):
    for url in ("/auth/code/", "/auth/callback/"):
        assert alice.browser().post(url, {"code": "123456"}).status_code == 302
    assert written(lines) == []


def test_json_line_contains_the_audit_stream_and_its_fields(alice, draft, lines):
    alice.browser().post(f"/posts/{draft.id}/publish/")
    (record,) = [record for record in lines.records if record.name == "audit"]
    line = json.loads(Json().format(record))
    wanted = {"stream": "audit", "user": "alice", "act": "publish", "post": draft.id, "author": "alice"}
    assert line.items() >= wanted.items()


def test_audit_log_can_have_its_own_file(tmp_path):
    read = settings_of({**DEPLOYED, "AUDIT_LOG": str(tmp_path / "audit.log")})
    assert read.LOGGING["loggers"]["audit"]["propagate"] is False
    assert read.LOGGING["handlers"]["audit"]["filename"] == str(tmp_path / "audit.log")
    assert "audit" not in site_settings.LOGGING["handlers"]
