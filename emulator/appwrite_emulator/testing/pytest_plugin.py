"""pytest fixtures for tests that need Appwrite: `appwrite`, `appwrite_inbox`, `appwrite_clock`, `appwrite_faults`.

Each test run has one emulator, which is reset before every test that uses it. With pytest-xdist, each worker has its
own. If the package is installed, pytest finds this plugin. If not, add this option:
`-p appwrite_emulator.testing.pytest_plugin`. docs/emulator.md describes the fixtures.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from appwrite_emulator.testing import Clock, Emulator, Faults, Inbox


@pytest.fixture(scope="session")
def appwrite_options() -> dict[str, Any]:
    """Return the arguments for `Emulator`. Override this fixture to set, for example, a key or a mail folder."""
    return {}


@pytest.fixture(scope="session")
def appwrite_process(appwrite_options: dict[str, Any]) -> Iterator[Emulator]:
    """Return the test run's emulator without resetting it. Use this in fixtures that prepare a checkpoint."""
    with Emulator(**appwrite_options) as emulator:
        yield emulator


@pytest.fixture
def appwrite_checkpoint() -> str:
    """Return the name of the checkpoint from which every test starts. "" means the freshly seeded project.

    Override this fixture to return the name of your own checkpoint.
    """
    return ""


@pytest.fixture
def appwrite(appwrite_process: Emulator, appwrite_checkpoint: str) -> Emulator:
    """Return a running emulator, which is reset before each test."""
    appwrite_process.reset(appwrite_checkpoint)
    return appwrite_process


@pytest.fixture
def appwrite_inbox(appwrite: Emulator) -> Inbox:
    """Return the emulator's inbox of sent messages."""
    return appwrite.inbox


@pytest.fixture
def appwrite_clock(appwrite: Emulator) -> Clock:
    """Return the emulator's clock, which is reset to real time before the next test."""
    return appwrite.clock


@pytest.fixture
def appwrite_faults(appwrite: Emulator) -> Faults:
    """Return the fault injector. All faults are removed before the next test."""
    return appwrite.faults
