"""Uploaded archives, which the emulator executes with `--run-functions`."""

import gzip
import io
import shutil
import tarfile
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
import requests
from appwrite.input_file import InputFile
from appwrite.models import Deployment, Execution
from appwrite.query import Query
from appwrite.services.functions import Functions
from appwrite.services.proxy import Proxy

from appwrite_emulator.testing import Emulator
from tests.conftest import KEY, SERVER, client
from tests.functions.conftest import PYTHON
from tests.storage.conftest import CHUNK_SIZE


@pytest.fixture(scope="module")
def running_emulator():
    with Emulator(key=KEY, run_functions=True) as emulator:
        yield emulator


@pytest.fixture
def functions(running_emulator) -> Functions:
    running_emulator.reset()
    return Functions(client(running_emulator, key=KEY))


def pack(**files: str) -> bytes:
    """Return an archive of the given files, each passed as `name=content`.

    In a name, `__` stands for a slash, and a single underscore for a period.
    """
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name.replace("__", "/").replace("_", "."))
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content.encode()))
    return packed.getvalue()


@pytest.fixture
def deploy(functions) -> Callable[..., Deployment]:
    """Create the Appwrite function `app`. Return a Python function that uploads an archive to `app`.

    It returns the deployment after its build.
    """
    functions.create("app", "App", PYTHON)

    def deploy(archive: bytes, entrypoint: str = "main.py", *, activate: bool = True) -> Deployment:
        code = InputFile.from_bytes(archive, "code.tar.gz")
        return functions.get_deployment("app", functions.create_deployment("app", code, activate, entrypoint).id)

    return deploy


ANSWER = "def main(context):\n    return context.res.text('{}')\n"


def test_archive_is_unpacked_and_run(functions, deploy):
    code = "from words import WORD\n\ndef main(context):\n    return context.res.text(WORD)\n"
    deployment = deploy(pack(src__main_py=code, src__words_py="WORD = 'hello'\n"), "src/main.py")
    assert (deployment.status.value, deployment.activate) == ("ready", True)
    assert deployment.buildsize > 0
    assert functions.get("app").deploymentid == deployment.id
    execution: Execution = functions.create_execution("app")
    assert (execution.responsebody, execution.deploymentid) == ("hello", deployment.id)


def test_deployment_runs_only_after_it_is_activated(functions, deploy):
    first = deploy(pack(main_py=ANSWER.format("first")))
    second = deploy(pack(main_py=ANSWER.format("second")), activate=False)
    assert functions.create_execution("app").responsebody == "first"
    functions.update_function_deployment("app", second.id)
    assert functions.create_execution("app").responsebody == "second"
    functions.update_function_deployment("app", first.id)
    assert functions.create_execution("app").responsebody == "first"


def test_proxy_rule_of_a_function_shows_its_active_deployment(functions, deploy, running_emulator):
    proxy = Proxy(client(running_emulator, key=KEY))
    functions.create("other", "Other", PYTHON)
    proxy.create_function_rule("other.functions.localhost", "other")
    rule = proxy.create_function_rule("app.functions.localhost", "app")
    assert rule.deploymentid == ""
    deployment = deploy(pack(main_py=ANSWER.format("Hello")))
    assert proxy.get_rule(rule.id).deploymentid == deployment.id
    assert proxy.list_rules([Query.equal("deploymentId", deployment.id)]).rules[0].id == rule.id


def test_create_deployment_responds_before_the_build(functions):
    functions.create("app", "App", PYTHON, entrypoint="main.py")
    code = InputFile.from_bytes(pack(main_py=ANSWER.format("Hello")), "code.tar.gz")
    waiting = functions.create_deployment("app", code, activate=True)
    assert (waiting.status.value, waiting.buildlogs, waiting.buildsize) == ("waiting", "", 0)
    built = functions.get_deployment("app", waiting.id)
    assert (built.status.value, built.totalsize) == ("ready", built.sourcesize + built.buildsize)
    assert built.buildduration > 0


def test_deployment_is_built_when_all_chunks_have_arrived_in_any_order(functions, running_emulator, expect_error):
    functions.create("app", "App", PYTHON, entrypoint="main.py")
    archive = pack(main_py=ANSWER.format("Hello"), data_txt=Random(1).randbytes(10_000_000).hex())
    assert 2 * CHUNK_SIZE < len(archive) < 3 * CHUNK_SIZE
    url = f"{running_emulator.endpoint}/functions/app/deployments"

    def send(number: int) -> Any:
        start = number * CHUNK_SIZE
        chunk = archive[start : start + CHUNK_SIZE]
        headers = {**SERVER, "X-Appwrite-ID": "big"}
        headers["Content-Range"] = f"bytes {start}-{start + len(chunk) - 1}/{len(archive)}"
        files, form = {"code": ("code.tar.gz", chunk)}, {"activate": "true"}
        response = requests.post(url, headers=headers, files=files, data=form, timeout=60)
        assert response.status_code == 202
        return response.json()

    for number in (2, 0, 0):
        assert send(number)["status"] == "waiting"
        assert functions.get_deployment("app", "big").status.value == "waiting"
    with expect_error("deployment_not_found", 404):
        functions.create_duplicate_deployment("app", "big")
    assert send(1)["status"] == "waiting"
    assert functions.create_execution("app").responsebody == "Hello"
    assert send(1)["status"] == "ready"  # a chunk of a complete upload changes nothing
    assert functions.get_deployment_download("app", "big") == archive


def test_duplicate_of_the_active_deployment_is_built_and_becomes_active(functions, deploy):
    first = deploy(pack(main_py=ANSWER.format("main"), other_py=ANSWER.format("other")))
    functions.update("app", "App", entrypoint="other.py")
    waiting = functions.create_duplicate_deployment("app", first.id)
    assert (waiting.status.value, waiting.buildsize, waiting.totalsize) == ("waiting", 0, first.sourcesize)
    built = functions.get_deployment("app", waiting.id)
    assert (built.status.value, built.buildsize, built.entrypoint) == ("ready", first.buildsize, "other.py")
    assert functions.create_execution("app").responsebody == "other"


def test_only_the_latest_upload_is_marked_for_activation(functions, deploy):
    first, second = (deploy(pack(main_py=ANSWER.format(text))) for text in ("first", "second"))
    assert second.activate
    assert not functions.get_deployment("app", first.id).activate


@pytest.mark.skipif(not shutil.which("node"), reason="needs Node.js")
def test_archive_with_javascript_is_run(functions, deploy):
    package = '{"type": "module"}'
    deploy(pack(package_json=package, src__main_js="export default ({ res }) => res.json({ a: 1 });"), "./src/main.js")
    assert functions.create_execution("app").responsebody == '{"a":1}'


def member(name: str, **fields: object) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("main.py"))
        unsafe = tarfile.TarInfo(name)
        for field, value in fields.items():
            setattr(unsafe, field, value)
        archive.addfile(unsafe)
    return packed.getvalue()


def with_size(size: int) -> bytes:
    """Return an archive whose second member declares `size` bytes."""
    first, second = tarfile.TarInfo("main.py"), tarfile.TarInfo("data")
    second.size = size
    return gzip.compress(first.tobuf(tarfile.GNU_FORMAT) + second.tobuf(tarfile.GNU_FORMAT) + bytes(1024))


def sparse(size: str) -> bytes:
    """Return an archive whose second member is a sparse file of `size` bytes."""
    headers = {"GNU.sparse.size": size, "GNU.sparse.map": "0,0"}
    return member("data", pax_headers=headers)


# name -> (function that creates the archive, part of the error). The archives are created during the tests: they
# contain the time, so they cannot be test IDs.
INVALID_ARCHIVES: dict[str, tuple[Callable[[], bytes], str]] = {
    "negative size": (lambda: with_size(-512), "size is invalid"),
    "huge size": (lambda: with_size(2**70), "size is invalid"),
    "huge sparse file": (lambda: sparse(str(2**62)), "size is invalid"),
    "size is a word": (lambda: sparse("many"), "not a valid .tar.gz"),
    "no archive": (lambda: b"nonsense", "not a valid .tar.gz"),
    "compressed text": (lambda: gzip.compress(b"nonsense"), "not a valid .tar.gz"),
    "incomplete": (lambda: pack(main_py="")[:-20], "not a valid .tar.gz"),
    "no entrypoint": (lambda: pack(other_py=""), "the entrypoint 'main.py'"),
    "parent folder": (lambda: member("../escape.py"), "outside its folder"),
    "parent folder later": (lambda: member("a/../../escape.py"), "outside its folder"),
    "absolute path": (lambda: member("/tmp/escape.py"), "outside its folder"),
    "symbolic link": (lambda: member("link", type=tarfile.SYMTYPE, linkname="/etc/passwd"), "link"),
    "hard link": (lambda: member("link", type=tarfile.LNKTYPE, linkname="main.py"), "link"),
    "pipe": (lambda: member("pipe", type=tarfile.FIFOTYPE), "not a regular file"),
    "too large": (lambda: gzip.compress(bytes(100_000_001), compresslevel=1), "larger than"),
}


@pytest.mark.parametrize("name", INVALID_ARCHIVES)
def test_unsafe_or_invalid_archive_fails(functions, deploy, expect_error, name):
    make_archive, reason = INVALID_ARCHIVES[name]
    deployment = deploy(make_archive())
    assert deployment.status.value == "failed"
    assert reason in deployment.buildlogs
    assert functions.get("app").deploymentid == ""
    with expect_error("deployment_not_found", 404):
        functions.create_execution("app")


@pytest.mark.parametrize("names", [("a", "a/b"), ("a" * 300,), (".",)])
def test_execution_fails_if_the_archive_cannot_be_unpacked(functions, deploy, names):
    deploy(pack(main_py=ANSWER.format("hello"), **dict.fromkeys(names, "")))
    execution: Execution = functions.create_execution("app")
    assert (execution.status.value, execution.responsestatuscode) == ("failed", 500)
    assert "cannot be unpacked" in execution.errors


def test_archives_in_unsupported_languages_fail(deploy):
    deployment = deploy(pack(main_rb="puts 1"), "main.rb")
    assert (deployment.status.value, "Python and JavaScript" in deployment.buildlogs) == ("failed", True)
