"""Gunicorn's settings. Gunicorn reads this file from the folder it starts in; command-line options override it."""

from typing import Any

# The site is always at the root of its host. SCRIPT_NAME and PATH_INFO headers must not change that, even if a trusted
# proxy forwards them from a client.
forwarder_headers = ""


def post_worker_init(worker: Any) -> None:
    """Use our error pages for requests that gunicorn itself refuses."""
    from gunicorn import util

    from biso_site.malformed_requests import raw_response

    def write_error(client: Any, status: int, reason: str, _message: str) -> None:
        util.write_nonblock(client, raw_response(status, reason))

    util.write_error = write_error
