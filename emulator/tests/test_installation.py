"""After `pip install ./emulator` in an empty environment, the emulator starts and its fixtures work."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from appwrite_emulator import __version__
from tests.conftest import ROOT

# Packages that the site, the tests or the SDK need. The emulator must not install them.
NOT_NEEDED = {"appwrite", "biso-posts", "django-environ", "gunicorn", "markdown-it-py", "nh3", "requests", "whitenoise"}

LIST_PACKAGES = """
from importlib.metadata import distributions
print(*(distribution.name.lower() for distribution in distributions()))
"""

FIND_PACKAGE = "import appwrite_emulator; print(appwrite_emulator.__path__[0])"

USE_FIXTURES = """
import json
from urllib.request import Request, urlopen


def test_code_arrives(appwrite, appwrite_inbox):
    headers = {"X-Appwrite-Project": appwrite.project, "Content-Type": "application/json"}
    body = json.dumps({"userId": "ada", "email": "ada@example.com"}).encode()
    assert urlopen(Request(f"{appwrite.endpoint}/account/tokens/email", body, headers)).status == 201
    assert len(appwrite_inbox.code("ada@example.com")) == 6


def test_page_has_its_template_and_style_sheet(appwrite):
    page = urlopen(f"{appwrite.origin}/_emulator/").read().decode()
    assert "default" in page
    link = page.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    assert urlopen(appwrite.origin + link).status == 200
"""


def files(folder: Path) -> set[str]:
    """Return the paths of all files in a folder, except compiled modules."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {str(path) for path in paths if "__pycache__" not in path.parts}


@pytest.mark.thorough
def test_installed_package_is_complete_and_works(tmp_path):
    def run(*command: str | Path) -> str:
        ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "PYTHON"))}
    source, binaries = tmp_path / "emulator", tmp_path / "env" / "bin"
    source.mkdir()  # a copy, because the build leaves files in the folder
    shutil.copytree(ROOT / "appwrite_emulator", source / "appwrite_emulator", ignore=shutil.ignore_patterns("*.pyc"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source)
    # As in the Makefile: use the base Python's pip, because Debian's Python may lack ensurepip.
    run(sys.executable, "-m", "venv", "--without-pip", "env")
    pip = (sys._base_executable, "-m", "pip", "--python", binaries / "python", "install", "--quiet")
    run(*pip, "./emulator")
    assert NOT_NEEDED.isdisjoint(run(binaries / "python", "-c", LIST_PACKAGES).split())
    installed = Path(run(binaries / "python", "-c", FIND_PACKAGE).strip())
    assert installed.is_relative_to(tmp_path / "env")
    assert files(installed) == files(source / "appwrite_emulator")
    assert run(binaries / "appwrite-emulator", "--version") == f"appwrite-emulator {__version__} (Appwrite 1.9.6)\n"

    run(*pip, "pytest")
    (tmp_path / "test_fixtures.py").write_text(USE_FIXTURES)
    assert "2 passed" in run(binaries / "python", "-m", "pytest", "-q", "test_fixtures.py")
