"""Rate limits. Response headers state them by default, and `--limits` enforces them."""

import datetime
from collections.abc import Iterator

import pytest
import requests

from appwrite_emulator.testing import Emulator
from tests.conftest import CALLBACK, GUEST, KEY, PASSWORD, SERVER

NOON = datetime.datetime(2030, 1, 1, 12, tzinfo=datetime.UTC)
EXCEEDED = (429, "general_rate_limit_exceeded")


@pytest.fixture(scope="module")
def limited_process() -> Iterator[Emulator]:
    with Emulator(key=KEY, fast_hashes=True, limits=True) as emulator:
        yield emulator


@pytest.fixture
def limited(limited_process: Emulator) -> Emulator:
    """Return an emulator that enforces rate limits and has a user, Ada."""
    limited_process.reset()
    limited_process.clock.move_to(NOON)
    user = {"userId": "ada", "email": "ada@example.com", "password": PASSWORD}
    assert call(limited_process, "POST", "/users", user, SERVER)[0] == 201
    return limited_process


def call(emulator, method, path, body=None, headers=GUEST):
    """Send a request and return the response's status, error type and headers."""
    response = requests.request(method, emulator.endpoint + path, json=body, headers=headers, timeout=20)
    return response.status_code, response.json().get("type", "") if response.content else "", response.headers


def sign_in(emulator, email="ada@example.com", password="wrong-password", path="/account/sessions/email", **headers):
    return call(emulator, "POST", path, {"email": email, "password": password}, {**GUEST, **headers})


def test_eleventh_attempt_in_an_hour_is_rejected(limited):
    for remaining in (*range(9, -1, -1), 0):
        status, type, headers = sign_in(limited)
        assert headers["X-RateLimit-Limit"] == "10"
        assert headers["X-RateLimit-Remaining"] == str(remaining)
    assert (status, type) == EXCEEDED


def test_limit_is_reset_when_its_window_ends(limited):
    hour_later = NOON + datetime.timedelta(hours=1)
    for _ in range(10):
        assert sign_in(limited)[2]["X-RateLimit-Reset"] == str(int(hour_later.timestamp()))
    limited.clock.move_to(hour_later - datetime.timedelta(seconds=30))
    assert sign_in(limited)[:2] == EXCEEDED
    limited.clock.advance(31)
    status, _, headers = sign_in(limited)
    assert (status, headers["X-RateLimit-Remaining"]) == (401, "9")


def test_parameters_that_are_part_of_the_key_are_counted_separately(limited):
    for _ in range(10):
        sign_in(limited)
    assert sign_in(limited)[:2] == EXCEEDED
    assert sign_in(limited, email="bob@example.com")[0] == 401


def test_deprecated_path_shares_the_limit(limited):
    for _ in range(10):
        sign_in(limited)
    assert sign_in(limited, path="/account/sessions")[:2] == EXCEEDED


def test_successful_sign_in_clears_the_count(limited):
    for _ in range(9):
        sign_in(limited)
    assert sign_in(limited, password=PASSWORD)[0] == 201
    assert sign_in(limited)[2]["X-RateLimit-Remaining"] == "9"


def test_client_address_is_taken_from_the_proxy(limited):
    for _ in range(50):
        call(limited, "POST", "/account/sessions/anonymous", {})
    assert call(limited, "POST", "/account/sessions/anonymous", {})[:2] == EXCEEDED
    for address, status in (("203.0.113.7", 201), ("not an address", 429)):
        headers = GUEST | {"X-Forwarded-For": address}
        assert call(limited, "POST", "/account/sessions/anonymous", {}, headers)[0] == status


def test_each_rate_limit_key_of_a_route_has_its_own_count(limited):
    """Recovery e-mails have two limits: one for each recipient, and one for all recipients together."""
    for number in range(10):
        body = {"email": f"user-{number}@example.com", "url": CALLBACK}
        assert call(limited, "POST", "/account/recovery", body)[0] == 404
    assert call(limited, "POST", "/account/recovery", {"email": "ada@example.com", "url": CALLBACK})[:2] == EXCEEDED


def test_invalid_calls_count_towards_the_limit(limited):
    for _ in range(10):
        assert call(limited, "POST", "/account", {})[0] == 400
    assert call(limited, "POST", "/account", {})[:2] == EXCEEDED


def test_reset_clears_the_counts(limited):
    for _ in range(10):
        sign_in(limited)
    limited.reset()
    limited.clock.move_to(NOON)
    assert sign_in(limited)[2]["X-RateLimit-Remaining"] == "9"


def test_api_keys_have_no_rate_limit(limited):
    for _ in range(12):
        status, type, headers = sign_in(limited, **{"X-Appwrite-Key": KEY})
        assert (status, type) == (401, "user_invalid_credentials")
    assert headers["X-RateLimit-Remaining"] == "9"


def test_limits_are_stated_in_headers_but_not_enforced_by_default(emulator):
    for _ in range(12):
        status, _, headers = sign_in(emulator)
        assert (status, headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == (401, "10", "9")


def test_graphql_counts_the_calls_of_its_fields(limited):
    query = "mutation { accountCreateAnonymousSession { _id } }"
    for _ in range(50):
        assert (
            "errors"
            not in requests.post(f"{limited.endpoint}/graphql", json={"query": query}, headers=GUEST, timeout=20).json()
        )
    response = requests.post(f"{limited.endpoint}/graphql", json={"query": query}, headers=GUEST, timeout=20)
    assert "Rate limit for the current endpoint has been exceeded" in response.text
