"""The files in deploy/, which are checked but not run."""

import subprocess

import pytest

from tests.deploy.nginx_server import programs_required
from tests.site import ROOT

pytestmark = [pytest.mark.processes, pytest.mark.deploy]


@pytest.mark.parametrize(
    "command",
    [
        ("caddy", "validate", "--adapter", "caddyfile", "--config", "deploy/Caddyfile"),
        ("hadolint", "deploy/Dockerfile"),
    ],
    ids=lambda command: command[0],
)
def test_linter_finds_no_error(command):
    programs_required(command[0])
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
