"""Fixtures for signing in, shared by the tests in this folder."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.users import Browser


@pytest.fixture
def microsoft(appwrite):
    """Return a function that signs in at Microsoft and returns the path on this site to which Microsoft redirects."""

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
