"""The folder given by `--functions`. A function's code is in ID.py or ID.js, or in the main file of the folder ID.

The next time the function is read, its file becomes its active deployment. If the file has been deleted, the deployment
is deleted too.
"""

from pathlib import Path

from django.conf import settings

from appwrite_emulator.common import ids
from appwrite_emulator.db import state
from appwrite_emulator.db.models import Deployment, Function
from appwrite_emulator.functions import runner

# Paths of a function's code in the folder, in order of preference. For JavaScript, every file extension is tried.
_PYTHON = ("{id}.py", "{id}/main.py")
_JAVASCRIPT = ("{id}{extension}", "{id}/index{extension}", "{id}/main{extension}", "{id}/src/main{extension}")
_JAVASCRIPT_RUNTIMES = ("node-", "bun-", "deno-")


def find_code(function: Function) -> Path | None:
    """Return the file with the function's code, or None if it does not exist.

    If there are several such files, prefer code in the language of the function's runtime. Ignore symbolic links that
    lead out of the folder.
    """
    if not settings.FUNCTIONS_DIR or not ids.ID.fullmatch(function.id):
        return None
    folder = Path(settings.FUNCTIONS_DIR).resolve()
    candidates = ((folder / place).resolve() for place in _places(function))
    return next((path for path in candidates if path.is_file() and path.is_relative_to(folder)), None)


def _places(function: Function) -> list[str]:
    python = [place.format(id=function.id) for place in _PYTHON]
    javascript = [
        place.format(id=function.id, extension=extension)
        for place in _JAVASCRIPT
        for extension in runner.JAVASCRIPT_EXTENSIONS
    ]
    return javascript + python if function.runtime.startswith(_JAVASCRIPT_RUNTIMES) else python + javascript


def update_deployment(function: Function) -> None:
    """Create or delete the function's deployment, depending on whether the folder contains the function's code."""
    path = find_code(function)
    deployed = function.deployments.exclude(path="")
    if bool(path) == deployed.exists():
        return
    with state.writing():
        if path is None:
            deployed.delete()
            function.refresh_from_db()
        elif not deployed.exists():  # another thread may just have created the deployment
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
