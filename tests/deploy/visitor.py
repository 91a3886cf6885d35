"""A visitor who uses a deployed site over HTTP, with cookies and with each page's CSRF token."""

import re
import time
from collections.abc import Callable
from typing import Any

import requests

from tests.users import Person

PATIENT = 60  # seconds; no test may fail because the machine is busy


class Visitor(requests.Session):
    """A browser for all machines of one site. It sends its cookies to each machine and does not follow redirects."""

    def __init__(self, person: Person | None = None, *, certificate: str | None = None) -> None:
        super().__init__()
        self._certificate = certificate
        if person:
            for name, cookie in person.browser().cookies.items():
                self.cookies.set(name, cookie.value, domain="localhost.local", path="/")

    def request(self, *arguments: Any, **options: Any) -> requests.Response:  # type: ignore[override]
        options = {"timeout": PATIENT, "allow_redirects": False, "verify": self._certificate, **options}
        return super().request(*arguments, **options)

    def submit(
        self, url: str, data: dict[str, str] | None = None, *, form: str = "", **options: Any
    ) -> requests.Response:
        """Submit `data` with the CSRF token from the page `form`, or from the page at `url` if `form` is empty."""
        page = self.get(form or url)
        page.raise_for_status()
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token, f"{page.url} has no form"
        headers = {"Referer": page.url, "Origin": "/".join(url.split("/")[:3])}
        return self.post(url, {"csrfmiddlewaretoken": token[1], **(data or {})}, headers=headers, **options)


def soon(is_true: Callable[[], bool]) -> bool:
    """Return whether `is_true()` returns True within PATIENT seconds. Machines may lag a second behind each other."""
    until = time.monotonic() + PATIENT
    while not is_true():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True
