"""Deployments: code from the functions folder, and uploaded archives, which only run with `--run-functions`."""

import io
import math
import re
import tarfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock, ids
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Deployment
from appwrite_emulator.db.models.storage import CHUNK_SIZE
from appwrite_emulator.db.queries import Attribute
from appwrite_emulator.functions import archives
from appwrite_emulator.functions.code_folder import find_code
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Flag, Id, Text, Upload, accepts
from appwrite_emulator.http.responses import Response
from appwrite_emulator.services import lists
from appwrite_emulator.services.functions.lookup import find_deployment, find_function

ATTRIBUTES = lists.attributes(
    Deployment,
    sourceSize="source_size",
    buildSize="build_size",
    activate="activate",
    type="type",
    status="status",
    buildDuration="build_duration",
) | {"totalSize": Attribute("totalSize", "integer", "(source_size + build_size)")}
MAX_ARCHIVE_SIZE = 30_000_000
NOT_RUN = (
    "The emulator runs uploaded code only if it is started with --run-functions. Otherwise put the code in the "
    "folder given by --functions."
)
NO_BUILD = "Unpacked. The emulator runs no build commands, so the archive must contain all packages."
MIN_BUILD_DURATION = 1
"""Duration of a build, in seconds. The real server rounds up to whole seconds, and the emulator needs less than one."""
_RANGE = re.compile(r"bytes (\d{1,12})-(\d{1,12})/(\d{1,12})", re.ASCII)


@accepts(
    queries=lists.Queries(ATTRIBUTES, selectable=responses.deployment(Deployment())),
    search=Text(256, default=""),
    total=Boolean(default=True),
)
def list_deployments(
    request: Request, *, function_id: str, queries: list[str], search: str, total: bool
) -> dict[str, Any]:
    """GET /functions/{functionId}/deployments. `search` matches words in the ID and the entrypoint."""
    deployments = find_function(function_id).deployments.all()
    searched = ("id", "entrypoint")
    page = lists.page(deployments, queries, ATTRIBUTES, search=search, searched=searched, total=total)
    shown = lists.select((responses.deployment(each) for each in page.items), queries)
    return {"total": page.total, "deployments": shown}


def get_deployment(request: Request, *, function_id: str, deployment_id: str) -> dict[str, Any]:
    """GET /functions/{functionId}/deployments/{deploymentId}."""
    return responses.deployment(find_deployment(find_function(function_id), deployment_id))


@accepts(
    function_id=Id(required=True, nullable=True),
    entrypoint=Text(1028),
    commands=Text(8192, min=0),
    code=Upload(),
    activate=Flag(required=True),
)
def create_deployment(
    request: Request, *, function_id: str, entrypoint: str | None, commands: str | None, code: Any, activate: bool
) -> dict[str, Any]:
    """POST /functions/{functionId}/deployments: upload a .tar.gz, in one request or in chunks of 5 MiB in any order.

    The build starts when all chunks have been uploaded. The response shows the deployment before the build. As on the
    real server, the offset divided by 5 MiB is a chunk's number, so smaller chunks start the build too early.
    """
    function = find_function(function_id)
    entrypoint = entrypoint or function.entrypoint
    if not entrypoint:
        raise AppwriteError("function_entrypoint_missing")
    if not isinstance(code, UploadedFile):
        raise AppwriteError("storage_file_empty", "No file sent")
    if not str(code.name).endswith(".gz"):
        raise AppwriteError("storage_file_type_unsupported", "File extension not allowed")
    chunk = code.read()
    start, size = _parse_range(request, len(chunk))
    if size > MAX_ARCHIVE_SIZE:
        raise AppwriteError("storage_invalid_file_size", "File size not allowed")
    is_chunked = bool(request.headers.get("Content-Range"))
    deployment_id = _upload_id(request) if is_chunked else ids.unique()
    stored = Deployment.objects.filter(id=deployment_id).first()
    deployment = stored or Deployment(
        id=deployment_id,
        function=function,
        entrypoint=entrypoint,
        activate=activate,
        source_size=size,
        status="waiting",
        type="cli" if request.headers.get("X-SDK-Language") == "cli" else "manual",
    )
    if deployment.function != function:
        raise AppwriteError("deployment_not_found")
    request.changes = []  # only the last chunk publishes an event
    if stored and not stored.is_uploading:
        return responses.deployment(stored)
    source = bytes(deployment.source)
    deployment.source = source[:start].ljust(start, b"\0") + chunk + source[start + len(chunk) :]
    deployment.source_chunks = sorted({*deployment.source_chunks, start // CHUNK_SIZE})
    if stored:
        deployment.updated_at = clock.now()
    deployment.save()
    if not is_chunked or len(deployment.source_chunks) >= math.ceil(deployment.source_size / CHUNK_SIZE):
        request.changes = None
        if deployment.activate:
            function.deployments.exclude(pk=deployment.pk).update(activate=False)
        return _start_build(deployment)
    return responses.deployment(deployment)


def _upload_id(request: Request) -> str:
    """Return the ID that the client has sent with a chunk, or else a new one."""
    upload_id = request.headers.get("X-Appwrite-ID") or ids.unique()
    if not ids.ID.fullmatch(upload_id):
        raise AppwriteError("storage_invalid_appwrite_id")
    return upload_id


def _start_build(deployment: Deployment) -> dict[str, Any]:
    """Build the deployment, and activate it if that was requested. Return it as it was before the build."""
    deployment.status = "waiting"
    waiting = responses.deployment(deployment)
    _build(deployment)
    deployment.save()
    if deployment.activate and deployment.is_ready:
        function = deployment.function
        function.deployment, function.live = deployment, True
        function.save()
    return waiting


def _build(deployment: Deployment) -> None:
    """Set the results of the build. It succeeds if the emulator can run the code and `--run-functions` allows it."""
    deployment.status, deployment.build_logs = "failed", NOT_RUN
    deployment.build_duration = MIN_BUILD_DURATION
    try:
        if deployment.path:
            deployment.status, deployment.build_logs, deployment.build_size = "ready", "", deployment.source_size
        elif settings.RUN_FUNCTIONS:
            deployment.build_size = archives.check(bytes(deployment.source), deployment.entrypoint)
            deployment.status, deployment.build_logs = "ready", NO_BUILD
    except archives.ArchiveError as error:
        deployment.build_logs = str(error)


def _parse_range(request: Request, length: int) -> tuple[int, int]:
    """Return the chunk's offset and the total size."""
    header = request.headers.get("Content-Range")
    if not header:
        return 0, length
    match = _RANGE.fullmatch(header)
    if not match or not int(match[1]) <= int(match[2]) < int(match[3]) or int(match[2]) - int(match[1]) + 1 != length:
        raise AppwriteError("storage_invalid_content_range")
    return int(match[1]), int(match[3])


@accepts(
    repository=Text(128, min=0, required=True),
    owner=Text(128, min=0, required=True),
    root_directory=Text(128, min=0, required=True),
    type=Text(choices=("commit", "branch", "tag"), required=True),
    reference=Text(128, min=0, required=True),
    activate=Boolean(strict=True, default=False),
)
def create_template_deployment(request: Request, *, function_id: str, **_: Any) -> Response:
    """POST /functions/{functionId}/deployments/template: not implemented, because templates are GitHub repositories."""
    find_function(function_id)
    raise AppwriteError("general_not_implemented", "Templates are not emulated, because they need access to GitHub.")


@accepts(
    type=Text(choices=("branch", "commit"), required=True),
    reference=Text(255, required=True),
    activate=Boolean(strict=True, default=False),
)
def create_vcs_deployment(request: Request, *, function_id: str, **_: Any) -> Response:
    """POST /functions/{functionId}/deployments/vcs: always an error, because there are no Git installations."""
    find_function(function_id)
    raise AppwriteError("installation_not_found")


@accepts(deployment_id=Id(required=True), build_id=Id())
def create_duplicate_deployment(
    request: Request, *, function_id: str, deployment_id: str, build_id: str | None
) -> dict[str, Any]:
    """POST /functions/{functionId}/deployments/duplicate: copy the deployment to a new ID, and build the copy.

    If the deployment has been uploaded with `activate`, its copy becomes the active deployment.
    """
    function = find_function(function_id)
    deployment = find_deployment(function, deployment_id)
    if deployment.is_uploading:
        raise AppwriteError("deployment_not_found")
    deployment.pk = ids.unique()
    deployment.created_at = deployment.updated_at = clock.now()
    if not deployment.path:
        deployment.entrypoint = function.entrypoint or deployment.entrypoint
    deployment.build_size, deployment.build_duration, deployment.build_logs = 0, 0, ""
    deployment.save(force_insert=True)
    return _start_build(deployment)


def delete_deployment(request: Request, *, function_id: str, deployment_id: str) -> None:
    """DELETE /functions/{functionId}/deployments/{deploymentId}.

    If the deployment's code is in the functions folder, the next read recreates the deployment.
    """
    find_deployment(find_function(function_id), deployment_id).delete()


@accepts(type=Text(choices=("source", "output"), default="source"))
def get_deployment_download(request: Request, *, function_id: str, deployment_id: str, type: str) -> Response:
    """GET /functions/{functionId}/deployments/{deploymentId}/download: return the code as .tar.gz."""
    function = find_function(function_id)
    deployment = find_deployment(function, deployment_id)
    if type == "output" and not deployment.is_ready:
        raise AppwriteError("deployment_not_found")
    # Use the current path instead of the stored one, because the deployment may have been imported from another
    # machine.
    code = find_code(function) if deployment.path else None
    archive = _pack(code) if code else bytes(deployment.source)
    disposition = f'attachment; filename="{deployment.id}-{type}.tar.gz"'
    return Response(archive, content_type="application/gzip", headers={"Content-Disposition": disposition})


def _pack(path: Path) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        tar.add(path, arcname=path.name)
    return archive.getvalue()


def update_deployment_status(request: Request, *, function_id: str, deployment_id: str) -> dict[str, Any]:
    """PATCH /functions/{functionId}/deployments/{deploymentId}/status: cancel a running build."""
    function = find_function(function_id)
    deployment = find_deployment(function, deployment_id)
    if deployment.status in ("ready", "failed"):
        raise AppwriteError("build_already_completed")
    deployment.status, deployment.updated_at = "canceled", clock.now()
    deployment.save()
    return responses.deployment(deployment)
