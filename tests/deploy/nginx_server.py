"""nginx in front of a site, with the configuration from docs/deploy.md."""

import getpass
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.site import ROOT

PATIENT = 30  # seconds that nginx may take to start or reload

FRAME = """
daemon off;
user {user};
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {server}
}}
"""


class Nginx:
    """nginx at `url` until the end of the `with` block, with TLS and the guide's configuration for several machines.

    `certificate` is the path of the certificate that clients must trust.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"https://localhost:{self.port}"
        self._folder = tempfile.TemporaryDirectory()
        self.certificate = f"{self._folder.name}/certificate.pem"
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
                *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"),
                *("-keyout", self._key, "-out", self.certificate),
            ],
            check=True,
            capture_output=True,
        )

    @property
    def _key(self) -> str:
        return f"{self._folder.name}/key.pem"

    @property
    def context(self) -> ssl.SSLContext:
        """Return an SSL context that trusts the certificate."""
        return ssl.create_default_context(cafile=self.certificate)

    def start(self, *sites: str) -> None:
        """Start nginx in front of the sites at these URLs."""
        self._write_configuration(sites)
        folder = self._folder.name
        self._process = subprocess.Popen(["nginx", "-p", folder, "-c", self._configuration, "-e", "stderr"])
        until = time.monotonic() + PATIENT
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except ConnectionRefusedError:
                assert self._process.poll() is None, "nginx did not start"
                assert time.monotonic() < until, "nginx does not respond"
                time.sleep(0.02)

    def reload(self, *sites: str, down: str = "") -> None:
        """Stop sending requests to the site `down`. Return when its requests in progress have finished."""
        before = self._workers()
        self._write_configuration(sites, down)
        self._process.send_signal(signal.SIGHUP)
        until = time.monotonic() + PATIENT
        while before & self._workers():  # the old workers exit once they have answered their requests
            assert time.monotonic() < until, "nginx did not reload its configuration"
            time.sleep(0.02)

    def _workers(self) -> set[str]:
        pid = self._process.pid
        return set(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())

    def __enter__(self) -> "Nginx":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(PATIENT)
        self._folder.cleanup()

    @property
    def _configuration(self) -> str:
        return f"{self._folder.name}/nginx.conf"

    def _write_configuration(self, sites: Sequence[str], down: str = "") -> None:
        guide = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
        server, _redirect, upstream = re.findall(r"^```nginx\n(.+?)^```$", guide, re.MULTILINE | re.DOTALL)
        folder = self._folder.name
        addresses = [url.replace("http://localhost", "127.0.0.1") + " down" * (url == down) for url in sites]
        for old, new in {
            "listen 443 ssl;": f"listen 127.0.0.1:{self.port} ssl;",
            "listen [::]:443 ssl;": "",
            "/etc/letsencrypt/live/posts.example.org/fullchain.pem": self.certificate,
            "/etc/letsencrypt/live/posts.example.org/privkey.pem": self._key,
            "server_name posts.example.org;": "server_name localhost;",
            "http://127.0.0.1:8000": "http://biso_posts",
            "/var/log/nginx/biso-posts.log": f"{folder}/access.log",
        }.items():
            assert old in server, f"docs/deploy.md has no “{old}”"
            server = server.replace(old, new)
        upstream = re.sub(r"10\.0\.0\.1\d:8000", lambda _: addresses.pop(0), upstream)
        assert not addresses, "docs/deploy.md has fewer machines"
        text = FRAME.format(user=getpass.getuser(), folder=folder, server=server + upstream)
        Path(self._configuration).write_text(text)


def nginx_required() -> None:
    """Skip the test if nginx or openssl is not installed."""
    for program in ("nginx", "openssl"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (apt-get install {program})")
