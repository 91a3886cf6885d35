"""Deployments of files in the functions folder and of uploaded archives."""

import io
import json
import tarfile
from typing import Any

import pytest
from appwrite.enums.deployment_download_type import DeploymentDownloadType
from appwrite.enums.template_reference_type import TemplateReferenceType
from appwrite.enums.vcs_reference_type import VCSReferenceType
from appwrite.input_file import InputFile
from appwrite.services.functions import Functions

from tests.conftest import INVALID, SERVER, CallApi
from tests.functions.conftest import CODE, PYTHON, equal_query

# -- files in the folder ----------------------------------------------------------------------------------------------


def test_list_deployments_and_get_deployment_show_the_local_function_file(functions):
    function = functions.create("mirror", "Mirror", PYTHON)
    [deployment] = functions.list_deployments("mirror").deployments
    assert (deployment.id, deployment.status.value) == (function.deploymentid, "ready")
    assert deployment.entrypoint == "mirror/main.py"
    assert functions.get_deployment("mirror", deployment.id).resourceid == "mirror"


def test_legacy_paths_of_deployments_work(functions, call_api):
    first = functions.create("hello", "Hello", PYTHON).deploymentid
    path = "/functions/hello/deployments"
    copies = [call_api("POST", f"{path}/{first}/{end}")[2]["$id"] for end in ("build", "builds/any")]
    assert len({first, *copies}) == 3
    assert call_api("PATCH", f"{path}/{copies[0]}")[2]["deploymentId"] == copies[0]
    assert call_api("PATCH", f"{path}/{first}/build")[:2] == call_api("PATCH", f"{path}/{first}/status")[:2]
    assert call_api("GET", f"{path}/{first}/build/download")[0] == 200


def test_source_file_can_be_added_and_removed_later(functions, folder, expect_error):
    functions.create("fresh", "Fresh", PYTHON)
    with expect_error("deployment_not_found", 404):
        functions.create_execution("fresh")
    (folder / "fresh.py").write_text("def main(context):\n    return context.res.text('fresh')\n")
    assert functions.create_execution("fresh").responsebody == "fresh"
    (folder / "fresh.py").unlink()
    assert functions.get("fresh").deploymentid == ""


def test_code_outside_the_folder_is_not_run(functions, expect_error):
    functions.create("link", "Link", PYTHON)
    with expect_error("deployment_not_found", 404):
        functions.create_execution("link")


def test_get_deployment_download_returns_a_file_in_the_folder(functions):
    function = functions.create("hello", "Hello", PYTHON)
    packed = functions.get_deployment_download("hello", function.deploymentid, DeploymentDownloadType.OUTPUT)
    with tarfile.open(fileobj=io.BytesIO(packed)) as opened:
        assert opened.extractfile("hello.py").read() == (CODE / "hello.py").read_bytes()


@pytest.mark.parametrize("path", ["/gone/hello.py", __file__])
def test_imported_deployment_uses_the_code_in_the_functions_folder(emulator, functions, path):
    function = functions.create("hello", "Hello", PYTHON)
    seed = emulator.control("GET", "export")
    seed["functions"][0]["deployments"][0]["path"] = path
    emulator.control("POST", "import", {"mode": "replace"}, seed)
    packed = functions.get_deployment_download("hello", function.deploymentid)
    with tarfile.open(fileobj=io.BytesIO(packed)) as opened:
        assert opened.extractfile("hello.py").read() == (CODE / "hello.py").read_bytes()


# -- archives ---------------------------------------------------------------------------------------------------------


def archive(size=0):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as into:
        into.addfile(tarfile.TarInfo("main.py"))
    return packed.getvalue() + b"\0" * size


def test_create_deployment_stores_an_archive_without_building_it(functions, expect_error):
    functions.create("other", "Other", PYTHON)
    waiting = functions.create_deployment("other", InputFile.from_bytes(archive(), "code.tar.gz"), True, "main.py")
    deployment = functions.get_deployment("other", waiting.id)
    assert (waiting.status.value, waiting.buildlogs) == ("waiting", "")
    assert (deployment.status.value, deployment.entrypoint) == ("failed", "main.py")
    assert "--functions" in deployment.buildlogs
    with expect_error("build_not_ready", 400):
        functions.update_function_deployment("other", deployment.id)
    with expect_error("storage_file_type_unsupported", 400):
        functions.create_deployment("other", InputFile.from_bytes(b"code", "code.zip"), True, "main.py")
    with expect_error("function_entrypoint_missing", 404):
        functions.create_deployment("other", InputFile.from_bytes(archive(), "code.tar.gz"), True)


def test_get_deployment_download_returns_an_archive_uploaded_in_chunks(functions):
    functions.create("other", "Other", PYTHON, entrypoint="main.py")
    code = archive(6 * 1024 * 1024)
    functions.create_deployment("other", InputFile.from_bytes(code, "code.tar.gz"), False)
    [deployment] = functions.list_deployments("other").deployments
    assert (deployment.status.value, deployment.sourcesize) == ("failed", len(code))
    assert functions.get_deployment_download("other", deployment.id) == code


def test_chunk_with_an_invalid_id_is_rejected(functions, call_api):
    functions.create("other", "Other", PYTHON, entrypoint="main.py")
    headers = {**SERVER, "X-Appwrite-ID": "no/id", "Content-Range": "bytes 0-2/6000000"}
    files, form = {"code": ("code.tar.gz", b"abc")}, {"activate": "true"}
    response = call_api("POST", "/functions/other/deployments", headers, files=files, data=form)
    assert response[:2] == (400, "storage_invalid_appwrite_id")


def test_upload_in_chunks_below_5_mib_is_built_too_early_as_on_the_real_server(functions, call_api):
    functions.create("other", "Other", PYTHON, entrypoint="main.py")
    headers = {**SERVER, "X-Appwrite-ID": "small"}
    for start, status in ((0, "waiting"), (3, "failed")):
        files, form = {"code": ("code.tar.gz", b"abc")}, {"activate": "true"}
        headers["Content-Range"] = f"bytes {start}-{start + 2}/6"
        deployment = call_api("POST", "/functions/other/deployments", headers, files=files, data=form)[2]
        assert deployment["status"] == status


def test_new_deployment_shows_the_client_that_uploaded_it(call_api: CallApi):
    call_api("POST", "/functions", json={"functionId": "new", "name": "New", "runtime": PYTHON.value})
    archive = {"code": ("code.tar.gz", b"x" * 500_000)}
    for language, type in (("cli", "cli"), ("python", "manual")):
        form = {"entrypoint": "main.py", "activate": "false"}
        headers = {**SERVER, "X-SDK-Language": language}
        status, _, deployment = call_api("POST", "/functions/new/deployments", headers, data=form, files=archive)
        assert (status, deployment["type"]) == (202, type)
        assert deployment["$createdAt"] == deployment["$updatedAt"]


def test_deployments_show_the_selected_fields(call_api: CallApi, functions):
    functions.create("hello", "Hello", PYTHON)

    def listed(*keys: str) -> tuple[int, str, Any]:
        query = json.dumps({"method": "select", "values": keys})
        return call_api("GET", "/functions/hello/deployments", params={"queries[]": query})

    [deployment] = listed("status", "buildLogs")[2]["deployments"]
    assert deployment.keys() == {"$id", "$createdAt", "$updatedAt", "status", "buildLogs"}
    assert listed("*")[2] == call_api("GET", "/functions/hello/deployments")[2]
    assert listed("secret")[:2] == INVALID
    assert listed()[:2] == INVALID


def test_delete_deployment(functions, expect_error):
    functions.create("other", "Other", PYTHON, entrypoint="main.py")
    deployment = functions.create_deployment("other", InputFile.from_bytes(archive(), "code.tar.gz"), False)
    functions.delete_deployment("other", deployment.id)
    with expect_error("deployment_not_found", 404):
        functions.get_deployment("other", deployment.id)


def test_uploaded_deployment_is_activated_only_on_request(call_api: CallApi, server) -> None:
    Functions(server).create("upload", "Upload", PYTHON, entrypoint="main.py")
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz"):
        pass
    for value, activate in (("false", False), ("0", False), ("true", True), ("1", True)):
        files = {"code": ("code.tar.gz", archive.getvalue(), "application/gzip")}
        _, _, deployment = call_api("POST", "/functions/upload/deployments", data={"activate": value}, files=files)
        assert deployment["activate"] is activate


# -- other deployments ------------------------------------------------------------------------------------------------


def test_create_duplicate_deployment_and_update_function_deployment(functions):
    function = functions.create("hello", "Hello", PYTHON)
    again = functions.create_duplicate_deployment("hello", function.deploymentid)
    assert again.id != function.deploymentid
    assert functions.update_function_deployment("hello", again.id).deploymentid == again.id
    assert functions.create_execution("hello").deploymentid == again.id


def test_update_deployment_status_after_the_build_is_rejected(functions, expect_error):
    function = functions.create("hello", "Hello", PYTHON)
    with expect_error("build_already_completed", 400):
        functions.update_deployment_status("hello", function.deploymentid)


def test_create_template_deployment_and_create_vcs_deployment_are_not_supported(functions, expect_error):
    functions.create("hello", "Hello", PYTHON)
    with expect_error("general_not_implemented", 405):
        functions.create_template_deployment("hello", "starter", "appwrite", "/", TemplateReferenceType.TAG, "1.0")
    with expect_error("installation_not_found", 404):
        functions.create_vcs_deployment("hello", VCSReferenceType.BRANCH, "main")


def test_deployments_can_be_queried_by_size_but_not_by_entrypoint(call_api: CallApi, create_and_run) -> None:
    create_and_run("echo")
    path = "/functions/echo/deployments"
    _, _, all_of_them = call_api("GET", path)
    total = all_of_them["deployments"][0]["totalSize"]
    for attribute, value in (("totalSize", total), ("buildDuration", 0), ("status", "ready"), ("activate", True)):
        assert call_api("GET", path, params=equal_query(attribute, value))[2]["total"] == 1
    assert call_api("GET", path, params=equal_query("entrypoint", "echo.py"))[:2] == INVALID
