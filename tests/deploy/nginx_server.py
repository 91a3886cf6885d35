"""nginx in front of a site, with the configuration of docs/deploy.md."""

import getpass
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from tests.site import ROOT

PATIENT = 30  # seconds for a start

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
    """A running nginx at `url` until the end of the `with` block, with the guide's configuration and TLS.

    `certificate` is the file that clients have to trust.
    """

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
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
        """Return what a socket needs to connect with TLS."""
        return ssl.create_default_context(cafile=self.certificate)

    def start(self, upstream: str) -> None:
        """Start it in front of the site at this URL."""
        folder = Path(self._folder.name)
        configuration = folder / "nginx.conf"
        server = self._configuration(upstream)
        configuration.write_text(FRAME.format(user=getpass.getuser(), folder=folder, server=server))
        self._process = subprocess.Popen(["nginx", "-p", folder, "-c", configuration, "-e", "stderr"])
        until = time.monotonic() + PATIENT
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except ConnectionRefusedError:
                assert self._process.poll() is None, "nginx did not start"
                assert time.monotonic() < until, "nginx does not respond"
                time.sleep(0.02)

    def __enter__(self) -> "Nginx":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(PATIENT)
        self._folder.cleanup()

    def _configuration(self, upstream: str) -> str:
        guide = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
        (block,) = re.findall(r"^```nginx\n(.+?)^```$", guide, re.MULTILINE | re.DOTALL)
        for old, new in {
            "listen 443 ssl;": f"listen 127.0.0.1:{self.port} ssl;",
            "# ssl_certificate and ssl_certificate_key as certbot writes them": f"ssl_certificate {self.certificate};"
            f" ssl_certificate_key {self._key};",
            "server_name posts.example.org;": "server_name localhost;",
            "http://127.0.0.1:8000": upstream.replace("localhost", "127.0.0.1"),
            "/var/log/nginx/biso-posts.log": f"{self._folder.name}/access.log",
        }.items():
            assert old in block, f"docs/deploy.md has no “{old}”"
            block = block.replace(old, new)
        return block


def nginx_required() -> None:
    """Skip the test where nginx or openssl is not installed."""
    for program in ("nginx", "openssl"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (apt-get install {program})")
