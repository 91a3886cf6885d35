"""The bulkhead limits how many threads wait for Appwrite, so that some threads remain for requests without calls."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from core import bulkhead, errors
from core.appwrite_client import create_guest_client
from core.revalidation import revalidate
from core.transport import POOL
from tests.conftest import PATIENT
from tests.count_calls import count_calls
from tests.pages import TYPED
from tests.site import NOTHING
from tests.users import Browser, words

SEARCH = "/posts/?q=kaffe{}"  # no cache contains these searches


@pytest.fixture
def hanging(monkeypatch):
    """Hold all calls to Appwrite until `answer()` is called. `wait(n)` waits until n calls are in progress."""
    send = POOL.send

    class Hanging:
        in_progress = most = 0
        gate, changed = threading.Event(), threading.Condition()
        answer = gate.set

        def wait(self, calls):
            with self.changed:
                assert self.changed.wait_for(lambda: self.in_progress >= calls, PATIENT[1])

        def send(self, request, **options):
            with self.changed:
                self.in_progress += 1
                self.most = max(self.most, self.in_progress)
                self.changed.notify_all()
            assert self.gate.wait(PATIENT[1])
            with self.changed:
                self.in_progress -= 1
            return send(request, **options)

    calls = Hanging()
    monkeypatch.setattr(POOL, "send", calls.send)
    yield calls
    calls.answer()


@pytest.fixture
def later(monkeypatch):
    """Return a function that moves the bulkhead's clock forward, so that all calls in progress count as slow."""
    return lambda: monkeypatch.setattr(bulkhead, "clock", lambda: time.monotonic() + PATIENT[1])


def test_slow_calls_leave_threads_for_requests_without_calls(appwrite, hanging, later, alice):
    browser = alice.browser()
    with ThreadPoolExecutor() as threads:
        waiting = [threads.submit(Browser().get, SEARCH.format(n)) for n in range(bulkhead.SLOTS)]
        hanging.wait(bulkhead.SLOTS)
        later()
        with count_calls() as calls:
            assert Browser().get("/healthz").status_code == 200
            assert Browser().get("/auth/login/").status_code == 200
            answer = Browser().get("/posts/?q=te")
            assert (answer.status_code, answer["Retry-After"]) == (503, "60")
            assert Browser().get("/readyz").json()["reason"] == "NotCalled"
            page = browser.post("/posts/new/", TYPED)
            assert page.status_code == 503
            assert TYPED["title"] in page.content.decode()
        assert calls == []
        hanging.answer()
        assert {page.result().status_code for page in waiting} == {200}
    assert Browser().get("/posts/?q=te").status_code == 200


def test_requests_wait_for_a_free_slot_while_appwrite_is_fast(appwrite, hanging):
    requests = 3 * bulkhead.SLOTS
    with ThreadPoolExecutor(requests) as threads:
        pages = [threads.submit(Browser().get, SEARCH.format(n)) for n in range(requests)]
        hanging.wait(bulkhead.SLOTS)
        hanging.answer()
        assert {page.result().status_code for page in pages} == {200}
    assert hanging.most == bulkhead.SLOTS


def test_waiting_requests_are_rejected_when_the_calls_in_progress_become_slow(appwrite, hanging, monkeypatch):
    monkeypatch.setattr(bulkhead, "ALL", bulkhead.Bulkhead("all", 1, slow=0.3))
    with ThreadPoolExecutor() as threads:
        first = threads.submit(Browser().get, SEARCH.format(1))
        hanging.wait(1)
        others = [threads.submit(Browser().get, SEARCH.format(n)) for n in range(2, 5)]
        assert {page.result().status_code for page in others} == {503}
        hanging.answer()
        assert first.result().status_code == 200


def test_concurrent_calls_of_a_page_wait_for_each_other(monkeypatch, guest, published, ingrid):
    ingrid.appwrite.db.create_row("app", "featured", published.id, {"position": 0, "authorId": published.author_id})
    monkeypatch.setattr(bulkhead, "ALL", bulkhead.Bulkhead("all", 1, PATIENT[1]))
    assert guest.get("/").status_code == 200
    assert guest.get(f"/posts/{published.id}/").status_code == 200
    assert ingrid.browser().get("/manage/").status_code == 200


def test_slot_is_released_after_a_failure(appwrite, settings):
    settings.APPWRITE_ENDPOINT = NOTHING
    for _ in range(2 * bulkhead.SLOTS):
        with pytest.raises(errors.UnavailableError):
            create_guest_client().client.call("get", "/locale")
    assert not bulkhead.ALL._started


def test_readers_do_not_wait_for_a_slow_call_in_another_thread(guest, published, hanging, later, monkeypatch):
    """Readers immediately get the last good copy of the page or, if there is none, the outage page."""
    with ThreadPoolExecutor() as threads:
        first = threads.submit(Browser().get, "/posts/")
        hanging.wait(1)
        with monkeypatch.context() as for_now:
            for_now.setattr(bulkhead, "clock", lambda: time.monotonic() + PATIENT[1])
            assert guest.get("/posts/").status_code == 503
        hanging.answer()
        assert first.result().status_code == 200
        hanging.gate.clear()
        revalidate()
        second = threads.submit(Browser().get, "/posts/")
        hanging.wait(1)
        later()
        page = guest.get("/posts/")
        assert (page.status_code, "Alices innlegg" in words(page)) == (200, True)
        hanging.answer()
        assert second.result().status_code == 200


def test_rejected_calls_do_not_make_a_slow_appwrite_look_fast(appwrite, guest, monkeypatch):
    """If Appwrite then counted as fast, requests would wait for a slot while the circuit breaker's probe hangs."""
    now = [0.0]

    def hang(*_: object, **_options: object) -> None:
        now[0] += 5
        raise requests.ReadTimeout

    monkeypatch.setattr(bulkhead, "clock", lambda: now[0])
    monkeypatch.setattr(bulkhead, "ALL", bulkhead.Bulkhead("all", bulkhead.SLOTS, slow=1))
    monkeypatch.setattr(POOL, "send", hang)
    for number in range(8):
        assert guest.get(SEARCH.format(number)).status_code == 503
    assert now[0] == 25  # five calls of 5 seconds, then the circuit opened
    assert bulkhead.ALL.patience() == 0
