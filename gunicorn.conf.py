"""Gunicorn's settings. Gunicorn reads this file from its working directory; command-line options override it."""

from typing import Any

from core import bulkhead, metrics

# The number of workers depends on the machine, as do the address and the user, which command-line options set. Two
# workers suit two cores: Python's global interpreter lock limits each worker to one core. With a single worker, the
# site would not respond while that worker restarts.
workers = 2

# Workers use threads, because the code is synchronous and waits for Appwrite. The bulkhead limits the number of
# concurrent Appwrite calls, so while Appwrite is slow, three more threads serve requests without such a call: cached
# pages, health checks and refusals.
worker_class = "gthread"
threads = bulkhead.SLOTS + 3

# Load the site once, before the workers start. Then a wrong setting stops gunicorn with one message instead of
# restarting workers for ever, and the workers share the memory for the code.
preload_app = True

# Seconds. Must be longer than nginx keeps its upstream connections (60 s), so that nginx never sends a request on a
# connection that gunicorn is closing. Nginx can repeat a GET after such a failure, but it must not repeat a POST.
keepalive = 75

# Replace a worker after this many requests, so that memory fragmented by large pictures returns to the system. The
# jitter prevents all workers from restarting at the same time. A worker finishes its requests before it restarts.
max_requests = 100_000
max_requests_jitter = 20_000

# Seconds that requests in progress get after SIGTERM: more than APPWRITE_DEADLINE plus the time to decode a picture.
graceful_timeout = 20

# The site is always at the root of its host. SCRIPT_NAME and PATH_INFO headers must not change that, even if a trusted
# proxy forwards them from a client.
forwarder_headers = ""
# Only the setting TRUSTED_PROXIES decides whether X-Forwarded-Proto counts. By default, gunicorn would trust the header
# from every program on the same machine.
secure_scheme_headers: dict[str, str] = {}

# There is no access log unless `--access-logfile -` enables it. The format omits query strings, because that of an
# e-mailed link contains a secret, which `%(r)s` and `%(f)s` of the default format would show.
access_log_format = '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(b)s %(M)sms'

# Gunicorn's control socket, for `gunicornc`, is not used, and gunicorn would create it in the user's home folder.
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Make gunicorn use the site's error pages for requests that gunicorn itself refuses. Log Appwrite's version."""
    from threading import Thread

    from gunicorn import util

    from biso_site.malformed_requests import raw_response
    from core.appwrite_client import log_server_version

    def write_error(client: Any, status: int, reason: str, _message: str) -> None:
        util.write_nonblock(client, raw_response(status, reason))

    util.write_error = write_error
    metrics.note_worker_started()
    # In a thread, because a worker must also start while Appwrite does not answer; only in the first worker of a site.
    if worker.age == 1:
        Thread(target=log_server_version, name="server version", daemon=True).start()


def child_exit(server: Any, worker: Any) -> None:
    """Subtract a worker that has ended from the metrics of what workers are doing now."""
    metrics.note_worker_ended(worker.pid)
