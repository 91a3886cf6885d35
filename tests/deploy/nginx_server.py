"""nginx in front of two machines, with the configuration from docs/deploy.md and docs/several-machines.md."""

import re
import ssl
from pathlib import Path

from tests.deploy import guide
from tests.deploy.certificate import make_certificate
from tests.deploy.server import Server
from tests.programs import programs_required

SITE = "/etc/nginx/sites-available/biso-posts-https"


class Nginx:
    """nginx with TLS and the guide's configuration for several machines.

    It runs at `url` until the end of the `with` block. `certificate` is the path of the certificate that clients must
    trust.
    """

    def __init__(self) -> None:
        self._server = Server()
        self.url = self._server.url
        self.certificate = self._server.certificate

    @property
    def context(self) -> ssl.SSLContext:
        """Return an SSL context that trusts the certificate."""
        return ssl.create_default_context(cafile=self.certificate)

    @property
    def forwarded(self) -> list[str]:
        """Return the ids of the requests that nginx has forwarded and finished, from its access log."""
        return re.findall(r" [\d.]+ \d{3} ([0-9a-f]{32})$", self._server.logs, re.MULTILINE)

    def start(self, *sites: str) -> None:
        """Start nginx in front of the sites, which are given by their URLs."""
        self._server.start_nginx()
        self._server.path("/var/log/biso-posts").mkdir()
        make_certificate(self.certificate, str(Path(self.certificate).with_name("privkey.pem")))
        for path in ("/etc/nginx/sites-available/biso-posts-http", SITE):
            file = self._server.write(path)
            self._server.path(f"/etc/nginx/sites-enabled/{file.name}").symlink_to(file)
        self.reload(*sites)

    def reload(self, *sites: str, down: str = "") -> None:
        """Stop sending requests to the site `down`, and wait until its requests in progress have finished."""
        addresses = [url.replace("http://localhost", "127.0.0.1") + " down" * (url == down) for url in sites]
        upstream = re.sub(r"10\.0\.0\.1\d:8000", lambda _: addresses.pop(0), guide.upstream())
        assert not addresses, "docs/several-machines.md has fewer machines"
        one = "proxy_pass http://127.0.0.1:8000;"
        assert one in guide.file(SITE)
        several = guide.file(SITE).replace(one, "proxy_pass http://biso_posts;")
        self._server.write(SITE, upstream + self._server.placed(several))
        self._server.reload_nginx(drain=True)

    def __enter__(self) -> "Nginx":
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()


def nginx_required() -> None:
    """Skip the test if nginx or openssl is not installed."""
    programs_required("nginx", "openssl")
