"""The folder named by `--functions`: for each function a file ID.py, or a folder ID with a main.py.

Nothing outside of it is ever run. A file that lies there is the function's deployment, ready and active, from the
moment somebody looks at the function; one that is gone takes its deployment with it.
"""

from pathlib import Path

from django.conf import settings

from appwrite_emulator import ids, state
from appwrite_emulator.models import Deployment, Function


def code_of(function_id: str) -> Path | None:
    """The file with this function's code, if there is one. Links that lead out of the folder lead to none."""
    if not settings.FUNCTIONS_DIR or not ids.ID.fullmatch(function_id):
        return None
    folder = Path(settings.FUNCTIONS_DIR).resolve()
    candidates = ((folder / f"{function_id}.py").resolve(), (folder / function_id / "main.py").resolve())
    return next((path for path in candidates if path.is_file() and path.is_relative_to(folder)), None)


def deploy(function: Function) -> None:
    """Let the function's deployments be what the folder says."""
    path = code_of(function.id)
    deployed = function.deployments.exclude(path="")
    if bool(path) == deployed.exists():
        return
    with state.writing():
        if path is None:
            deployed.delete()
            function.refresh_from_db()
        elif not deployed.exists():  # nobody was quicker
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
