"""`manage.py runserver` in local mode, as `make run` starts it.

The emulator starts and stops with the site and contains the demo posts. Changes are kept until the next start.
"""

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import requests
from django.conf import settings

from core.appwrite_client import create_admin_client
from tests.ports import free_port
from tests.users import Person

pytestmark = pytest.mark.processes
PATIENT = 60  # seconds; no test may fail because the machine is busy


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> Path:
    """Return a folder in which the first start stores its seed, so that all tests can reuse the seed."""
    return tmp_path_factory.mktemp("prepared")


@pytest.fixture
def run(tmp_path, settings, prepared):
    """Return a context manager that runs the site as a developer does, and waits until the site prints how to stop it.

    `run(first=True)` starts the site without the prepared seed.
    """
    site, emulator = free_port(), free_port()
    settings.APPWRITE_ENDPOINT = f"http://127.0.0.1:{emulator}/v1"

    @contextmanager
    def started(*, first: bool = False) -> Iterator[str]:
        if not first and not any(tmp_path.iterdir()):
            shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("APPWRITE_")}
        process = subprocess.Popen(
            [sys.executable, "manage.py", "runserver", "--noreload", str(site)],
            cwd=settings.BASE_DIR,
            env=environment | {"EMULATOR_PORT": str(emulator), "LOCAL_DIR": str(tmp_path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # If a shell runs the tests in the background, the process would inherit an ignored SIGINT.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        started.process, printed = process, ""
        for line in process.stdout:
            printed += line
            if "Ctrl+C" in line:
                break
        try:
            yield printed
        finally:
            process.send_signal(signal.SIGINT)
            started.printed_after, _ = process.communicate(timeout=PATIENT)
            for seed in tmp_path.glob("first-day-*.json"):
                shutil.copy(seed, prepared)

    started.site, started.emulator = f"http://localhost:{site}", f"http://127.0.0.1:{emulator}"
    return started


def is_there(url: str) -> bool:
    try:
        requests.get(url, timeout=PATIENT)
    except requests.ConnectionError:
        return False
    return True


def emulator_of(process: subprocess.Popen) -> int:
    """Return the process id of the emulator that runserver has started."""
    children = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(process.pid)], capture_output=True, text=True)
    (line,) = [line for line in children.stdout.splitlines() if "appwrite_emulator" in line]
    return int(line.split()[0])


def cookies_of_ada() -> dict[str, str]:
    """Return the cookies of a browser in which Ada is signed in."""
    made = create_admin_client().users.create_session("adanordlys")
    browser = Person("adanordlys", "Ada Nordlys", "ada@example.com", (), made).browser()
    return {name: cookie.value for name, cookie in browser.cookies.items()}


@pytest.mark.thorough
def test_each_startup_step_is_reported_immediately(run):
    with run(first=True) as printed:
        steps = [
            "Preparing the demo posts. This happens only at the first start…",
            f"Starting the Appwrite emulator on port {run.emulator.rpartition(':')[2]}…",
            "Checking the tables…",
            "Starting the site…",
            f"Site      {run.site}/",
        ]
        assert [line for line in printed.splitlines() if line in steps] == steps


def test_creating_the_environment_is_reported_before_it_starts(tmp_path):
    plan = subprocess.run(
        ["make", "--dry-run", "run", f"VENV={tmp_path}/new"], cwd=settings.BASE_DIR, capture_output=True, text=True
    ).stdout.splitlines()
    creating, installing = (
        next(n for n, line in enumerate(plan) if word in line) for word in ("Creating", "Installing")
    )
    assert creating < next(n for n, line in enumerate(plan) if " -m venv " in line) < installing
    pip = next(n for n, line in enumerate(plan) if " -m pip " in line)
    assert installing < pip
    assert " -q " not in plan[pip]


@pytest.mark.thorough
def test_reset_restores_the_demo_posts_even_after_a_restart(run):
    def reset(path: str, form: dict[str, str] | None = None) -> None:
        assert requests.post(f"{run.emulator}/_emulator/{path}", form, timeout=PATIENT).status_code == 200

    def status(path: str, **options) -> int:
        return requests.get(run.site + path, timeout=PATIENT, **options).status_code

    def delete_post() -> None:
        create_admin_client().db.delete_row(settings.APPWRITE_DATABASE, "posts", "gzt6jt5bya")

    with run():
        ada = cookies_of_ada()
        assert status("/posts/mine/", cookies=ada) == 200
        delete_post()
        reset("reset")
        pages = (
            "/",
            "/en/",
            "/posts/",
            "/posts/gzt6jt5bya/",
            "/posts/feed/",
            "/sitemap.xml",
            "/auth/login/",
            "/readyz",
        )
        assert {path: status(path) for path in pages} == dict.fromkeys(pages, 200)
        assert {path: status(path, cookies=ada) for path in pages} == dict.fromkeys(pages, 200)
        assert status("/posts/mine/", cookies=cookies_of_ada()) == 200  # Ada can sign in again
        delete_post()
    with run() as printed:
        assert "only at the first start" not in printed
        assert status("/posts/gzt6jt5bya/") == 404
        reset("reset/", {"act": "reset", "name": ""})  # like the button on the emulator's page
        assert status("/posts/gzt6jt5bya/") == 200


def test_emulator_reset_signs_users_out_with_a_message(run):
    with run():
        ada = requests.Session()
        ada.cookies.update(cookies_of_ada())
        assert ada.get(f"{run.site}/en/posts/mine/", timeout=PATIENT).status_code == 200
        requests.post(f"{run.emulator}/_emulator/reset", timeout=PATIENT).raise_for_status()
        page = ada.get(f"{run.site}/en/posts/new/", timeout=PATIENT)  # the site still has the account in its cache
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        form = {"csrfmiddlewaretoken": token[1], "title": "Coffee", "content": "Coffee again", "language": "en"}
        form |= {"post_id": "abcdefgh27", "act": "draft"}
        answer = ada.post(f"{run.site}/en/posts/new/", form, timeout=PATIENT)
        assert answer.status_code in (200, 401, 403)
        assert "Coffee again" in answer.text
        assert "You were signed out." in answer.text


@pytest.mark.thorough
def test_data_of_an_older_version_can_be_reset_and_loses_no_posts(run, tmp_path):
    with run():
        create_admin_client().db.delete_row(settings.APPWRITE_DATABASE, "posts", "gzt6jt5bya")
    for seed in tmp_path.glob("first-day-*"):
        seed.rename(tmp_path / "first-day-older.json")  # the file name that the previous release used
    with closing(sqlite3.connect(tmp_path / "emulator.sqlite3")) as data, data:
        data.execute("DELETE FROM appwrite_emulator_apikey")  # older emulators stored no API key for the site
    with run() as printed:
        assert "only at the first start" in printed
        assert len(list(tmp_path.glob("first-day-*"))) == 1
        assert requests.get(f"{run.site}/posts/gzt6jt5bya/", timeout=PATIENT).status_code == 404
        requests.post(f"{run.emulator}/_emulator/reset", timeout=PATIENT).raise_for_status()
        assert requests.get(f"{run.site}/posts/gzt6jt5bya/", timeout=PATIENT).status_code == 200


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (signal.SIGKILL, "signal 9"),
        (signal.SIGTERM, "exit code 0"),
        pytest.param(signal.SIGINT, "exit code 0", marks=pytest.mark.thorough),
    ],
)
def test_stopped_emulator_is_reported(run, end, reason):
    with run():
        os.kill(emulator_of(run.process), end)
        report = next(line for line in run.process.stdout if "has stopped" in line)
        assert f"The Appwrite emulator has stopped ({reason})" in report
        assert "make run" in report
        page = requests.get(f"{run.site}/en/posts/", timeout=PATIENT)
        assert page.status_code == 503
        assert "emulator" in page.text


def test_one_command_starts_a_site_with_demo_posts_and_its_mailbox(run):
    with run() as printed:
        assert run.site in printed
        assert f"{run.emulator}/_emulator/inbox/" in printed
        assert "ada@example.com" in printed
        page = requests.get(f"{run.site}/posts/", timeout=PATIENT)
        assert page.status_code == 200
        assert "Lesesalene som holder lyset på til midnatt" in page.text
        create_admin_client().db.delete_row(settings.APPWRITE_DATABASE, "posts", "gzt6jt5bya")
    for _ in range(10 * PATIENT):  # the emulator ends soon after its standard input is closed
        if not is_there(run.emulator):
            break
        time.sleep(0.1)
    assert not is_there(run.emulator)
    assert "has stopped" not in run.printed_after  # no message, because the site itself stopped the emulator
    with run():
        assert requests.get(f"{run.site}/posts/gzt6jt5bya/", timeout=PATIENT).status_code == 404
        assert requests.get(f"{run.site}/posts/t54yorlhoy/", timeout=PATIENT).status_code == 200


def test_error_is_logged_once():
    code = "import django; django.setup(); import logging; logging.getLogger('django.request').warning('Not Found')"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("APPWRITE_")}
    environment = {**kept, "DJANGO_SETTINGS_MODULE": "biso_site.settings"}
    ran = subprocess.run([sys.executable, "-c", code], cwd=settings.BASE_DIR, env=environment, stderr=subprocess.PIPE)
    assert ran.stderr.count(b"Not Found") == 1


def test_port_in_use_raises_a_command_error(run):
    with socket.create_server(("127.0.0.1", int(run.emulator.rpartition(":")[2]))), run() as printed:
        assert "set EMULATOR_PORT to a different port" in printed
