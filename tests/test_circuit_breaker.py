"""The circuit breaker: after five failed calls, further calls are rejected immediately until a probe succeeds."""

import pytest

from core import circuit_breaker, errors
from core.appwrite_client import create_admin_client, create_guest_client
from core.transport import POOL
from tests.count_calls import count_calls
from tests.pages import TYPED
from tests.site import NOTHING
from tests.users import Browser, words


@pytest.fixture
def clock(monkeypatch):
    """Return a list whose only item is the circuit breaker's time in seconds. Tests change it."""
    now = [1000.0]
    monkeypatch.setattr(circuit_breaker, "clock", lambda: now[0])
    return now


@pytest.fixture
def away(appwrite, settings):
    """Return a function that makes Appwrite unreachable (True) or reachable again (False)."""

    def switch(is_away: bool) -> None:
        settings.APPWRITE_ENDPOINT = NOTHING if is_away else appwrite.endpoint

    switch(True)
    return switch


def ask() -> str:
    """Call Appwrite. Return the class name of the error, or "" if the call succeeds."""
    try:
        create_guest_client().client.call("get", "/locale")
    except errors.SiteError as error:
        return type(error).__name__
    return ""


def fail(times: int) -> None:
    for _ in range(times):
        assert ask() == "UnavailableError"


def state() -> str:
    return str(Browser().get("/readyz").json()["circuit"])


def test_circuit_opens_after_five_failures_and_closes_after_a_probe(clock, away):
    fail(4)
    assert circuit_breaker.BREAKER.state == "closed"
    fail(1)
    with count_calls() as calls:
        assert ask() == "NotCalledError"
        answer = Browser().get("/readyz")
    assert calls == []
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert answer.json() == {"status": "unavailable", "reason": "NotCalled", "circuit": "open"}

    clock[0] += circuit_breaker.PAUSE
    assert circuit_breaker.BREAKER.state == "half-open"
    with count_calls() as calls:
        assert ask() == "UnavailableError"  # the probe
        assert ask() == "NotCalledError"
    assert len(calls) == 1

    away(False)
    clock[0] += circuit_breaker.PAUSE
    with count_calls() as calls:
        assert Browser().get("/readyz").json() == {"status": "ok", "circuit": "closed"}  # the probe
        assert ask() == ""
    assert len(calls) == 2
    away(True)
    fail(4)
    assert circuit_breaker.BREAKER.state == "closed"


def test_only_one_call_probes_an_open_circuit(clock, away, monkeypatch):
    fail(5)
    away(False)
    clock[0] += circuit_breaker.PAUSE
    during, send = [], POOL.send

    def sent(request, **options):
        during.extend([ask(), state()])
        return send(request, **options)

    with monkeypatch.context() as probing:
        probing.setattr(POOL, "send", sent)
        assert ask() == ""
    assert during == ["NotCalledError", "half-open"]
    assert state() == "closed"


def test_old_failures_are_not_counted(clock, away):
    for _ in range(10):
        fail(1)
        clock[0] += circuit_breaker.WINDOW / 4
    assert circuit_breaker.BREAKER.state == "closed"


def test_few_failures_among_many_calls_do_not_open_the_circuit(clock, away):
    for _ in range(20):
        away(False)
        assert [ask(), ask()] == ["", ""]
        away(True)
        fail(1)
    fail(2)  # now half of the last ten calls have failed
    assert ask() == "NotCalledError"


def test_call_started_before_the_circuit_opened_does_not_close_it(clock, away, monkeypatch):
    send = POOL.send

    def sent(request, **options):
        monkeypatch.setattr(POOL, "send", send)
        away(True)
        fail(5)
        return send(request, **options)

    away(False)
    monkeypatch.setattr(POOL, "send", sent)
    assert ask() == ""
    assert ask() == "NotCalledError"


def test_failed_pictures_neither_open_nor_close_the_circuit(clock, away, appwrite):
    """Any writer can upload a picture that always fails, so this counts neither as a failure nor as a success."""

    def fail_picture() -> None:
        away(False)
        with pytest.raises(errors.UnavailableError):
            create_guest_client().storage.get_file_preview("covers", "picture")
        away(True)

    appwrite.faults.add("storage.getFilePreview", status=500)
    fail(4)
    for _ in range(circuit_breaker.CALLS):
        fail_picture()
    fail(1)
    assert circuit_breaker.BREAKER.state == "open"
    clock[0] += circuit_breaker.PAUSE
    fail_picture()  # the probe
    assert circuit_breaker.BREAKER.state == "half-open"
    away(False)
    assert ask() == ""  # the next probe
    assert circuit_breaker.BREAKER.state == "closed"


@pytest.mark.parametrize(
    ("path", "fault", "opens"),
    [
        ("/posts/", {"operation": "tablesDB.listRows", "status": 500}, True),
        ("/posts/", {"operation": "tablesDB.listRows", "status": 503}, True),
        ("/posts/", {"operation": "tablesDB.listRows", "status": 404, "type": "table_not_found"}, False),
        ("/posts/", {"operation": "tablesDB.listRows", "status": 429, "type": "general_rate_limit_exceeded"}, False),
        ("COVER", {"operation": "storage.getFilePreview", "status": 500}, False),
    ],
)
def test_failures_that_open_the_circuit(path, fault, opens, guest, appwrite, covered):
    """Failed pictures do not count, because any writer can upload one that Appwrite cannot convert in time."""
    covers = [source.url for number in range(2) for source in covered(f"cover{number}", publish=True).cover]
    appwrite.faults.add(fault["operation"], **{name: value for name, value in fault.items() if name != "operation"})
    for number in range(5):
        page = guest.get(covers[number] if path == "COVER" else f"{path}?q=t{number}")
        assert page.status_code == (429 if fault["status"] == 429 else 503)
    assert circuit_breaker.BREAKER.state == ("open" if opens else "closed")


def test_api_key_without_scopes_does_not_open_the_circuit(appwrite, settings):
    settings.APPWRITE_API_KEY = "revoked"
    for _ in range(6):
        with pytest.raises(errors.MisconfiguredError):
            create_admin_client().users.list()


def test_forms_keep_their_text_while_the_circuit_is_open(alice, away):
    browser, visitor = alice.browser(), Browser()
    away(False)
    browser.get("/posts/mine/")
    away(True)
    fail(5)
    with count_calls() as calls:
        page = browser.post("/posts/new/", TYPED)
        sign_in = visitor.post("/auth/login/", {"email": "olga@example.com"})
    assert calls == []
    assert (page.status_code, sign_in.status_code) == (503, 503)
    assert TYPED["title"] in page.content.decode()
    assert "ingenting er lagret" in words(page)
    assert 'value="olga@example.com"' in sign_in.content.decode()
    away(False)


def test_open_circuit_is_logged_once(clock, away, guest, caplog):
    fail(5)
    for _ in range(3):
        assert guest.get("/posts/").status_code == 503
    clock[0] += circuit_breaker.PAUSE
    away(False)
    assert guest.get("/readyz").status_code == 200
    lines = [record.message for record in caplog.records if record.name != "django.request"]
    assert lines == [
        "The circuit breaker is open: 5 calls failed; last failure: GET /locale: "
        "ConnectionError: ConnectionRefusedError: Connection refused",
        "The circuit breaker is closed: Appwrite responds again",
    ]
