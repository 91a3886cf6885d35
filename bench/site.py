"""Measure the site's speed behind gunicorn, with its usual settings, the emulator and the demo content.

    python -m bench.site

A client with a keep-alive connection measures the latency, as a guest and as a signed-in person. The emulator runs on
the same machine.
"""

import gzip
import http.client
import os
import re
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from urllib.parse import urlencode, urlsplit

import django

from bench.measuring import Caller, Row, show

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "biso_site.settings")
django.setup()

from django.conf import settings  # noqa: E402 - these imports need the settings
from django.test import override_settings  # noqa: E402

from accounts import session  # noqa: E402
from appwrite_emulator.testing import Emulator  # noqa: E402
from core.appwrite_client import create_admin_client  # noqa: E402
from posts import demo  # noqa: E402
from tests.count_calls import count_calls  # noqa: E402
from tests.demo_data import demo_users  # noqa: E402
from tests.site import Site  # noqa: E402
from tests.users import Browser, Person  # noqa: E402

POST = next(post.id for post in demo.posts() if post.featured)
GUEST_PAGES = {"home": "/", "list": "/posts/", "post": f"/posts/{POST}/"}
PAGES = [(name, path, False) for name, path in GUEST_PAGES.items()]
PAGES += [("list, signed in", "/posts/", True), ("my posts", "/posts/mine/", True)]
REQUESTS = 240  # per page, divided among the clients
WARM_UP = 20  # unmeasured requests per page, divided among the clients
ASKED = 40  # e-mails of each kind (link or code) to known addresses, and the same number to unknown addresses


def main() -> None:
    with Emulator(project=settings.APPWRITE_PROJECT) as emulator, Site(emulator.endpoint) as site:
        people = demo_users(emulator)
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in people["Ada"].browser().cookies.items())
        address = urlsplit(site.url).netloc
        rows = []
        for name, path, is_signed_in in PAGES:
            headers = {"Accept-Encoding": "gzip", **({"Cookie": cookie} if is_signed_in else {})}
            figures = [load(address, path, headers, clients) for clients in (1, 8)]
            with override_settings(APPWRITE_ENDPOINT=emulator.endpoint):
                calls = calls_of(path, people["Ada"] if is_signed_in else None)
            rows.append((name, *chain.from_iterable(figures), str(calls)))
        sizes = weights(address)
        with override_settings(APPWRITE_ENDPOINT=emulator.endpoint):
            asking = [(kind, *asked_for(address, kind)) for kind in ("link", "code")]
    clients = ("1 client: median", "95 %", "a second", "8 clients: median", "95 %", "a second")
    show("The site: milliseconds, responses per second, calls to Appwrite", rows, (*clients, "calls"))
    show("A first visit to the list: bytes, compressed", sizes)
    show("Requesting an e-mail: milliseconds, median", asking, ("known address", "unknown", "difference"))


def load(address: str, path: str, headers: dict[str, str], clients: int) -> Iterator[str]:
    """Yield the median and the 95th percentile in milliseconds, and the responses per second."""
    Caller(address).ask("GET", path, headers)
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(lambda _: ask_often(address, path, headers, WARM_UP // clients + 1), range(clients)))
        begun = time.perf_counter()
        each = pool.map(lambda _: ask_often(address, path, headers, REQUESTS // clients), range(clients))
        times = list(chain.from_iterable(each))
        passed = time.perf_counter() - begun
    yield f"{statistics.median(times) * 1000:.1f}"
    yield f"{statistics.quantiles(times, n=20)[-1] * 1000:.1f}"
    yield f"{len(times) / passed:.0f}"


def ask_often(address: str, path: str, headers: dict[str, str], requests: int) -> list[float]:
    """Return the duration of each request in seconds."""
    caller, times = Caller(address), []
    for _ in range(requests):
        begun = time.perf_counter()
        caller.ask("GET", path, headers)
        times.append(time.perf_counter() - begun)
    return times


def calls_of(path: str, person: Person | None) -> int:
    """Return the number of Appwrite calls for the page. Exclude the account call, which is made once a minute."""
    browser = person.browser() if person else Browser()
    if person:
        session.user_of(person.secret)
    with count_calls() as sent_calls:
        browser.get(path)
    return len(sent_calls)


def weights(address: str) -> list[Row]:
    """Return the compressed size of each file that a guest's browser fetches for the list."""
    caller, headers = Caller(address), {"Accept-Encoding": "gzip"}
    page = caller.ask("GET", "/posts/", headers)
    found = re.findall(
        r'<(?:link rel="(?:stylesheet|icon)"|script)[^>]* (?:href|src)="([^"]+)"', gzip.decompress(page).decode()
    )
    pieces = {
        "page": len(page),
        **{urlsplit(url).path.rpartition("/")[2]: len(caller.ask("GET", url, headers)) for url in found},
    }
    return [(name, f"{size:,}") for name, size in {**pieces, "all": sum(pieces.values())}.items()]


def asked_for(address: str, kind: str) -> Iterator[str]:
    """Yield the median response times for addresses with and without an account, and their difference, in milliseconds.

    The difference must be too small to reveal who is a member. Requests for the two kinds of address alternate. Each
    pair of requests comes from a different IP address, so that no rate limit applies.
    """
    Caller(address).ask("GET", "/auth/login/", {})
    users = create_admin_client().users
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    for number in range(ASKED):
        users.create("unique()", f"known-{kind}-{number}@example.com")
        in_turn = list(times) if number % 2 else list(reversed(times))
        for who in in_turn:
            client = f"127.0.1.{number + 1}"
            times[who].append(ask_for_mail(address, client, f"{who}-{kind}-{number}@example.com", kind))
    known, unknown = (statistics.median(times[who]) * 1000 for who in ("known", "unknown"))
    yield f"{known:.1f}"
    yield f"{unknown:.1f}"
    yield f"{unknown - known:+.1f}"


def ask_for_mail(address: str, client: str, email: str, kind: str) -> float:
    """Submit the sign-in form from the loopback address `client`. Return the seconds until the response."""
    connection = http.client.HTTPConnection(address, timeout=60, source_address=(client, 0))
    token = "t" * 32
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"csrftoken={token}"}
    form = urlencode({"csrfmiddlewaretoken": token, "email": email, "act": kind})
    connection.connect()
    begun = time.perf_counter()
    connection.request("POST", "/auth/login/", form, headers)
    answer = connection.getresponse()
    answer.read()
    taken = time.perf_counter() - begun
    connection.close()
    if answer.status != 302:
        raise RuntimeError(f"POST /auth/login/: {answer.status}")
    return taken


if __name__ == "__main__":
    main()
