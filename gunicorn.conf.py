"""Gunicorn's settings; it reads this file by itself where it is started. The command line overrides them."""

from typing import Any

# The site is always at the root of its host: no SCRIPT_NAME or PATH_INFO header moves it, not even one that a trusted
# proxy has passed on from a client.
forwarder_headers = ""


def post_worker_init(worker: Any) -> None:
    """Answer what gunicorn itself refuses with our pages, too."""
    from gunicorn import util

    from biso_site.unreadable import raw_response

    def write_error(client: Any, status: int, reason: str, _message: str) -> None:
        util.write_nonblock(client, raw_response(status, reason))

    util.write_error = write_error
