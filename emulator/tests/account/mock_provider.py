"""Sign in through the OAuth2 provider `mock`, as a browser does."""

import requests

from appwrite_emulator.testing import Emulator


def sign_in_with_mock_provider(
    emulator: Emulator, flow: str = "sessions", *, end: str = "in", **headers: str
) -> requests.Response:
    """Sign in as the provider's only user. Return the response that redirects to the application.

    The redirect must lead to the path `end`: `in` after a successful sign-in, or `out` after a failed one.
    """
    where = {"project": "default", "success": "http://localhost/in", "failure": "http://localhost/out"}
    browser = requests.Session()
    browser.headers.update(headers)
    url = f"{emulator.endpoint}/account/{flow}/oauth2/mock"
    response = browser.get(url, params=where, allow_redirects=False, timeout=20)
    while (url := response.headers["Location"]).startswith(emulator.origin):
        response = browser.get(url, allow_redirects=False, timeout=20)
    assert url.startswith(f"http://localhost/{end}")
    return response
