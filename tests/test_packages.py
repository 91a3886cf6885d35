"""The wheels and source archives of both projects are complete, and the site runs from its wheel."""

import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import requests
from django.conf import settings

from tests.demo_data import demo_users
from tests.site import Site, bare_environment

pytestmark = [pytest.mark.processes, pytest.mark.thorough]
ROOT = Path(settings.BASE_DIR)
PACKAGES = ("biso_site/", "posts/", "accounts/", "core/")
SHARED = ("templates/", "static/", "locale/", "requirements/", "manage.py", "gunicorn.conf.py", ".env.example")


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.splitlines() if (ROOT / name).exists()]


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """Build both projects from a copy of the tracked files, and return the folder with the results."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("out")
    for name in tracked():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    for project in (source, source / "emulator"):
        subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", str(out)], cwd=project, check=True)
    return out


def names(built: Path, pattern: str) -> set[str]:
    (file,) = built.glob(pattern)
    if file.suffix == ".whl":
        with zipfile.ZipFile(file) as archive:
            return {name for name in archive.namelist() if ".dist-info/" not in name}
    with tarfile.open(file) as archive:
        return {member.name.partition("/")[2] for member in archive if member.isfile()}


def test_wheel_of_the_site_contains_its_packages_and_shared_files(built):
    contents = names(built, "biso_posts-*.whl")
    packages = {name for name in tracked() if name.startswith(PACKAGES)}
    shared = {name for name in tracked() if name.startswith(SHARED)}
    assert {name for name in contents if ".data/" not in name} == packages
    prefix = next(name for name in contents if ".data/" in name).partition("/")[0] + "/data/share/biso-posts/"
    assert {name for name in contents if ".data/" in name} == {prefix + name for name in shared}


def test_wheel_of_the_emulator_contains_its_package(built):
    package = {name.removeprefix("emulator/") for name in tracked() if name.startswith("emulator/appwrite_emulator/")}
    assert names(built, "appwrite_emulator-*.whl") == package


def test_source_archives_contain_all_files_that_the_wheels_need(built):
    site = {name for name in tracked() if name.startswith((*PACKAGES, *SHARED))}
    assert site <= names(built, "biso_posts-*.tar.gz")
    assert not any(name.startswith("emulator/") for name in names(built, "biso_posts-*.tar.gz"))
    emulator = {name.removeprefix("emulator/") for name in tracked() if name.startswith("emulator/appwrite_emulator/")}
    assert emulator <= names(built, "appwrite_emulator-*.tar.gz")


def test_site_runs_from_its_wheel(built, tmp_path, appwrite_process):
    """The new virtual environment reuses the installed dependencies of the current one, so nothing is downloaded."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "env")], check=True)
    (library,) = (tmp_path / "env" / "lib").glob("python*/site-packages")
    (library / "dependencies.pth").write_text(str(Path(requests.__file__).parent.parent))
    (wheel,) = built.glob("biso_posts-*.whl")
    python = tmp_path / "env" / "bin" / "python"
    uv = Path(sys.executable).parent / "uv"
    subprocess.run([uv, "pip", "install", "-q", "--offline", "--no-deps", "--python", python, wheel], check=True)
    folder = tmp_path / "env" / "share" / "biso-posts"

    demo_users(appwrite_process)
    settings_of_a_site = {
        **{"APPWRITE_ENDPOINT": appwrite_process.endpoint, "APPWRITE_PROJECT": "biso", "APPWRITE_API_KEY": "x"},
        **{"SECRET_KEY": "x" * 50, "ALLOWED_HOSTS": "localhost", "SITE_URL": "http://localhost"},
    }
    subprocess.run(
        [python, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
        cwd=folder,
        env=bare_environment() | settings_of_a_site,
        check=True,
    )
    with Site(appwrite_process.endpoint, folder=folder, python=python) as site:
        page = requests.get(site.url + "/posts/", timeout=20)
        assert (page.status_code, page.headers["Content-Language"]) == (200, "nb")
        assert page.text.count("<h3") == 10
        assert "Innlegg" in page.text  # translated into Norwegian
        style = re.search(r'<link rel="stylesheet" href="([^"]+)"', page.text)[1]
        assert requests.get(site.url + style, timeout=20).status_code == 200
    show = "import posts; print(posts.__file__)"
    shown = subprocess.run([python, "-c", show], cwd=folder, capture_output=True, text=True, check=True)
    assert Path(shown.stdout.strip()).is_relative_to(tmp_path)
