"""As docs/emulator.md says, browsers send the session cookie only if the page and the endpoint have the same host."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

pytestmark = pytest.mark.browser

SIGN_IN = """async endpoint => {
  const options = { headers: { "X-Appwrite-Project": "default" }, credentials: "include" };
  await fetch(`${endpoint}/account/sessions/anonymous`, { ...options, method: "POST" });
  return (await fetch(`${endpoint}/account`, options)).status;
}"""


@pytest.mark.parametrize(
    ("page_host", "endpoint_host", "status"),
    [("localhost", "localhost", 200), ("127.0.0.1", "127.0.0.1", 200), ("localhost", "127.0.0.1", 401)],
)
def test_session_cookie_is_sent_only_to_the_host_of_the_page(
    chromium, emulator, tmp_path, page_host, endpoint_host, status
):
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    (tmp_path / "index.html").write_text("<!doctype html><title>App</title>", encoding="utf-8")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with chromium.new_context() as context:
            page = context.new_page()
            page.goto(f"http://{page_host}:{server.server_port}/")
            assert page.evaluate(SIGN_IN, emulator.endpoint.replace("127.0.0.1", endpoint_host)) == status
        server.shutdown()
