"""`manage.py runserver` in local mode, as `make run` starts it: the emulator comes up beside the site, filled, and goes
down with it; what was written is there the next time."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from django.conf import settings

from biso_site.appwrite_client import create_admin_client


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture
def run(tmp_path, settings):
    """run() starts the site as a person would; gives what it printed, up to the invitation to end it."""
    site, emulator = free_port(), free_port()
    settings.APPWRITE_ENDPOINT = f"http://127.0.0.1:{emulator}/v1"

    @contextmanager
    def started() -> Iterator[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("APPWRITE_")}
        process = subprocess.Popen(
            [sys.executable, "-u", "manage.py", "runserver", "--noreload", str(site)],
            cwd=settings.BASE_DIR,
            env=environment | {"EMULATOR_PORT": str(emulator), "LOCAL_DIR": str(tmp_path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        printed = ""
        for line in process.stdout:
            printed += line
            if "Ctrl+C" in line:
                break
        try:
            yield printed
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)

    started.site, started.emulator = f"http://localhost:{site}", f"http://127.0.0.1:{emulator}"
    return started


def is_there(url: str) -> bool:
    try:
        requests.get(url, timeout=5)
    except requests.ConnectionError:
        return False
    return True


def test_one_command_brings_a_filled_site_and_its_mailbox(run):
    with run() as printed:
        assert run.site in printed
        assert f"{run.emulator}/_emulator/inbox/" in printed
        assert "ada@example.com" in printed
        page = requests.get(f"{run.site}/posts/", timeout=10)
        assert page.status_code == 200
        assert "Lesesalene som holder lyset på til midnatt" in page.text
        create_admin_client().db.delete_row(settings.APPWRITE_DATABASE, "posts", "gzt6jt5bya")
    for _ in range(100):  # it notices the end of its standard input, which takes it a moment
        if not is_there(run.emulator):
            break
        time.sleep(0.1)
    assert not is_there(run.emulator)
    with run():
        assert requests.get(f"{run.site}/posts/gzt6jt5bya/", timeout=10).status_code == 404
        assert requests.get(f"{run.site}/posts/t54yorlhoy/", timeout=10).status_code == 200


def test_what_goes_wrong_is_told_once():
    code = "import django; django.setup(); import logging; logging.getLogger('django.request').warning('Not Found')"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("APPWRITE_")}
    environment = {**kept, "DJANGO_SETTINGS_MODULE": "biso_site.settings"}
    ran = subprocess.run([sys.executable, "-c", code], cwd=settings.BASE_DIR, env=environment, stderr=subprocess.PIPE)
    assert ran.stderr.count(b"Not Found") == 1


def test_a_port_that_is_taken_is_said_in_a_sentence(run):
    with socket.create_server(("127.0.0.1", int(run.emulator.rpartition(":")[2]))), run() as printed:
        assert "set EMULATOR_PORT to another one" in printed
