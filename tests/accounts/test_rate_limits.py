"""The site's rate limits on e-mails and sign-in attempts, per e-mail address and per client."""

import os
import subprocess
import sys
import threading
import time

import pytest
from django.core.cache import cache
from django.test import RequestFactory

from core import rate_limits
from core.client_address import client_address
from core.rate_limits import Limit
from tests.site import ROOT
from tests.test_deployed import DEPLOYED, settings_of
from tests.users import Browser, words

LOGIN = "/auth/login/"


def ask(browser: Browser, email: str = "ada@example.com", act: str = "link"):
    return browser.post(LOGIN, {"email": email, "act": act})


def test_rate_limited_address_gets_no_email_and_the_same_response(appwrite):
    pages = []
    for _ in range(7):
        browser = Browser()  # a new browser for each request, because the cool-down applies per browser
        answer = browser.post(LOGIN, {"email": "ada@example.com", "act": "link"}, follow=True)
        assert answer.status_code == 200
        pages.append(words(answer).replace(answer.context["phrase"], "…"))
    assert len(appwrite.inbox.mails(to="ada@example.com")) == 5
    assert len(set(pages)) == 1
    assert len(answer.context["phrase"].split()) == 2


def test_email_that_was_not_sent_does_not_count_towards_the_daily_limit(appwrite, monkeypatch):
    monkeypatch.setattr(rate_limits, "SENDS_PER_ADDRESS", Limit("sends-address", 2, 900))
    monkeypatch.setattr(rate_limits, "SENDS_PER_ADDRESS_A_DAY", Limit("sends-address-day", 4, 24 * 3600))
    for _ in range(6):
        ask(Browser())
    assert len(appwrite.inbox.mails()) == rate_limits.SENDS_PER_ADDRESS_A_DAY.left("ada@example.com") == 2


def test_rate_limit_does_not_affect_other_addresses(appwrite):
    for _ in range(6):
        ask(Browser())
    ask(Browser(), "ola@example.com")
    assert len(appwrite.inbox.mails(to="ola@example.com")) == 1


def test_rate_limit_ignores_the_case_of_an_address(appwrite):
    for number in range(6):
        ask(Browser(), "ADA@example.com" if number % 2 else "ada@example.com")
    assert len(appwrite.inbox.mails()) == 5


def test_last_code_stays_valid_after_the_rate_limit_is_reached(appwrite, monkeypatch):
    monkeypatch.setattr(rate_limits, "SENDS_PER_ADDRESS", Limit("sends-address", 1, 900))
    monkeypatch.setattr("accounts.sign_in.pending.COOL_DOWN", 0)
    browser = Browser()
    ask(browser, act="code")
    code = appwrite.inbox.code()
    ask(browser, act="code")
    assert len(appwrite.inbox.mails()) == 1
    assert browser.post("/auth/code/", {"code": code}).status_code == 302


def test_browser_must_wait_a_minute_before_requesting_another_email(guest, appwrite):
    ask(guest)
    assert ask(guest)["Location"] == "/auth/login/sent/"
    assert len(appwrite.inbox.mails()) == 1
    assert 0 < guest.get("/auth/login/sent/").context["cool_down"] <= 60
    ask(guest, act="code")  # links and codes have separate cool-downs
    assert len(appwrite.inbox.mails()) == 2


def test_rate_limited_client_is_told_how_long_to_wait(appwrite, monkeypatch):
    monkeypatch.setattr(rate_limits, "SENDS_PER_CLIENT", Limit("sends-client", 2, 480))
    for number in range(2):
        ask(Browser(), f"person{number}@example.com")
    answer = ask(Browser(), "person3@example.com")
    assert answer.status_code == 429
    assert "Prøv igjen om åtte minutter." in words(answer)
    assert 'value="person3@example.com"' in answer.content.decode()
    assert len(appwrite.inbox.mails()) == 2


# -- a campus behind one IP address ------------------------------------------------------------------------------------
def visitor() -> Browser:
    """Return a browser that has opened the sign-in page and therefore holds its cookie."""
    browser = Browser()
    browser.get(LOGIN)
    return browser


def test_many_people_behind_one_ip_address_can_sign_in_on_the_same_evening(appwrite, monkeypatch):
    monkeypatch.setattr(rate_limits, "SENDS_PER_CLIENT", Limit("sends-client", 2, 480))
    monkeypatch.setattr(rate_limits, "TRIES_PER_CLIENT", Limit("tries-client", 2, 480))
    for number in range(8):
        browser, email = visitor(), f"student{number}@example.com"
        assert ask(browser, email, "code").status_code == 302
        assert browser.post("/auth/code/", {"code": appwrite.inbox.code(email)}).status_code == 302
    assert [ask(Browser(), f"program{number}@example.com").status_code for number in range(3)] == [302, 302, 429]


def test_one_browser_cannot_send_e_mails_to_many_addresses(appwrite, monkeypatch):
    monkeypatch.setattr(rate_limits, "SENDS_PER_BROWSER", Limit("sends-browser", 2, 480))
    browser = visitor()
    assert [ask(browser, f"person{number}@example.com").status_code for number in range(3)] == [302, 302, 429]
    assert ask(visitor(), "person3@example.com").status_code == 302


def test_many_cookies_from_one_ip_address_share_a_limit(appwrite, monkeypatch):
    """Anyone can get cookies by opening the sign-in page, so cookies alone must not remove the limit."""
    monkeypatch.setattr(rate_limits, "SENDS_PER_NETWORK", Limit("sends-network", 3, 480))
    assert [ask(visitor(), f"person{number}@example.com").status_code for number in range(4)] == [302, 302, 302, 429]


@pytest.mark.parametrize("value", ["", "forged", "a:b:c"])
def test_forged_cookie_counts_as_a_missing_cookie(appwrite, monkeypatch, value):
    monkeypatch.setattr(rate_limits, "SENDS_PER_CLIENT", Limit("sends-client", 1, 480))
    statuses = []
    for number in range(2):
        browser = Browser()
        browser.cookies["browser"] = value
        statuses.append(ask(browser, f"person{number}@example.com").status_code)
    assert statuses == [302, 429]


def test_cookie_expires_after_a_day(appwrite, monkeypatch):
    monkeypatch.setattr(rate_limits, "SENDS_PER_CLIENT", Limit("sends-client", 1, 480))
    browser, now = visitor(), time.time()
    assert ask(browser, "person1@example.com").status_code == 302
    monkeypatch.setattr(time, "time", lambda: now + 24 * 3600 + 10)
    ask(Browser(), "program@example.com")
    assert ask(browser, "person2@example.com").status_code == 429
    assert ask(browser, "person3@example.com").status_code == 302  # the rejected response set a new cookie


def test_correct_codes_do_not_count_towards_the_network_limit(appwrite, monkeypatch):
    monkeypatch.setattr(rate_limits, "TRIES_PER_NETWORK", Limit("tries-network", 1, 480))
    for number in range(3):
        browser, email = visitor(), f"student{number}@example.com"
        ask(browser, email, "code")
        assert browser.post("/auth/code/", {"code": appwrite.inbox.code(email)}).status_code == 302
    statuses = []
    for number in range(2):
        browser = visitor()
        ask(browser, f"guesser{number}@example.com", "code")
        wrong = f"{(int(appwrite.inbox.code()) + 1) % 1_000_000:06d}"
        statuses.append(browser.post("/auth/code/", {"code": wrong}).status_code)
    assert statuses == [200, 429]


def test_limits_per_email_address_do_not_depend_on_the_cookie(appwrite):
    for _ in range(7):
        ask(visitor())
    assert len(appwrite.inbox.mails(to="ada@example.com")) == 5


def test_rate_limit_expires(monkeypatch):
    cache.clear()
    limit = Limit("test", 2, 100)
    moment = 1_000_000.0
    monkeypatch.setattr("time.time", lambda: moment)
    assert [limit.take("a"), limit.take("a")] == [0, 0]
    assert limit.take("a") == 101
    assert limit.take("b") == 0
    moment += 101
    assert limit.take("a") == 0


def test_file_cache_does_not_evict_rate_limits_on_a_busy_site(settings, tmp_path):
    """When a file cache exceeds its maximum number of entries (300 by default), it deletes random entries."""
    caches = settings_of(DEPLOYED).CACHES
    caches["default"]["LOCATION"] = str(tmp_path)
    settings.CACHES = caches
    limit = Limit("busy", 1, 3600)
    for number in range(400):
        limit.take(str(number))
    assert all(limit.take(str(number)) for number in range(400))


def test_two_workers_cannot_both_take_the_last_attempt(settings, tmp_path):
    """The file cache reads and writes in separate steps. The lock makes them one atomic operation."""
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": str(tmp_path)}
    }
    limit, taken = Limit("race", 10, 100), []

    def take() -> None:
        taken.extend(limit.take("a") == 0 for _ in range(5))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 10


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, "192.0.2.1"),
        (0, "203.0.113.9", "192.0.2.1"),  # no trusted proxy, so the header may be forged
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),  # the client forged the first entry
        (2, "203.0.113.9, 198.51.100.7", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, "nonsense", "unknown"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        (1, "::ffff:203.0.113.9", "203.0.113.9"),
        (1, "203.0.113.9:51234", "203.0.113.9"),
        (1, "[2001:db8:1:2::6]:51234", "2001:db8:1:2::"),
    ],
)
def test_client_address_is_read_from_a_trusted_proxy(settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert client_address(RequestFactory().get("/", headers=headers, REMOTE_ADDR="192.0.2.1")) == address


@pytest.mark.processes
def test_two_workers_share_rate_limits(tmp_path):
    """Two processes with the deployed cache use up a rate limit concurrently. Each attempt is counted exactly once."""
    code = "import django; django.setup(); from core.rate_limits import Limit; "
    code += "print(sum(Limit('race', 30, 100).take('a') == 0 for _ in range(25)))"
    environment = DEPLOYED | {"LOCAL_DIR": str(tmp_path), "CACHE_URL": f"filecache://{tmp_path}/cache"}
    environment |= {"DJANGO_SETTINGS_MODULE": "biso_site.settings", "PATH": os.environ["PATH"]}
    workers = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert sum(int(worker.communicate(timeout=60)[0]) for worker in workers) == 30


def test_security_guide_states_the_limits():
    table = (ROOT / "docs" / "security.md").read_text(encoding="utf-8").partition("### Limits for signing in")[2]
    rows = {
        "each code": ("–", f"{rate_limits.TRIES_PER_CODE.attempts}"),
        "each e-mail address": (
            f"{rate_limits.SENDS_PER_ADDRESS.attempts} in a quarter of an hour, "
            f"{rate_limits.SENDS_PER_ADDRESS_A_DAY.attempts} a day",
            f"{rate_limits.TRIES_PER_ADDRESS.attempts} an hour",
        ),
        "each browser with the cookie": an_hour(rate_limits.SENDS_PER_BROWSER, rate_limits.TRIES_PER_BROWSER),
        "all browsers with the cookie, each IP address": an_hour(
            rate_limits.SENDS_PER_NETWORK, rate_limits.TRIES_PER_NETWORK
        ),
        "requests without the cookie, each IP address": an_hour(
            rate_limits.SENDS_PER_CLIENT, rate_limits.TRIES_PER_CLIENT
        ),
    }
    for name, (mails, codes) in rows.items():
        assert f"| {name} | {mails} | {codes} |" in table


def an_hour(mails: Limit, codes: Limit) -> tuple[str, str]:
    assert mails.seconds == codes.seconds == 3600
    return f"{mails.attempts:,} an hour", f"{codes.attempts} an hour"
