"""The site as a WSGI application for a scanner.

It has no rate limits, so that the scanner's requests reach the code. Each cache file is named after its key, so that a
test can tell which data the file contains.
"""

import hashlib
import os
from urllib.parse import quote

from core import rate_limits
from core.cache import FileCache
from tests import patient_site


def file_of(cache: FileCache, key: str, version: int | None = None) -> str:
    key = cache.make_and_validate_key(key, version)
    name = f"{quote(key, safe='')[:150]}-{hashlib.sha256(key.encode()).hexdigest()}"
    return os.path.join(cache._dir, name + cache.cache_suffix)


FileCache._key_to_file = file_of
rate_limits.Limit.take = lambda limit, key: 0
patient_site.PATIENT = (20, 60), 60  # seconds; an outage caused by a busy machine would look like a finding
application = patient_site.application
