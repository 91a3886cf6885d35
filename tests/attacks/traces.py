"""Check that the caches contain no secret, and that addresses and drafts are only in the entries made for them."""

import pickle
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

# docs/architecture.md lists these entries: the person of a session, deleted posts and rendered Markdown.
MAY_NAME_PEOPLE = re.compile(r"person:|person%3A")
MAY_CONTAIN_DRAFTS = re.compile(r"person:|person%3A|undo|markdown|pending|kept")


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Return the path and the content of each file. Entries of Django's file cache are decompressed."""
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            if path.suffix == ".djcache":
                with path.open("rb") as file:
                    pickle.load(file)  # skip the entry's expiry time
                    content = zlib.decompress(file.read())
            yield str(path), str(path).encode() + content


def leaks(entries: list[tuple[str, bytes]], *, secrets: list[str], addresses: list[str], drafts: list[str]) -> set[str]:
    """Return the keys of the entries that contain a value forbidden in them."""

    def containing(values: list[str]) -> set[str]:
        return {key for key, entry in entries for value in values if value.encode() in entry}

    return {
        *containing(secrets),
        *(key for key in containing(addresses) if not MAY_NAME_PEOPLE.search(key)),
        *(key for key in containing(drafts) if not MAY_CONTAIN_DRAFTS.search(key)),
    }
