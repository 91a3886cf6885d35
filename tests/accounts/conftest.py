"""Fixtures for signing in, shared by the tests in this folder."""

import logging
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.accounts.attackers import Attack, Attacker
from tests.users import Browser


@pytest.fixture
def microsoft(appwrite):
    """Return a function that signs in at Microsoft and returns the path of Microsoft's redirect back to this site."""

    def way_back(browser: Browser, email: str = "ingrid.berg@example.com", act: str = "accept", **more: str) -> str:
        page = browser.post("/auth/oauth/", more)
        assert page.status_code == 200
        url = page.context["url"]
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        person = {"name": "Ingrid Berg", "email": email, "act": act}
        answer = requests.post(url.partition("?")[0], data=query | person, allow_redirects=False, timeout=20)
        while urlsplit(answer.headers["Location"]).hostname != "localhost":
            answer = requests.get(answer.headers["Location"], allow_redirects=False, timeout=20)
        back = urlsplit(answer.headers["Location"])
        return f"{back.path}?{back.query}"

    return way_back


@pytest.fixture
def attacker(appwrite) -> Attacker:
    return Attacker(appwrite)


@pytest.fixture(scope="session")
def attackers() -> dict[str, Attacker]:
    """Return a dictionary of attack -> attacker, for the attacks whose results are stored in checkpoints."""
    return {}


@pytest.fixture
def attacker_after(appwrite, start_from, attackers) -> Callable[[Attack], Attacker]:
    """Return a function that resets Appwrite to the state after an attack and returns the attacker."""

    def prepare(attack: Attack) -> Attacker:
        def carry_out() -> None:
            attackers[attack.__name__] = Attacker(appwrite)
            attack(attackers[attack.__name__])

        start_from(attack.__name__, carry_out)
        attacker = attackers[attack.__name__]
        return replace(attacker, sessions=[*attacker.sessions], tokens=[*attacker.tokens], codes=[*attacker.codes])

    return prepare


@pytest.fixture
def log(caplog) -> Callable[[], list[str]]:
    caplog.set_level(logging.INFO, logger="audit")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "audit"]
