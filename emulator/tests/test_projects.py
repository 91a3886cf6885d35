"""Several projects in one emulator. Each has its own data, clock, faults, inbox, request log and checkpoints."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
import requests
from appwrite.enums.o_auth_provider import OAuthProvider
from appwrite.enums.runtime import Runtime
from appwrite.exception import AppwriteException
from appwrite.query import Query
from appwrite.services.account import Account
from appwrite.services.functions import Functions
from appwrite.services.proxy import Proxy
from appwrite.services.tables_db import TablesDB
from appwrite.services.users import Users

from appwrite_emulator.testing import Emulator, EmulatorError, Project
from realtime_probe import Socket
from tests.conftest import CALLBACK, GUEST, KEY, client, user_ids

FUNCTION = """def main(context):
    return context.res.text("Hello")
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    folder = tmp_path_factory.mktemp("projects")
    (folder / "functions").mkdir()
    (folder / "functions" / "hello.py").write_text(FUNCTION)
    seed = folder / "seed.json"
    seed.write_text(json.dumps({"format": "appwrite-emulator/1", "users": [{"$id": "ada", "email": "a@example.com"}]}))
    with Emulator(key=KEY, seed=seed, functions=folder / "functions", mails=folder / "mails") as emulator:
        emulator.open_project("worker")
        yield emulator


@pytest.fixture
def first(running: Emulator) -> Emulator:
    """Reset and return the emulator. Its methods use the first project."""
    running.reset()
    return running


@pytest.fixture
def worker(first: Emulator) -> Project:
    """Create a second project in the same emulator and return it."""
    project = first.open_project("worker")
    project.reset()
    return project


def server(project: Project) -> Any:
    return client(project, key=KEY)


def test_projects_with_the_same_seed_have_separate_data(first, worker):
    Users(server(worker)).create("bob")
    assert (user_ids(first), user_ids(worker)) == ({"ada"}, {"ada", "bob"})
    Users(server(first)).delete("ada")
    assert (user_ids(first), user_ids(worker)) == (set(), {"ada", "bob"})


def test_projects_can_have_tables_with_the_same_ids(first, worker):
    """The emulator caches schemas, totals and lists in memory, separately for each project."""
    for project, column in ((first, "title"), (worker, "name")):
        tables = TablesDB(server(project))
        tables.create("lib", "Library")
        columns = [{"key": column, "type": "string", "size": 20}]
        tables.create_table("lib", "books", "Books", columns=columns)
        for number in range(len(column)):
            tables.create_row("lib", "books", f"book-{number}", {column: "Salt"})
    for _ in range(2):
        for project, column in ((first, "title"), (worker, "name")):
            page = TablesDB(server(project)).list_rows("lib", "books", [Query.equal(column, "Salt")], ttl=60)
            assert (page.total, page.rows[0].data[column]) == (len(column), "Salt")


def test_reset_and_checkpoints_are_separate_for_each_project(first, worker):
    Users(server(first)).create("bob")
    Users(server(worker)).create("carol")
    worker.checkpoint("with-carol")
    with pytest.raises(EmulatorError, match="with-carol"):
        first.reset("with-carol")
    worker.reset()
    assert (user_ids(first), user_ids(worker)) == ({"ada", "bob"}, {"ada"})
    worker.reset("with-carol")
    assert user_ids(worker) == {"ada", "carol"}


def test_clock_and_faults_are_separate_for_each_project(first, worker):
    real = first.clock.now()
    worker.clock.advance(86400)
    assert (worker.clock.now() - first.clock.now()).total_seconds() == pytest.approx(86400, abs=60)
    assert (first.clock.now() - real).total_seconds() < 60
    worker.faults.add("users.list", status=503)
    assert first.faults.all() == []
    assert user_ids(first) == {"ada"}
    with pytest.raises(Exception, match="Injected fault"):
        user_ids(worker)


def test_inbox_and_request_log_are_separate_for_each_project(first, worker):
    Account(client(worker)).create_email_token("ada", "a@example.com")
    assert (len(worker.inbox.mails()), first.inbox.mails()) == (1, [])
    operations = [entry["operation"] for entry in worker.control("GET", "requests.json")["requests"]]
    assert "account.createEmailToken" in operations
    assert first.control("GET", "requests.json")["requests"] == []
    Account(client(first)).create_email_token("ada", "a@example.com")
    folders = {file.parent.name for file in first.mails.rglob("*.eml")}
    assert folders == {"mails", "worker"}


def follow(location: str, origin: str) -> str:
    """Follow the redirects. Return the first URL outside the emulator."""
    while location.startswith(origin):
        location = requests.get(location, allow_redirects=False, timeout=20).headers["location"]
    return location


def test_sign_in_with_microsoft_creates_the_user_in_the_right_project(first, worker):
    location = Account(client(worker)).create_o_auth2_token(OAuthProvider.MICROSOFT, CALLBACK, CALLBACK)
    page, _, query = location.partition("?")
    form = dict(parse_qsl(query))
    assert "Choose who signs in to worker" in requests.get(page, params=form, timeout=20).text
    form |= {"act": "accept", "name": "Bea", "email": "bea@example.com"}
    answer = requests.post(page, data=form, allow_redirects=False, timeout=20)
    assert "secret=" in follow(answer.headers["location"], first.origin)
    assert (len(user_ids(worker)), user_ids(first)) == (2, {"ada"})


def test_sign_in_with_the_mock_provider_creates_the_user_in_the_right_project(first, worker):
    query = {"project": "worker", "success": CALLBACK, "failure": CALLBACK}
    location = f"{first.endpoint}/account/tokens/oauth2/mock?{urlencode(query)}"
    assert "secret=" in follow(location, first.origin)
    assert (len(user_ids(worker)), user_ids(first)) == (2, {"ada"})


def test_realtime_connections_get_the_events_of_their_project(first, worker):
    """A reset closes only the connections of the project that is reset."""
    projects = (first, worker)
    for project in projects:
        tables = TablesDB(server(project))
        tables.create("lib", "Library")
        columns = [{"key": "title", "type": "string", "size": 20}]
        tables.create_table("lib", "books", "Books", ['read("any")'], columns=columns)
    origin = first.endpoint.replace("http", "ws")
    url = f"{origin}/realtime?project=default&channels[]=rows"
    sockets = [Socket(url, {}), Socket(url, {"X-Appwrite-Project": "worker"})]  # the URL parameter takes precedence
    try:
        wait_until(lambda: all(socket.frames for socket in sockets))
        for project in (*projects, *projects):
            TablesDB(server(project)).create_row("lib", "books", "unique()", {"title": project.project})
        wait_until(lambda: all(len(socket.frames) >= 3 for socket in sockets))
        titles = [[json.loads(text)["data"]["payload"]["title"] for text in socket.frames[1:]] for socket in sockets]
        assert titles == [["default"] * 2, ["worker"] * 2]
        worker.reset()
        wait_until(lambda: not sockets[1].open)
        assert [socket.open for socket in sockets] == [True, False]
    finally:
        for socket in sockets:
            socket.close()


def wait_until(is_done: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not is_done() and time.monotonic() < until:
        time.sleep(0.01)


def test_functions_run_in_the_project_that_started_them(first, worker):
    functions = Functions(server(worker))
    functions.create("hello", "Hello", Runtime.PYTHON_3_11)
    execution = functions.create_execution("hello", xasync=True)
    until = time.monotonic() + 30
    while time.monotonic() < until and execution.status.value not in ("completed", "failed"):
        time.sleep(0.1)
        execution = functions.get_execution("hello", execution.id)
    assert execution.status.value == "completed"
    assert Functions(server(first)).list().total == 0


def test_domain_of_a_proxy_rule_belongs_to_one_project(first, worker):
    rule = Proxy(server(worker)).create_api_rule("api.example.com")
    for project in (first, worker):
        with pytest.raises(AppwriteException) as failure:
            Proxy(server(project)).create_api_rule("API.example.com")
        assert (failure.value.type, failure.value.code) == ("rule_already_exists", 409)
    Proxy(server(worker)).delete_rule(rule.id)
    assert Proxy(server(first)).create_api_rule("api.example.com").id == rule.id


def test_concurrent_requests_create_a_domain_in_only_one_project(first, worker):
    domains = [f"{number}.example.com" for number in range(20)]

    def create(project: Project, domain: str) -> None:
        with suppress(AppwriteException):
            Proxy(server(project)).create_api_rule(domain)

    with ThreadPoolExecutor(6) as threads:
        for done in [threads.submit(create, project, name) for name in domains for project in (first, worker)]:
            done.result(timeout=60)
    rules = [rule.domain for project in (first, worker) for rule in Proxy(server(project)).list_rules().rules]
    assert sorted(rules) == sorted(domains)


def test_concurrent_requests_to_several_projects_are_not_mixed_up(first, worker):
    def work(project: Project, number: int) -> None:
        Users(server(project)).create(f"{project.project}-{number}")
        assert Users(server(project)).get(f"{project.project}-{number}").id == f"{project.project}-{number}"

    with ThreadPoolExecutor(6) as threads:
        for done in [threads.submit(work, project, n) for n in range(15) for project in (first, worker)]:
            done.result(timeout=60)
    for project in (first, worker):
        ids = user_ids(project) - {"ada"}
        assert ids == {f"{project.project}-{number}" for number in range(15)}


def test_key_and_session_of_another_project_are_rejected(first, worker, expect_error):
    token = Users(server(worker)).create_token("ada")
    session = Account(server(worker)).create_session("ada", token.secret)
    assert Account(client(worker, session=session.secret)).get().id == "ada"
    with expect_error("general_unauthorized_scope", 401):
        Account(client(first, session=session.secret)).get()


def test_unknown_project_is_rejected(first):
    headers = {"X-Appwrite-Project": "unknown"}
    answer = requests.get(f"{first.endpoint}/locale", headers=headers, timeout=20)
    assert (answer.status_code, answer.json()["type"]) == (404, "project_not_found")
    for page in ("inbox.json", "inbox/", "clock"):
        answer = requests.get(f"{first.origin}/_emulator/{page}?project=unknown", timeout=20)
        assert (answer.status_code, answer.json()) == (404, {"message": "The project unknown does not exist."})


def test_projects_are_created_listed_and_deleted(first):
    url = f"{first.origin}/_emulator/projects"
    assert requests.post(url, json={"projectId": "new"}, timeout=20).status_code == 201
    try:
        assert {"$id": "new"} in requests.get(url, timeout=20).json()["projects"]
        assert requests.post(url, json={"projectId": "new"}, timeout=20).status_code == 409
    finally:
        assert requests.delete(f"{url}/new", timeout=20).status_code == 200
    assert {"$id": "new"} not in requests.get(url, timeout=20).json()["projects"]
    assert requests.delete(f"{url}/new", timeout=20).status_code == 404
    assert requests.delete(f"{url}/default", timeout=20).status_code == 400
    for body in ({"projectId": "two words"}, {"projectId": "console"}, {"projectId": 1}, {}, []):
        assert requests.post(url, json=body, timeout=20).status_code == 400, body
    assert requests.post(url, data="{", timeout=20).status_code == 400


def test_deletion_waits_for_running_requests_and_leaves_no_file(tmp_path: Path):
    """A project rejects other requests while it is being deleted. The delete request itself can name the project."""
    with Emulator(key=KEY, data=tmp_path / "emulator.sqlite3") as emulator, ThreadPoolExecutor(4) as threads:
        project = emulator.open_project("worker")
        project.faults.add("users.list", delay=1)
        slow = [threads.submit(user_ids, project) for _ in range(3)]
        wait_until(lambda: project.faults.all()[0]["calls"] == 3)
        url = f"{emulator.origin}/_emulator/projects/worker?project=worker"
        deletion = threads.submit(requests.delete, url, timeout=20)
        headers = {"X-Appwrite-Project": "worker"}
        wait_until(lambda: requests.get(f"{emulator.endpoint}/locale", headers=headers, timeout=20).status_code == 404)
        assert [request.result() for request in slow] == [set()] * 3
        assert deletion.result().status_code == 200
        assert not list(tmp_path.rglob("worker*"))
        assert user_ids(emulator.open_project("worker")) == set()


def test_pages_show_the_selected_project(first, worker):
    Users(server(worker)).create("bob", name="Bob")
    with requests.Session() as browser:
        users = f"{first.origin}/_emulator/data/users/"
        assert "Bob" not in browser.get(users, timeout=20).text
        home = browser.get(f"{first.origin}/_emulator/", timeout=20).text
        assert 'href="/_emulator/?project=worker"' in home
        browser.get(f"{first.origin}/_emulator/?project=worker", timeout=20)
        assert "Bob" in browser.get(users, timeout=20).text
        browser.get(f"{first.origin}/_emulator/?project=default", timeout=20)
        assert "Bob" not in browser.get(users, timeout=20).text


def test_pages_of_a_single_project_have_no_selector(emulator):
    assert "?project=" not in requests.get(f"{emulator.origin}/_emulator/", timeout=20).text


def test_any_project_is_created_on_first_use():
    with Emulator("--any-project", key=KEY) as emulator:
        for project in ("worker-1", "worker-2"):
            headers = {"X-Appwrite-Project": project, "X-Appwrite-Key": KEY}
            answer = requests.get(f"{emulator.endpoint}/users", headers=headers, timeout=20)
            assert (answer.status_code, answer.json()["total"]) == (200, 0)
        assert requests.post(f"{emulator.origin}/_emulator/reset?project=worker-3", timeout=20).status_code == 200
        headers = {"X-Appwrite-Project": "not valid"}
        answer = requests.get(f"{emulator.endpoint}/locale", headers=headers, timeout=20)
        assert (answer.status_code, answer.json()["type"]) == (404, "project_not_found")
        assert requests.get(f"{emulator.endpoint}/locale", headers=GUEST, timeout=20).status_code == 200
        listed = emulator.control("GET", "projects")["projects"]
        assert [project["$id"] for project in listed] == ["default", "worker-1", "worker-2", "worker-3"]


def test_requests_from_unregistered_websites_do_not_create_projects():
    """Any website can make a browser send requests to the emulator, with images, forms and WebSockets."""
    foreign = [
        ("locale", {"Sec-Fetch-Site": "cross-site"}),
        ("locale", {"Sec-Fetch-Site": "cross-site", "Referer": "https://example.com/"}),
        ("locale", {"Referer": "https://example.com/"}),
        ("locale", {"Origin": "https://example.com", "Sec-Fetch-Site": "cross-site"}),
        ("locale", {"Origin": "null"}),
        ("account/sessions/oauth2/callback/mock/project", {"Sec-Fetch-Site": "none"}),
        ("../_emulator/health", {"Sec-Fetch-Site": "same-site"}),
        ("../_emulator/inbox/", {"Referer": "https://example.com/"}),
    ]
    own = [
        ("locale", {}),
        ("locale", {"Sec-Fetch-Site": "none"}),
        ("locale", {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "cross-site"}),
        ("locale", {"Referer": "http://localhost:3000/login", "Sec-Fetch-Site": "cross-site"}),
        ("locale", {"Origin": "appwrite-ios://com.example.app"}),
        ("../_emulator/health", {"Origin": "http://127.0.0.1:3000"}),
        ("../_emulator/inbox/", {"Sec-Fetch-Site": "same-origin", "Referer": "http://[::1]:9100/_emulator/"}),
    ]
    with Emulator("--any-project", "--demo-project", key=KEY) as emulator:

        def send(path: str, project: str, headers: dict[str, str]) -> int:
            url = f"{emulator.endpoint}/{path.replace('project', project)}"
            options = {"params": {"project": project}, "headers": headers, "allow_redirects": False}
            return requests.get(url, timeout=20, **options).status_code

        def projects() -> list[str]:
            return [project["$id"] for project in emulator.control("GET", "projects")["projects"]]

        for number, (path, headers) in enumerate(foreign):
            assert send(path, f"foreign-{number}", headers) != 200, (path, headers)
        assert projects() == ["default"]
        for number, (path, headers) in enumerate(own):
            assert send(path, f"own-{number}", headers) == 200, (path, headers)
        assert projects() == ["default", *(f"own-{number}" for number in range(len(own)))]
        socket = Socket(
            f"{emulator.endpoint.replace('http', 'ws')}/realtime?project=foreign", {"Origin": "https://x.example"}
        )
        wait_until(lambda: not socket.open)
        socket.close()
        assert "foreign" not in projects()


def test_projects_in_a_data_file_are_kept_after_a_restart(tmp_path: Path):
    data = tmp_path / "emulator.sqlite3"
    with Emulator(key=KEY, data=data) as emulator:
        for project in ("Worker", "worker"):
            Users(server(emulator.open_project(project))).create(f"of-{project}")
    files = sorted(file.name for file in tmp_path.rglob("*.sqlite3"))
    assert files == ["%57orker.sqlite3", "emulator.sqlite3", "worker.sqlite3"]
    with Emulator(key=KEY, data=data) as emulator:
        for project in ("Worker", "worker"):
            assert user_ids(emulator.open_project(project)) == {f"of-{project}"}
        assert user_ids(emulator) == set()
        requests.delete(f"{emulator.origin}/_emulator/projects/worker", timeout=20).raise_for_status()
    with closing(sqlite3.connect(next(tmp_path.rglob("%57orker.sqlite3")))) as database:
        assert database.execute("SELECT id FROM appwrite_emulator_project").fetchall() == [("Worker",)]
    assert not list(tmp_path.rglob("worker.sqlite3*"))


def test_ephemeral_projects_leave_no_files(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with Emulator(key=KEY) as emulator:
        emulator.open_project("worker")
        assert list(tmp_path.rglob("worker.sqlite3"))
    assert list(tmp_path.iterdir()) == []


def test_project_deletion_fails_if_a_request_runs_for_too_long(run_in_emulator):
    assert run_in_emulator("""
import threading
from appwrite_emulator import bootstrap, projects
from appwrite_emulator.db.models import User

bootstrap.open_files()
projects.open_all()
projects.MAX_WAIT = 0.01
project, is_running, can_end = projects.create("worker"), threading.Event(), threading.Event()

def work():
    with project.use():
        is_running.set()
        can_end.wait(30)

thread = threading.Thread(target=work)
thread.start()
is_running.wait(30)
try:
    projects.delete("worker")
except projects.ProjectError as error:
    message = [error.status, str(error)]
with project.use():
    users = User.objects.count()
can_end.set()
thread.join()
projects.delete("worker")
bootstrap.close_files()
print(json.dumps([message, users, projects.all_()]))
""") == [[409, "Requests to the project worker are still running. Try again later."], 0, ["default"]]
