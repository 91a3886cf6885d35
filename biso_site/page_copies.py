"""Cached copies of public pages: sending and storing them.

Each worker keeps some copies in memory. All workers share a larger store, in Redis or in files. Both stores are
limited: the memory drops the least recently used copy, and the shared store has a fixed number of slots, each for the
pages whose keys have the same hash. Covers, and URLs with a query such as searches, have separate limits (`SHARES`), so
that they cannot evict other pages.
"""

import fcntl
import gzip
import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Self

import brotli
from django.conf import settings
from django.utils.http import parse_etags

from core import purging
from core.read_age import is_younger_than
from core.read_cache import FRESH_TTL, REFILL_TTL
from core.redis_store import PREFIX, OutageError, RedisStore, store
from core.sized_memory import SizedMemory

log = logging.getLogger(__name__)

FORMAT = "biso-page-1"  # format of the stored copies; a copy in any other format counts as missing
CLAIM_TTL = 10  # seconds; longer than Django needs to render a page
MAX_BODY = 1024 * 1024  # bytes; a larger page is not cached
MIN_COMPRESSED = 200  # bytes; compression does not make a shorter page smaller (as in Django's GZipMiddleware)
ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    # Each encoder needs 0.25 ms for a list of posts. Brotli at quality 9 would need 6 ms to save one per cent more.
    "br": lambda body: brotli.compress(body, quality=5),
    "gzip": lambda body: gzip.compress(body, 6, mtime=0),
}
OF_THE_BODY = {"content-type", "content-language", "content-encoding", "content-length"}  # omitted from a 304

Headers = list[tuple[str, str]]
StartResponse = Callable[..., Any]


class Limits(NamedTuple):
    """The limits of one share: the bytes in each worker's memory, and the slots in the store that all workers use."""

    memory: int
    slots: int


SHARES = {
    "pages": Limits(memory=12_000_000, slots=512),
    "searches": Limits(memory=3_000_000, slots=128),
    "covers": Limits(memory=5_000_000, slots=128),
}


@dataclass(frozen=True)
class _Encoded:
    """A page in one content encoding, with its response headers."""

    body: bytes
    headers: Headers
    unchanged_headers: Headers  # for a 304
    etag: str


@dataclass(frozen=True)
class PageCopy:
    """Django's uncompressed response to a guest's GET.

    `read_at` is the `time.time()` at which the page's oldest read started, and `generation` is the generation
    (`core.revalidation`) at that time.
    """

    key: str
    generation: str
    read_at: float
    status: str
    headers: Headers
    body: bytes
    _encoded: dict[str, _Encoded] = field(default_factory=dict, repr=False, compare=False)

    def is_current(self, generation: str, ttl: float = FRESH_TTL) -> bool:
        """Return whether the page's data was read in this generation and less than `ttl` seconds ago."""
        return self.generation == generation and is_younger_than(self.read_at, ttl)

    @property
    def size(self) -> int:
        """Return a high estimate of the memory use in bytes. Compression usually shortens a body to a quarter."""
        return 2 * len(self.body) + 2000

    def send(self, environ: dict[str, Any], start_response: StartResponse, encoding: str) -> Iterable[bytes]:
        """Respond to a GET or HEAD request with this copy.

        `encoding` is a key of ENCODERS, or "" for no compression.
        """
        encoded = self._encoded.get(encoding) or self._encode(encoding)
        if encoded.etag and _has_it(environ, encoded):
            start_response("304 Not Modified", list(encoded.unchanged_headers))
            return []
        start_response(self.status, list(encoded.headers))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [encoded.body]

    def _encode(self, encoding: str) -> _Encoded:
        headers, body = dict(self.headers), self.body
        etag = headers.get("ETag", "")
        if self.status.startswith("200 ") and not etag:
            etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        if encoding and len(body) >= MIN_COMPRESSED and not headers.get("Content-Type", "").startswith("image/"):
            compressed = ENCODERS[encoding](body)
            if len(compressed) < len(body):
                body = compressed
                headers["Content-Encoding"] = encoding
                etag = etag and f"W/{etag.removeprefix('W/')}"  # a strong ETag would promise identical bytes
        if etag:
            headers["ETag"] = etag
        headers["Content-Length"] = str(len(body))
        unchanged = [(name, value) for name, value in headers.items() if name.lower() not in OF_THE_BODY]
        encoded = self._encoded[encoding] = _Encoded(body, list(headers.items()), unchanged, etag)
        return encoded

    def to_bytes(self) -> bytes:
        """Serialise the copy for `from_bytes`."""
        facts = {name: value for name, value in asdict(self).items() if name not in ("body", "_encoded")}
        return json.dumps({"format": FORMAT, **facts}).encode() + b"\n" + self.body

    @classmethod
    def from_bytes(cls, stored: bytes, key: str) -> Self | None:
        """Parse a stored copy. Return None if the copy is damaged, has a different format or is for another page."""
        start, _, body = stored.partition(b"\n")
        try:
            facts = json.loads(start)
            if facts.pop("format") != FORMAT or facts["key"] != key:
                return None
            headers = [(str(name), str(value)) for name, value in facts.pop("headers")]
            return cls(**facts, headers=headers, body=body)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None


def _has_it(environ: dict[str, Any], page: _Encoded) -> bool:
    """Return whether the request's conditions show that the client already has this page (RFC 9110, 13.2.2)."""
    condition = environ.get("HTTP_IF_NONE_MATCH")
    if condition is not None:
        known = {etag.removeprefix("W/") for etag in parse_etags(condition)}
        return "*" in known or page.etag.removeprefix("W/") in known
    # If the newest post is unpublished, the date becomes earlier. Only an equal date means that nothing has changed.
    since = environ.get("HTTP_IF_MODIFIED_SINCE")
    return since is not None and ("Last-Modified", since) in page.headers


class SharedFiles:
    """Copies in files, shared by the workers on one machine. An unreadable file counts as missing."""

    def __init__(self) -> None:
        self._is_reported = False

    def get(self, share: str, key: str) -> PageCopy | None:
        try:
            return PageCopy.from_bytes(self._path(share, key).read_bytes(), key)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._report(error)
            return None

    def put(self, share: str, copy: PageCopy) -> None:
        """Store the copy. Call this only within a successful `claimed` block for its key."""
        path = self._path(share, copy.key)
        part = path.with_suffix(".part")  # may already exist if a process was killed while writing it
        try:
            part.write_bytes(copy.to_bytes())
            os.replace(part, path)
        except OSError as error:
            self._report(error)

    @contextmanager
    def claimed(self, share: str, key: str) -> Iterator[bool]:
        """Try to claim the right to render the page with this key. Yield whether this process got the claim.

        The claim ends when the block or the process ends. Keys with the same hash share one claim.
        """
        try:
            path = self._path(share, key).with_suffix(".lock")
            path.parent.mkdir(exist_ok=True)
            file = path.open("ab")
        except OSError as error:
            self._report(error)
            yield True  # nothing can be shared, so each process renders its own copy
            return
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
            else:
                yield True

    def delete_copies(self) -> None:
        """Delete all copies. A new generation only makes copies unusable, and leaves their files on the disk."""
        for file in self._folder().glob("*-*"):
            if file.suffix != ".lock":  # another process may hold the claim
                file.unlink(missing_ok=True)

    @staticmethod
    def _folder() -> Path:
        folder: Path = settings.LOCAL_DIR / "pages"
        return folder

    @classmethod
    def _path(cls, share: str, key: str) -> Path:
        return cls._folder() / _slot(share, key)

    def _report(self, error: OSError) -> None:
        if not self._is_reported:
            self._is_reported = True
            log.error("Pages cannot be shared through files in LOCAL_DIR: %s", error)


class SharedRedis:
    """Copies in Redis, shared by the workers on all machines. While Redis is unavailable, nothing is shared."""

    def __init__(self, redis: RedisStore) -> None:
        self._redis = redis

    def get(self, share: str, key: str) -> PageCopy | None:
        with suppress(OutageError):
            stored = self._redis.call(lambda client: client.get(self._name(share, key)))
            if isinstance(stored, bytes):
                return PageCopy.from_bytes(stored, key)
        return None

    def put(self, share: str, copy: PageCopy) -> None:
        """Store the copy. It expires after REFILL_TTL."""
        with suppress(OutageError):
            self._redis.call(lambda client: client.set(self._name(share, copy.key), copy.to_bytes(), ex=REFILL_TTL))

    @contextmanager
    def claimed(self, share: str, key: str) -> Iterator[bool]:
        """Like `SharedFiles.claimed`, but a killed process loses its claim after CLAIM_TTL seconds."""
        try:
            lock = self._redis.try_lock(f"page:{_slot(share, key)}:lock", CLAIM_TTL)
        except OutageError:
            yield True
            return
        try:
            yield lock is not None
        finally:
            if lock:
                self._redis.unlock(lock)

    @staticmethod
    def _name(share: str, key: str) -> str:
        return f"{PREFIX}page:{_slot(share, key)}"


def worker_memory() -> dict[str, SizedMemory[PageCopy]]:
    """Return an empty memory for the copies of each share."""
    return {share: SizedMemory(limits.memory, max_size=limits.memory) for share, limits in SHARES.items()}


def shared_copies() -> SharedFiles | SharedRedis:
    """Return the store that the workers share: Redis if the settings name a Redis server, and files otherwise."""
    redis = store()
    if redis:
        return SharedRedis(redis)  # copies in Redis expire after a minute
    files = SharedFiles()
    purging.register(files.delete_copies)
    return files


def _slot(share: str, key: str) -> str:
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big")
    return f"{share}-{number % SHARES[share].slots}"
