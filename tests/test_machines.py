"""Status endpoints: /healthz, /readyz, /api/health and /api/auth/check."""

import pytest

from core.appwrite_client import AppwriteClient
from tests.site import NOTHING


def test_auth_check_reports_no_session_for_a_guest(guest):
    assert guest.get("/api/auth/check").json() == {"hasSession": False, "isAuthenticated": False, "isAnonymous": False}


def test_auth_check_reports_the_session_of_a_signed_in_person(alice):
    answer = alice.browser().get("/api/auth/check")
    assert answer.json() == {"hasSession": True, "isAuthenticated": True, "isAnonymous": False}
    assert "no-store" in answer["Cache-Control"]


def test_auth_check_reports_no_session_after_it_has_ended(alice):
    alice.end_session()
    assert alice.browser().get("/api/auth/check").json()["hasSession"] is False


@pytest.mark.parametrize("url", ["/healthz", "/api/health"])
def test_health_check_does_not_need_appwrite(guest, settings, url):
    settings.APPWRITE_ENDPOINT = NOTHING
    answer = guest.get(url)
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


def test_readiness_check_makes_one_small_call(guest, published, monkeypatch):
    responses = []
    send = AppwriteClient.call
    monkeypatch.setattr(AppwriteClient, "call", lambda *call: responses.append(send(*call)) or responses[-1])
    assert guest.get("/readyz").status_code == 200
    # The check does not load the posts' text, and asks Appwrite not to count the rows.
    assert [len(str(answer)) < 500 and answer["total"] == 0 for answer in responses] == [True]


def test_readiness_check_fails_if_appwrite_does_not_respond(guest, settings):
    assert guest.get("/readyz").status_code == 200
    settings.APPWRITE_ENDPOINT = NOTHING
    answer = guest.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "reason": "Unavailable", "circuit": "closed"}
