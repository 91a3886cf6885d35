"""Fixtures for tests that need an Appwrite: `appwrite`, `appwrite_inbox`, `appwrite_clock`, `appwrite_faults`.

One emulator a run (a worker, under pytest-xdist), put back before every test that asks for it. Where the package is
installed pytest finds this by itself; elsewhere `-p appwrite_emulator.pytest_plugin` does. docs/emulator.md shows it.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from appwrite_emulator.testing import Clock, Emulator, Faults, Inbox


@pytest.fixture(scope="session")
def appwrite_options() -> dict[str, Any]:
    """What `Emulator` is made with. A project overrides it for a key of its own, or a folder for mails."""
    return {"key": "key-with-all-scopes"}


@pytest.fixture(scope="session")
def appwrite_process(appwrite_options: dict[str, Any]) -> Iterator[Emulator]:
    """The one emulator of the run, in whatever state. For fixtures that prepare a checkpoint."""
    with Emulator(**appwrite_options) as emulator:
        yield emulator


@pytest.fixture
def appwrite_checkpoint() -> str:
    """The checkpoint that every test starts from: the freshly seeded project. A project that has made one overrides it
    with a fixture that gives its name."""
    return ""


@pytest.fixture
def appwrite(appwrite_process: Emulator, appwrite_checkpoint: str) -> Emulator:
    """A running Appwrite; what a test does is gone before the next."""
    appwrite_process.reset(appwrite_checkpoint)
    return appwrite_process


@pytest.fixture
def appwrite_inbox(appwrite: Emulator) -> Inbox:
    """What it has sent."""
    return appwrite.inbox


@pytest.fixture
def appwrite_clock(appwrite: Emulator) -> Clock:
    """Its clock, to be moved; right again for the next test."""
    return appwrite.clock


@pytest.fixture
def appwrite_faults(appwrite: Emulator) -> Faults:
    """What goes wrong on purpose; nothing does for the next test."""
    return appwrite.faults
