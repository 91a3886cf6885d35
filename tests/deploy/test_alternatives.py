"""Linters check the files in deploy/, which no test runs. The linters need no network."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.programs import programs_required
from tests.site import ROOT

pytestmark = [pytest.mark.processes, pytest.mark.deploy]

# File -> its linter, and a change that is an error.
FILES = {
    "Caddyfile": (
        ["caddy", "validate", "--adapter", "caddyfile", "--config"],
        ("reverse_proxy 127", "reverse_prox 127"),
    ),
    "Dockerfile": ([str(Path(sys.executable).with_name("hadolint"))], ("RUN useradd", "RUN cd /tmp && useradd")),
    "compose.yaml": (["docker-compose", "--file"], ("read_only: true", "read_onl: true")),
}


def lint(name: str, folder: Path, change: tuple[str, str] = ("", "")) -> subprocess.CompletedProcess[str]:
    """Check a changed copy of the file `name`, which names a settings file that exists on this machine."""
    command, _ = FILES[name]
    programs_required(command[0])
    settings = folder / "biso-posts.env"
    settings.touch()
    copy = folder / name
    text = (ROOT / "deploy" / name).read_text(encoding="utf-8").replace("/etc/biso-posts.env", str(settings))
    assert change[0] in text
    copy.write_text(text.replace(*change), encoding="utf-8")
    last = ["config", "--quiet"] if name == "compose.yaml" else []
    return subprocess.run([*command, str(copy), *last], capture_output=True, text=True)


@pytest.mark.parametrize("name", FILES)
def test_linter_finds_no_error(name, tmp_path):
    ran = lint(name, tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("name", FILES)
def test_linter_finds_an_error(name, tmp_path):
    _, change = FILES[name]
    assert lint(name, tmp_path, change).returncode != 0


def test_a_linter_checks_every_file():
    assert {path.name for path in (ROOT / "deploy").iterdir()} - set(FILES) == {"Dockerfile.dockerignore"}
