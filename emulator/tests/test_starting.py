"""Starting and stopping the emulator. After an error, it prints one line, exits with 1 or 2, and changes no files."""

import json
import lzma
import os
import re
import socket
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import requests
from appwrite.query import Query
from appwrite.services.storage import Storage
from appwrite.services.tables_db import TablesDB
from appwrite.services.users import Users

from appwrite_emulator import __version__
from appwrite_emulator.__main__ import REQUIRED, main
from appwrite_emulator.testing import Emulator
from tests.conftest import KEY, ROOT, SERVER, client

pytestmark = pytest.mark.processes


def start(*arguments: str) -> tuple[int, str]:
    """Run the emulator with arguments with which it must not start. Return its exit code and output."""
    ended = subprocess.run(
        [sys.executable, "-m", "appwrite_emulator", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def is_one_line(output: str) -> bool:
    """Return whether the output is one line without a traceback."""
    return output.count("\n") == 1 and "Traceback" not in output


def test_port_in_use_is_reported(appwrite_process, tmp_path):
    data = tmp_path / "emulator.sqlite3"
    port = appwrite_process.origin.rpartition(":")[2]
    code, output = start("--port", port, "--data", str(data))
    assert (code, is_one_line(output)) == (1, True), output
    assert f"127.0.0.1:{port}" in output
    assert not data.exists()


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--port", "99999", "a number from 0 to 65535"),
        ("--port", "http", "a number from 0 to 65535"),
        ("--project", "", "at most 36 letters"),
        ("--project", "my project", "at most 36 letters"),
        ("--functions", "no-such-folder", "no-such-folder is not a folder"),
        ("--console-user", "admin@example.com", "an e-mail address, a colon and a password"),
        ("--console-user", "admin:correct-horse-9", "an e-mail address, a colon and a password"),
        ("--console-user", "admin@example.com:short", "of 8 to 256 bytes"),
    ],
)
def test_invalid_option_is_reported(capsys, option, value, words):
    with pytest.raises(SystemExit) as ended:
        main([option, value, "--ephemeral"])
    output = capsys.readouterr().err
    assert ended.value.code == 2
    assert output.splitlines()[-1].startswith(f"appwrite-emulator: error: argument {option}: ")
    assert words in output


def test_missing_library_is_reported(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['segno'] = None\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    code, output = start("--ephemeral", "--port", "0")
    assert (code, is_one_line(output)) == (1, True), output
    assert "Run `pip install segno`." in output


def test_missing_django_is_reported(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['django'] = None\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    code, output = start("--ephemeral", "--port", "0")
    assert (code, is_one_line(output)) == (1, True), output
    assert "Run `pip install django`." in output


def test_required_packages_are_the_dependencies_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.match(r"[\w-]+", dependency)[0] for dependency in project["dependencies"]]
    assert sorted(REQUIRED.values()) == sorted(names)


def test_version_is_printed(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert (end.value.code, capsys.readouterr().out) == (0, f"appwrite-emulator {__version__} (Appwrite 1.9.6)\n")


def test_help_explains_the_exit_codes(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    assert "1 if the emulator cannot start, 2 for invalid options" in " ".join(capsys.readouterr().out.split())


def test_relative_paths_are_resolved_against_the_current_folder(tmp_path):
    """The test also checks that `serve`, the default command, can be given explicitly."""
    (tmp_path / "seed.json").write_text(
        '{"format": "appwrite-emulator/1", "users": [{"$id": "ada", "email": "ada@example.com"}]}'
    )
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "hello.py").write_text("def main(context):\n    return context.res.text('Hello')\n")
    paths = ("--data", "new/data.sqlite3", "--seed", "seed.json", "--mail-dir", "mails", "--functions", "code")
    command = [sys.executable, "-m", "appwrite_emulator", "serve", "--port", "0", "--key", KEY, *paths]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, **pipes) as process:
        headers = SERVER
        endpoint = process.stdout.readline().split()[-1]
        assert requests.get(f"{endpoint}/users/ada", headers=headers, timeout=20).status_code == 200
        body = {"userId": "ada", "email": "ada@example.com"}
        requests.post(f"{endpoint}/account/tokens/email", headers=headers, json=body, timeout=20).raise_for_status()
        body = {"functionId": "hello", "name": "Hello", "runtime": "python-3.11"}
        requests.post(f"{endpoint}/functions", headers=headers, json=body, timeout=20).raise_for_status()
        execution = requests.post(f"{endpoint}/functions/hello/executions", headers=headers, json={}, timeout=60).json()
        assert execution["responseBody"] == "Hello"
        process.stdin.close()
    assert (tmp_path / "new" / "data.sqlite3").exists()
    assert len(list((tmp_path / "mails").glob("*.eml"))) == 1


def remove_a_field(data: Path) -> None:
    with closing(sqlite3.connect(data)) as database, database:
        database.execute("ALTER TABLE appwrite_emulator_user DROP COLUMN impersonator")
        database.execute("PRAGMA user_version = 7")


def replace_by_another_database(data: Path) -> None:
    data.unlink()
    with closing(sqlite3.connect(data)) as database, database:
        database.execute("CREATE TABLE notes (text TEXT)")


def dump(data: Path) -> list[str]:
    with closing(sqlite3.connect(data)) as database, database:
        return list(database.iterdump())


@pytest.mark.parametrize("damage", [remove_a_field, replace_by_another_database])
def test_foreign_or_outdated_data_file_is_reported(tmp_path, damage: Callable[[Path], None]):
    data = tmp_path / "emulator.sqlite3"
    with Emulator(key=KEY, data=data):
        pass
    damage(data)
    before = dump(data)
    code, output = start("--port", "0", "--data", str(data))
    assert (code, is_one_line(output)) == (1, True), output
    assert str(data) in output
    assert dump(data) == before


def test_data_file_that_is_not_a_database_is_reported(tmp_path):
    data = tmp_path / "emulator.sqlite3"
    data.write_text("no database, but long enough to look like one " * 100)
    before = data.read_bytes()
    code, output = start("--port", "0", "--data", str(data))
    assert (code, is_one_line(output)) == (1, True), output
    assert data.read_bytes() == before


def test_unusable_console_database_is_reported(tmp_path):
    data = tmp_path / "emulator.sqlite3"
    console = tmp_path / "emulator.sqlite3.console"
    console.write_text("no database, but long enough to look like one " * 100)
    arguments = ("--port", "0", "--data", str(data), "--console-user", "admin@example.com:correct-horse-9")
    code, output = start(*arguments)
    assert (code, is_one_line(output)) == (1, True), output
    assert str(console) in output


def test_folder_that_cannot_be_created_is_reported(tmp_path):
    (tmp_path / "file").touch()
    code, output = start("--port", "0", "--data", str(tmp_path / "file" / "emulator.sqlite3"))
    assert (code, is_one_line(output)) == (1, True), output


def test_folder_without_write_access_is_reported(tmp_path):
    (tmp_path / "emulator.sqlite3.lock").mkdir()  # root can write everywhere, but cannot open a folder as a file
    code, output = start("--port", "0", "--data", str(tmp_path / "emulator.sqlite3"))
    assert (code, is_one_line(output)) == (1, True), output
    assert str(tmp_path) in output


def test_mail_folder_that_cannot_be_created_is_reported(tmp_path):
    (tmp_path / "file").touch()
    code, output = start("--port", "0", "--ephemeral", "--mail-dir", str(tmp_path / "file"))
    assert (code, is_one_line(output)) == (1, True), output
    assert "--mail-dir" in output


def test_data_file_with_correct_tables_from_another_version_is_used(tmp_path):
    data = tmp_path / "emulator.sqlite3"
    with Emulator(key=KEY, data=data) as emulator:
        Users(client(emulator, key=KEY)).create("ada", name="Ada")
    with closing(sqlite3.connect(data)) as database, database:
        database.execute("PRAGMA user_version = 7")
    with Emulator(key=KEY, data=data) as emulator:
        assert Users(client(emulator, key=KEY)).get("ada").name == "Ada"


def test_data_file_of_an_older_version_keeps_all_its_data(tmp_path):
    """The file was written by the last version whose newest migration was 0005."""
    data = tmp_path / "emulator.sqlite3"
    data.write_bytes(lzma.decompress((ROOT / "tests" / "data_files" / "migration_0005.sqlite3.xz").read_bytes()))
    with Emulator(key=KEY, data=data, project="biso") as emulator:
        server = client(emulator, key=KEY)
        assert Users(client(emulator, key="standard_biso_site_local_key")).list().total == 0  # the file's own key
        assert Storage(server).get_file_download("covers", "long") == b"ten bytes\n" * 600_000
        tables = TablesDB(server)
        book = tables.list_rows("lib", "books", [Query.search("title", "njals")]).rows[0]
        assert book.data["published"] == "1772-01-01T00:00:00.000+00:00"
        assert (
            tables.get_row("lib", "books", "saga", [Query.select(["author.name"])]).data["author"]["name"] == "Unknown"
        )
        changed = tables.update_row("lib", "books", "saga", {"title": "Egils saga"})
        assert changed.data["title"] == "Egils saga"
        assert tables.list_rows("lib", "books", [Query.search("title", "njals")]).total == 0


def test_emulator_that_does_not_start_leaves_no_process():
    emulator = Emulator("--port", "99999")
    with pytest.raises(RuntimeError, match="did not start"):
        emulator.start()
    assert emulator.process.returncode == 2


def test_emulator_exits_when_its_standard_input_closes():
    emulator = Emulator()
    emulator.start()
    emulator.stop()
    assert emulator.process.returncode == 0


@pytest.fixture
def ipv6() -> None:
    """Skip the test if this machine has no IPv6 loopback address."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here")


@pytest.mark.usefixtures("ipv6")
def test_server_listens_on_both_loopback_addresses(appwrite_process):
    port = appwrite_process.origin.rpartition(":")[2]
    for host in ("127.0.0.1", "[::1]", "localhost"):
        answer = requests.get(f"http://{host}:{port}/_emulator/health", timeout=20)
        assert answer.json()["status"] == "ok", host


@pytest.mark.usefixtures("ipv6")
def test_port_in_use_at_the_ipv6_address_is_reported():
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as other:
        port = other.getsockname()[1]
        code, output = start("--port", str(port), "--ephemeral")
    assert (code, is_one_line(output)) == (1, True), output
    assert f"[::1]:{port}" in output


@pytest.mark.usefixtures("ipv6")
def test_given_host_is_the_only_address_listened_on():
    with Emulator("--host", "127.0.0.1") as emulator:
        port = int(emulator.origin.rpartition(":")[2])
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("::1", port))


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_version_and_help_do_not_import_django(option):
    command = f"""
import sys
from appwrite_emulator.__main__ import main
try:
    main(["{option}"])
finally:
    print("django" in sys.modules)
"""
    ended = subprocess.run([sys.executable, "-c", command], cwd=ROOT, check=False, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (0, "False")


def test_other_hosts_require_expose(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--host", "0.0.0.0", "--port", "0", "--ephemeral"])
    assert end.value.code == 2
    assert "--expose" in capsys.readouterr().err


def test_new_data_file_has_the_project_default():
    with Emulator(key=KEY) as emulator:
        assert emulator.project == "default"
        assert Users(client(emulator, key=KEY)).list().total == 0


def user_ids(emulator: Emulator) -> list[str]:
    """Return the IDs of all users, read with the key that the emulator printed."""
    return [user.id for user in Users(client(emulator, key=emulator.key)).list().users]


def test_created_key_is_the_same_after_a_restart_and_a_reset(tmp_path):
    data = tmp_path / "emulator.sqlite3"
    with Emulator(data=data) as first:
        Users(client(first, key=first.key)).create("ada")
    with Emulator(data=data) as second:
        assert second.key == first.key
        assert user_ids(second) == ["ada"]
        second.reset()
        assert user_ids(second) == []
    with Emulator(data=data, key=KEY) as third:
        assert user_ids(third) == []
    with Emulator(data=data) as fourth:
        assert fourth.key == first.key


def test_created_keys_differ_between_new_data():
    with Emulator() as one, Emulator() as other:
        assert one.key != other.key


def test_key_from_an_exported_seed_is_reused(tmp_path):
    seed = tmp_path / "seed.json"
    with Emulator() as exported:
        seed.write_text(json.dumps(exported.control("GET", "export")))
    data = tmp_path / "emulator.sqlite3"
    for _ in range(2):
        with Emulator(seed=seed, data=data) as emulator:
            assert emulator.key == exported.key


def test_created_key_works_after_an_import_that_replaces_all_keys():
    with Emulator() as emulator:
        own = {"format": "appwrite-emulator/1", "project": {"keys": []}, "users": [{"$id": "ada"}]}
        emulator.control("POST", "import", {"mode": "replace"}, own)
        assert user_ids(emulator) == ["ada"]


def test_data_file_keeps_the_project_it_was_created_with(tmp_path):
    data = tmp_path / "emulator.sqlite3"
    with Emulator(data=data, project="biso"):
        pass
    command = [sys.executable, "-m", "appwrite_emulator", "--port", "0", "--data", str(data)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        origin = process.stdout.readline().split()[-1].removesuffix("/v1")
        assert process.stdout.readline() == "project biso\n"
        requests.post(f"{origin}/_emulator/reset", timeout=20).raise_for_status()
        assert requests.get(f"{origin}/_emulator/export", timeout=20).json()["project"]["$id"] == "biso"
        process.stdin.close()


def test_emulator_stops_when_a_socket_as_standard_input_closes():
    """Node connects a child process's standard input to a socket. Other programs use a pipe."""
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-m", "appwrite_emulator", "--port", "0", "--ephemeral"]
    with ours, subprocess.Popen(command, cwd=ROOT, stdin=theirs, stdout=subprocess.PIPE, text=True) as process:
        theirs.close()
        assert process.stdout.readline().startswith("listening on ")
        ours.close()
        assert process.wait(timeout=20) == 0


def test_data_of_another_project_is_reported(tmp_path):
    data = tmp_path / "emulator.sqlite3"
    with Emulator(data=data):
        pass
    code, output = start("--port", "0", "--data", str(data), "--project", "biso")
    assert (code, is_one_line(output)) == (1, True), output
    assert "contains the project default, so --project cannot be biso" in output
