"""Gunicorn's settings. Gunicorn reads this file from its working directory; command-line options override it."""

import ctypes
import gc
from contextlib import suppress
from typing import Any

from core import bulkhead, metrics

# Two workers suit a machine with two cores, because Python's global interpreter lock limits each worker to one core.
# Use at least two: with a single worker, the site would not respond while that worker restarts. Command-line options
# set the address and the user.
workers = 2

# Workers use threads, because the code is synchronous and waits for Appwrite. The bulkhead limits the number of
# concurrent Appwrite calls, so while Appwrite is slow, three threads remain for requests that do not call Appwrite:
# cached pages, health checks and rejected requests.
worker_class = "gthread"
threads = bulkhead.SLOTS + 3

# Load the site once, before the workers start. A wrong setting then stops gunicorn with one message, instead of
# restarting workers for ever. The workers also share the memory for the code.
preload_app = True

# Seconds. Must be longer than nginx keeps upstream connections open (60 s), so that nginx never sends a request on a
# connection that gunicorn is closing. After such a failure, nginx can repeat a GET request, but not a POST request.
keepalive = 75

# Replace a worker after this many requests, in case its memory grows for a reason that `make soak` does not find. The
# jitter prevents all workers from restarting at the same time. A worker finishes its requests before it restarts.
max_requests = 100_000
max_requests_jitter = 20_000

# Seconds to finish requests after SIGTERM; must exceed APPWRITE_DEADLINE plus the time to decode a picture.
graceful_timeout = 20

# The site is always at the root of its host. SCRIPT_NAME and PATH_INFO headers from a client must not change that, even
# if a trusted proxy forwards them.
forwarder_headers = ""
# Only the TRUSTED_PROXIES setting decides whether X-Forwarded-Proto is trusted. By default, gunicorn would trust the
# header from every program on the same machine.
secure_scheme_headers: dict[str, str] = {}

# There is no access log unless `--access-logfile -` enables it. The format omits `%(r)s` and `%(f)s`, which contain
# query strings, because the query string of an e-mailed link contains a secret.
access_log_format = '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(b)s %(M)sms'

# The site does not use gunicorn's control socket (for `gunicornc`), which would be created in the user's home folder.
control_socket_disable = True


# In bytes. The C library requests each block of memory that is larger than this from the system, and returns the block
# as soon as it is freed. By default, glibc raises this limit up to 32 MB. The memory for decoding a picture then stays
# in the heap of each thread: a worker that had decoded 50 pictures used 380 MB instead of 120 MB.
LARGE_BLOCK = 1024 * 1024
M_MMAP_THRESHOLD = -3  # in glibc's malloc.h


def return_large_blocks() -> None:
    """Make the C library return large blocks of memory to the system. Do nothing if the C library is not glibc."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK)


def when_ready(server: Any) -> None:
    """Exempt all objects that exist before the workers start from garbage collection.

    These objects live as long as the process. A collection that examined them would stop all requests of a worker for
    tens of milliseconds, and write to the memory that the workers share.
    """
    gc.collect()
    gc.freeze()


def post_worker_init(worker: Any) -> None:
    """Use the site's error pages for requests that gunicorn itself rejects. Log Appwrite's version."""
    from threading import Thread

    from gunicorn import util

    from biso_site.malformed_requests import raw_response
    from core.appwrite_client import log_server_version

    def write_error(client: Any, status: int, reason: str, _message: str) -> None:
        util.write_nonblock(client, raw_response(status, reason))

    util.write_error = write_error
    return_large_blocks()
    metrics.note_worker_started()
    # Use a thread, so that the worker starts even if Appwrite does not respond. Only the first worker logs the version.
    if worker.age == 1:
        Thread(target=log_server_version, name="server version", daemon=True).start()


def child_exit(server: Any, worker: Any) -> None:
    """Remove a worker that has exited from the gauges of running workers."""
    metrics.note_worker_ended(worker.pid)
