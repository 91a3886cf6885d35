"""Functions: made and changed by a server, and run from a folder with Python files, for whoever may."""

import datetime
import io
import json
import shutil
import tarfile
import time
from pathlib import Path

import pytest
import requests
from appwrite.enums.deployment_download_type import DeploymentDownloadType
from appwrite.enums.execution_method import ExecutionMethod
from appwrite.enums.project_key_scopes import ProjectKeyScopes
from appwrite.enums.runtime import Runtime
from appwrite.enums.template_reference_type import TemplateReferenceType
from appwrite.enums.vcs_reference_type import VCSReferenceType
from appwrite.input_file import InputFile
from appwrite.query import Query
from appwrite.services.functions import Functions
from appwrite.services.users import Users

from appwrite_emulator.testing import Emulator
from tests.conftest import KEY, client

PYTHON = Runtime.PYTHON_3_11

# What lies in the folder.
CODE = Path(__file__).parent / "functions"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The folder with the code of functions."""
    made = tmp_path_factory.mktemp("there") / "functions"
    shutil.copytree(CODE, made)
    outside = tmp_path_factory.mktemp("outside") / "secret.py"
    outside.write_text("def main(context):\n    return context.res.text('from outside')\n")
    (made / "link.py").symlink_to(outside)
    return made


@pytest.fixture(scope="module")
def with_folder(folder):
    with Emulator(key=KEY, functions=folder) as running:
        yield running


@pytest.fixture
def emulator(with_folder):
    """An emulator with that folder, as on the first day."""
    with_folder.reset()
    return with_folder


@pytest.fixture
def functions(server):
    """Functions, as a server uses them."""
    return Functions(server)


@pytest.fixture
def run(functions):
    """Run the function of this name once, as a key does."""

    def run(name, **asked):
        functions.create(name, name, PYTHON, timeout=20)
        return functions.create_execution(name, **asked)

    return run


def over(functions, function_id, execution_id):
    """The execution, once it is over."""

    def ended():
        execution = functions.get_execution(function_id, execution_id)
        return execution if execution.status.value in ("completed", "failed") else None

    return eventually(ended)


def eventually(look):
    """What `look` finds, as soon as it finds anything."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError("It never came to that.")


# -- functions --------------------------------------------------------------------------------------------------------


def test_create_and_get(functions, refused):
    made = functions.create(
        "night", "Night", PYTHON, execute=["any"], events=["users.*.create"], schedule="0 4 * * *", timeout=30
    )
    assert (made.name, made.runtime, made.schedule, made.timeout) == ("Night", "python-3.11", "0 4 * * *", 30)
    assert functions.get("night").execute == ["any"]
    with refused("function_already_exists", 409):
        functions.create("night", "Night", PYTHON)


def test_list(functions):
    for name, runtime in (("hello", PYTHON), ("other", Runtime.NODE_22)):
        functions.create(name, name.title(), runtime)
    assert functions.list().total == 2
    assert [each.id for each in functions.list([Query.equal("runtime", "node-22")]).functions] == ["other"]
    assert [each.id for each in functions.list(search="python").functions] == ["hello"]


def test_update_brings_back_the_defaults_of_what_is_left_out(functions):
    functions.create("hello", "Hello", PYTHON, execute=["any"], timeout=30, entrypoint="main.py")
    changed = functions.update("hello", "Hi")
    assert (changed.name, changed.execute, changed.timeout) == ("Hi", [], 15)
    assert (changed.runtime, changed.entrypoint, changed.live) == ("python-3.11", "main.py", False)


def test_delete(functions, refused):
    functions.create("hello", "Hello", PYTHON)
    functions.delete("hello")
    with refused("function_not_found", 404):
        functions.get("hello")


@pytest.mark.parametrize(
    "events",
    ["users.*", "users.*.update.email", "databases.*.tables.*.rows.*.create", "teams.*.memberships.*.update.status"],
)
def test_events_that_there_are(functions, events):
    assert functions.create("hello", "Hello", PYTHON, events=[events]).events == [events]


@pytest.mark.parametrize("event", ["users", "users.*.dance", "users.*.create.email", "users..create", "ghosts.*", ""])
def test_events_that_there_are_not(functions, refused, event):
    with refused("general_argument_invalid", 400):
        functions.create("hello", "Hello", PYTHON, events=[event])


@pytest.mark.parametrize("schedule", ["*/5 * * * *", "0 0 1,15 * mon-fri", "@daily", "30 4 ? jan 7", ""])
def test_schedules_that_cron_reads(functions, schedule):
    assert functions.create("hello", "Hello", PYTHON, schedule=schedule).schedule == schedule


@pytest.mark.parametrize(
    "schedule", ["60 * * * *", "* * * *", "*/0 * * * *", "5-1 * * * *", "* * * foo *", "a b c d e"]
)
def test_schedules_that_cron_does_not_read(functions, refused, schedule):
    with refused("general_argument_invalid", 400):
        functions.create("hello", "Hello", PYTHON, schedule=schedule)


def test_a_repository_needs_an_installation_and_there_is_none(functions, refused):
    with refused("installation_not_found", 404):
        functions.create("hello", "Hello", PYTHON, installation_id="github")
    with refused("general_argument_invalid", 400):
        functions.create("hello", "Hello", PYTHON, provider_repository_id="code")


def test_list_runtimes_is_for_everybody_but_keys(functions, guest, refused):
    assert "python-3.11" in [runtime.id for runtime in Functions(guest).list_runtimes().runtimes]
    with refused("general_unauthorized_scope", 401):
        functions.list_runtimes()


def test_list_specifications(functions):
    assert "s-8vcpu-8gb" in [each.slug for each in functions.list_specifications().specifications]


# -- variables --------------------------------------------------------------------------------------------------------


def test_create_variable_that_nobody_sees_but_the_function(functions, refused):
    functions.create("mirror", "Mirror", PYTHON)
    made = functions.create_variable("mirror", "colour", "COLOUR", "red")
    assert (made.value, made.secret) == ("", True)
    assert '"COLOUR":"red"' in functions.create_execution("mirror").responsebody
    with refused("variable_already_exists", 409):
        functions.create_variable("mirror", "other", "COLOUR", "blue")


def test_get_variable_and_list_variables(functions, refused):
    functions.create("hello", "Hello", PYTHON)
    functions.create_variable("hello", "colour", "COLOUR", "red", secret=False)
    assert functions.get_variable("hello", "colour").value == "red"
    assert [each.key for each in functions.list_variables("hello").variables] == ["COLOUR"]
    assert [each.key for each in functions.get("hello").vars] == ["COLOUR"]
    with refused("variable_not_found", 404):
        functions.get_variable("hello", "shape")


def test_update_variable(functions, refused):
    functions.create("hello", "Hello", PYTHON)
    functions.create_variable("hello", "colour", "COLOUR", "red", secret=False)
    assert functions.update_variable("hello", "colour", value="blue").value == "blue"
    assert functions.update_variable("hello", "colour", secret=True).value == ""
    with refused("variable_cannot_unset_secret", 400):
        functions.update_variable("hello", "colour", secret=False)


def test_delete_variable(functions):
    functions.create("hello", "Hello", PYTHON)
    functions.create_variable("hello", "colour", "COLOUR", "red")
    functions.delete_variable("hello", "colour")
    assert functions.list_variables("hello").total == 0


# -- deployments ------------------------------------------------------------------------------------------------------


def test_list_deployments_and_get_deployment_show_the_file_in_the_folder(functions):
    made = functions.create("mirror", "Mirror", PYTHON)
    [deployment] = functions.list_deployments("mirror").deployments
    assert (deployment.id, deployment.status.value) == (made.deploymentid, "ready")
    assert deployment.entrypoint == "mirror/main.py"
    assert functions.get_deployment("mirror", deployment.id).resourceid == "mirror"


def test_a_file_may_come_later_and_go_again(functions, folder, refused):
    functions.create("fresh", "Fresh", PYTHON)
    with refused("deployment_not_found", 404):
        functions.create_execution("fresh")
    (folder / "fresh.py").write_text("def main(context):\n    return context.res.text('fresh')\n")
    assert functions.create_execution("fresh").responsebody == "fresh"
    (folder / "fresh.py").unlink()
    assert functions.get("fresh").deploymentid == ""


def test_nothing_outside_the_folder_is_run(functions, refused):
    functions.create("link", "Link", PYTHON)
    with refused("deployment_not_found", 404):
        functions.create_execution("link")


def archive(size=0):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as into:
        into.addfile(tarfile.TarInfo("main.py"))
    return packed.getvalue() + b"\0" * size


def test_create_deployment_keeps_an_archive_without_building_it(functions, refused):
    functions.create("other", "Other", PYTHON)
    made = functions.create_deployment("other", InputFile.from_bytes(archive(), "code.tar.gz"), True, "main.py")
    assert (made.status.value, made.entrypoint) == ("failed", "main.py")
    assert "--functions" in made.buildlogs
    with refused("build_not_ready", 400):
        functions.update_function_deployment("other", made.id)
    with refused("storage_file_type_unsupported", 400):
        functions.create_deployment("other", InputFile.from_bytes(b"code", "code.zip"), True, "main.py")
    with refused("function_entrypoint_missing", 400):
        functions.create_deployment("other", InputFile.from_bytes(archive(), "code.tar.gz"), True)


def test_get_deployment_download_of_an_archive_in_several_pieces(functions):
    functions.create("other", "Other", PYTHON, entrypoint="main.py")
    code = archive(6 * 1024 * 1024)
    functions.create_deployment("other", InputFile.from_bytes(code, "code.tar.gz"), False)
    [made] = functions.list_deployments("other").deployments
    assert (made.status.value, made.sourcesize) == ("failed", len(code))
    assert functions.get_deployment_download("other", made.id) == code


def test_get_deployment_download_of_a_file_in_the_folder(functions):
    made = functions.create("hello", "Hello", PYTHON)
    packed = functions.get_deployment_download("hello", made.deploymentid, DeploymentDownloadType.OUTPUT)
    with tarfile.open(fileobj=io.BytesIO(packed)) as opened:
        assert opened.extractfile("hello.py").read() == (CODE / "hello.py").read_bytes()


@pytest.mark.parametrize("path", ["/gone/hello.py", __file__])
def test_code_is_that_of_this_folder_wherever_a_seed_says_it_lay(emulator, functions, path):
    made = functions.create("hello", "Hello", PYTHON)
    seed = emulator.control("GET", "export")
    seed["functions"][0]["deployments"][0]["path"] = path
    emulator.control("POST", "import", {"mode": "replace"}, seed)
    packed = functions.get_deployment_download("hello", made.deploymentid)
    with tarfile.open(fileobj=io.BytesIO(packed)) as opened:
        assert opened.extractfile("hello.py").read() == (CODE / "hello.py").read_bytes()


def test_create_duplicate_deployment_and_update_function_deployment(functions):
    made = functions.create("hello", "Hello", PYTHON)
    again = functions.create_duplicate_deployment("hello", made.deploymentid)
    assert again.id != made.deploymentid
    assert functions.update_function_deployment("hello", again.id).deploymentid == again.id
    assert functions.create_execution("hello").deploymentid == again.id


def test_delete_deployment(functions, refused):
    functions.create("other", "Other", PYTHON, entrypoint="main.py")
    made = functions.create_deployment("other", InputFile.from_bytes(archive(), "code.tar.gz"), False)
    functions.delete_deployment("other", made.id)
    with refused("deployment_not_found", 404):
        functions.get_deployment("other", made.id)


def test_update_deployment_status_comes_too_late(functions, refused):
    made = functions.create("hello", "Hello", PYTHON)
    with refused("build_already_completed", 400):
        functions.update_deployment_status("hello", made.deploymentid)


def test_create_template_deployment_and_create_vcs_deployment_are_refused_aloud(functions, refused):
    functions.create("hello", "Hello", PYTHON)
    with refused("general_not_implemented", 405):
        functions.create_template_deployment("hello", "starter", "appwrite", "/", TemplateReferenceType.TAG, "1.0")
    with refused("installation_not_found", 404):
        functions.create_vcs_deployment("hello", VCSReferenceType.BRANCH, "main")


# -- executions -------------------------------------------------------------------------------------------------------


def test_create_execution(run):
    execution = run("hello")
    assert (execution.status.value, execution.responsestatuscode) == ("completed", 200)
    assert (execution.responsebody, execution.logs, execution.errors) == ("Hello!", "called by somebody", "")
    assert execution.trigger.value == "http"
    assert execution.duration > 0
    headers = {header.name: header.value for header in execution.responseheaders}
    assert headers["content-type"] == "text/plain; charset=utf-8"
    assert headers["x-appwrite-execution-id"] == execution.id


def test_a_function_sees_the_request(emulator, run):
    execution = run(
        "mirror",
        body='{"a": 1}',
        path="/doors/3?open=yes&x=",
        method=ExecutionMethod.PUT,
        headers={"Content-Type": "application/json", "X-Mine": "1"},
    )
    seen = json.loads(execution.responsebody)
    req = seen["req"]
    assert (req["method"], req["path"], req["query_string"]) == ("PUT", "/doors/3", "open=yes&x=")
    assert req["query"] == {"open": "yes", "x": ""}
    assert (req["queryString"], req["bodyText"], req["body"]) == ("open=yes&x=", '{"a": 1}', {"a": 1})
    assert (req["headers"]["x-mine"], req["headers"]["x-appwrite-trigger"]) == ("1", "http")
    assert req["url"] == f"{emulator.origin}/doors/3?open=yes&x="
    assert seen["env"]["APPWRITE_FUNCTION_ID"] == "mirror"
    assert seen["env"]["APPWRITE_FUNCTION_API_ENDPOINT"] == emulator.endpoint
    shown = {header.name: header.value for header in execution.requestheaders}
    assert shown == {"content-type": "application/json", "x-appwrite-client-ip": "127.0.0.1"}
    assert (execution.requestmethod, execution.requestpath) == ("PUT", "/doors/3?open=yes&x=")


@pytest.mark.parametrize(("name", "status", "body"), [("later", 200, "later"), ("away", 301, ""), ("quiet", 204, "")])
def test_other_ways_to_answer(run, name, status, body):
    execution = run(name)
    assert (execution.status.value, execution.responsestatuscode) == ("completed", status)
    assert execution.responsebody == body


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("broken", "ValueError: no such luck"),
        ("silent", "Return statement missing"),
        ("leaving", "SystemExit"),
        ("nothing", "has no attribute 'main'"),
    ],
)
def test_a_function_that_fails_says_why(run, name, why):
    execution = run(name)
    assert (execution.status.value, execution.responsestatuscode, execution.responsebody) == ("failed", 500, "")
    assert why in execution.errors
    assert execution.logs == ("before" if name == "broken" else "")


def test_what_is_printed_is_in_the_logs(run):
    execution = run("printing")
    assert execution.logs.splitlines()[-1] == "printed"
    assert execution.errors == '{"a": 1}'


def test_a_function_that_takes_too_long_is_ended(functions):
    functions.create("slow", "Slow", PYTHON, timeout=1)
    execution = functions.create_execution("slow")
    assert (execution.status.value, execution.responsestatuscode) == ("failed", 500)
    assert (execution.logs, execution.errors) == ("going to sleep", "Execution timed out.")
    assert 1 <= execution.duration < 20


def test_without_logging_nothing_is_kept_of_what_was_said(functions):
    functions.create("broken", "Broken", PYTHON, logging=False)
    execution = functions.create_execution("broken")
    assert (execution.status.value, execution.logs, execution.errors) == ("failed", "", "")


def test_an_asynchronous_execution_is_carried_out_meanwhile(functions):
    functions.create("hello", "Hello", PYTHON)
    asked = functions.create_execution("hello", xasync=True)
    assert (asked.status.value, asked.responsebody) == ("waiting", "")
    done = over(functions, "hello", asked.id)
    assert (done.status.value, done.responsestatuscode, done.logs) == ("completed", 200, "called by somebody")
    assert done.responsebody == ""  # nobody waited for it


def minute(minutes):
    then = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=minutes)
    return then.replace(second=0, microsecond=0).isoformat()


def test_a_scheduled_execution_is_carried_out_when_its_time_comes(emulator, functions, refused):
    functions.create("hello", "Hello", PYTHON)
    asked = functions.create_execution("hello", xasync=True, scheduled_at=minute(10))
    assert (asked.status.value, asked.trigger.value) == ("scheduled", "schedule")
    assert functions.get_execution("hello", asked.id).status.value == "scheduled"
    emulator.clock.advance(3600)
    assert over(functions, "hello", asked.id).status.value == "completed"
    with refused("general_bad_request", 400):
        functions.create_execution("hello", xasync=True, scheduled_at=minute(0))


def test_delete_execution_takes_a_scheduled_one_back(emulator, functions, alice, refused):
    functions.create("hello", "Hello", PYTHON, execute=["users"])
    asked = functions.create_execution("hello", xasync=True, scheduled_at=minute(10))
    with refused("function_not_found", 404):
        Functions(alice.client).delete_execution("hello", asked.id)
    functions.delete_execution("hello", asked.id)
    emulator.clock.advance(3600)
    assert functions.list_executions("hello").total == 0


def test_only_the_roles_that_a_function_names_execute_it(functions, users, guest, alice, refused):
    functions.create("hello", "Hello", PYTHON, execute=["label:staff"])
    for caller in (guest, alice.client):
        with refused("user_unauthorized", 401):
            Functions(caller).create_execution("hello")
    users.update_labels("alice", ["staff"])
    assert Functions(alice.client).create_execution("hello").responsebody == "Hello!"
    functions.update("hello", "Hello", execute=["any"])
    assert Functions(guest).create_execution("hello").responsebody == "Hello!"


def test_list_executions_and_get_execution_show_oneself(functions, guest, alice, bob, refused):
    functions.create("hello", "Hello", PYTHON, execute=["any"])
    hers = Functions(alice.client).create_execution("hello")
    Functions(guest).create_execution("hello")
    assert hers.permissions == ['read("user:alice")']
    assert (hers.logs, hers.errors) == ("", "")
    assert Functions(alice.client).list_executions("hello").total == 1
    assert Functions(alice.client).get_execution("hello", hers.id).status.value == "completed"
    with refused("execution_not_found", 404):
        Functions(bob.client).get_execution("hello", hers.id)
    assert functions.list_executions("hello").total == 2
    assert functions.get_execution("hello", hers.id).logs == "called by alice"
    assert functions.list_executions("hello", [Query.equal("status", "failed")]).total == 0


def test_a_function_calls_back_with_a_key_that_has_its_scopes(functions, users):
    users.create("ada")
    functions.create("people", "People", PYTHON, scopes=[ProjectKeyScopes.USERS_READ])
    assert functions.create_execution("people").responsebody == '{"total":1}'
    functions.update("people", "People")
    refused = functions.create_execution("people")
    assert "HTTP Error 401" in refused.errors


def test_a_function_calls_back_as_the_user_who_called_it(functions, alice):
    functions.create("whoami", "Who am I?", PYTHON, execute=["users"])
    answer = Functions(alice.client).create_execution("whoami").responsebody
    assert '"email":"alice@example.com"' in answer


def test_a_function_that_is_switched_off_is_for_keys(functions, alice, refused):
    functions.create("hello", "Hello", PYTHON, execute=["any"], enabled=False)
    with refused("function_not_found", 404):
        Functions(alice.client).create_execution("hello")
    assert functions.create_execution("hello").responsebody == "Hello!"


@pytest.mark.parametrize("name", ["x-appwrite-user-id", "two words", "-dash", "under_score"])
def test_headers_that_a_caller_may_not_send(functions, refused, name):
    functions.create("hello", "Hello", PYTHON)
    with refused("general_argument_invalid", 400):
        functions.create_execution("hello", headers={name: "x"})


def test_a_form_with_bytes_is_answered_by_a_form_where_that_is_asked_for(emulator, functions):
    functions.create("bytes", "Bytes", PYTHON)
    answer = requests.post(
        f"{emulator.endpoint}/functions/bytes/executions",
        headers={"X-Appwrite-Project": "biso", "X-Appwrite-Key": KEY, "Accept": "multipart/form-data"},
        files={"body": ("body", b"\x01\x02"), "async": (None, "false"), "headers": (None, '{"x-mine": "1"}')},
        timeout=20,
    )
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (201, "multipart/form-data")
    assert b'name="responseBody"\r\n\r\n\x00\xff\x01\x02\r\n' in answer.content
    assert b'name="responseStatusCode"\r\n\r\n200\r\n' in answer.content


def test_a_jwt_is_no_key_of_a_function(emulator, users, alice, refused):
    secret = f"dynamic_{users.create_jwt('alice').jwt}"
    with refused("user_unauthorized", 401):
        Users(client(emulator, key=secret)).list()


def test_a_function_that_still_runs_ends_with_the_emulator(folder, tmp_path):
    (folder / "marks.py").write_text(
        "import pathlib, os, time\n\ndef main(context):\n"
        "    pathlib.Path(context.req.body).write_text(str(os.getpid()))\n    time.sleep(60)\n"
    )
    mark = tmp_path / "mark"
    with Emulator(key=KEY, functions=folder) as own:
        functions = Functions(client(own, key=KEY))
        functions.create("marks", "Marks", PYTHON, timeout=60)
        functions.create_execution("marks", body=str(mark), xasync=True)
        assert eventually(lambda: mark.exists() and mark.read_text())
    assert eventually(lambda: not Path(f"/proc/{mark.read_text()}").exists())
