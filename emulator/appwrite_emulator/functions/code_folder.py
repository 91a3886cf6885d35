"""The folder given by `--functions`: a file ID.py, or a folder ID with a main.py, for each function.

Code outside of it is never run. A file in it becomes the function's active deployment when the function is next read;
if the file is deleted, so is the deployment.
"""

from pathlib import Path

from django.conf import settings

from appwrite_emulator.common import ids
from appwrite_emulator.db import state
from appwrite_emulator.db.models import Deployment, Function


def find_code(function_id: str) -> Path | None:
    """Return the file with the function's code, or None. Symbolic links out of the folder are ignored."""
    if not settings.FUNCTIONS_DIR or not ids.ID.fullmatch(function_id):
        return None
    folder = Path(settings.FUNCTIONS_DIR).resolve()
    candidates = ((folder / f"{function_id}.py").resolve(), (folder / function_id / "main.py").resolve())
    return next((path for path in candidates if path.is_file() and path.is_relative_to(folder)), None)


def update_deployment(function: Function) -> None:
    """Create or delete the function's deployment according to the folder."""
    path = find_code(function.id)
    deployed = function.deployments.exclude(path="")
    if bool(path) == deployed.exists():
        return
    with state.writing():
        if path is None:
            deployed.delete()
            function.refresh_from_db()
        elif not deployed.exists():  # another thread may have created it meanwhile
            size = path.stat().st_size
            function.deployment = Deployment.objects.create(
                function=function,
                entrypoint=str(path.relative_to(Path(settings.FUNCTIONS_DIR).resolve())),
                path=str(path),
                source_size=size,
                build_size=size,
                activate=True,
                status="ready",
            )
            function.live = True
            function.save()
