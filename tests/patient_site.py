"""The site as a WSGI application for busy machines.

This site never rejects a call because earlier calls were slow. Deleting an account takes one request per batch, as it
does if the account has many posts. In the browser tests, `SLOW=network` delays scripts and forms, as a slow connection
does (see CONTRIBUTING.md).
"""

import os
import time
from collections.abc import Iterable
from typing import Any

from django.conf import settings

from biso_site.wsgi import application as site
from core import bulkhead
from posts import departures

USUAL = settings.APPWRITE_TIMEOUT, settings.APPWRITE_DEADLINE
PATIENT = (10, 25), 25  # seconds
IMPATIENT = settings.LOCAL_DIR / "impatient"  # while this file exists, the site uses its usual time limits
bulkhead.ALL = bulkhead.Bulkhead("all", bulkhead.SLOTS, slow=60)
bulkhead.COVERS = bulkhead.Bulkhead("covers", bulkhead.COVER_SLOTS, slow=60)
departures.SECONDS = 0  # so that deleting an account takes several requests

IS_SLOW = os.environ.get("SLOW") == "network"
SCRIPT = 1  # seconds; browsers load six scripts at the same time, so the last one starts later
FORM = 0.7  # seconds, once before the request and once before the response


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    is_script = IS_SLOW and environ["PATH_INFO"].startswith("/static/js/")
    is_form = IS_SLOW and environ["REQUEST_METHOD"] == "POST"

    def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
        if is_script:  # so that the next page cannot load the script from the browser's cache
            headers = [(name, "no-store" if name.lower() == "cache-control" else value) for name, value in headers]
        return start_response(status, headers, *rest)

    settings.APPWRITE_TIMEOUT, settings.APPWRITE_DEADLINE = USUAL if IMPATIENT.exists() else PATIENT
    if is_script or is_form:
        time.sleep(SCRIPT if is_script else FORM)
    response = site(environ, start)
    if is_form:
        time.sleep(FORM)
    return response
