"""Gunicorn's settings. Gunicorn reads this file from the folder it starts in; command-line options override it."""

from typing import Any

from core import bulkhead

# The address, the user and the number of workers depend on the machine. Two workers suit two cores: each uses one core
# at most, because of Python's global lock. With one, a restart would leave no worker to answer.
workers = 2

# Threads, because the code is synchronous and waits for Appwrite. The bulkhead limits how many calls are in
# progress, so while Appwrite is slow, three more threads answer the requests that make no call: cached pages, health
# checks, refusals.
worker_class = "gthread"
threads = bulkhead.PLACES + 3

# Load the site once, before the workers start: a wrong setting stops gunicorn with one message instead of a worker that
# restarts for ever, and the workers share the memory of the code.
preload_app = True

# Seconds. Longer than nginx keeps its connections to an upstream (60 s), so that nginx never sends a request on a
# connection that is being closed. Without a body it could send it again, but it must not repeat a POST.
keepalive = 75

# Replace a worker after so many requests, so that memory fragmented by large pictures returns to the system. The jitter
# keeps the workers from restarting together. A worker finishes its requests first.
max_requests = 100_000
max_requests_jitter = 20_000

# Seconds for requests in progress after SIGTERM: more than settings.APPWRITE_DEADLINE and the decoding of a picture.
graceful_timeout = 20

# The site is always at the root of its host. SCRIPT_NAME and PATH_INFO headers must not change that, even if a trusted
# proxy forwards them from a client.
forwarder_headers = ""
# The setting TRUSTED_PROXIES alone decides whether X-Forwarded-Proto counts. By default gunicorn would trust every
# program on this machine.
secure_scheme_headers: dict[str, str] = {}

# There is no access log unless `--access-logfile -` asks for one. It has no query strings, because a mailed link's
# secret is in one; `%(r)s` and `%(f)s` of the default format would show it.
access_log_format = '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(b)s %(M)sms'

# Nothing uses the socket that `gunicornc` controls, and it would be in the home folder of the user.
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Use our error pages for requests that gunicorn itself refuses."""
    from gunicorn import util

    from biso_site.malformed_requests import raw_response

    def write_error(client: Any, status: int, reason: str, _message: str) -> None:
        util.write_nonblock(client, raw_response(status, reason))

    util.write_error = write_error
