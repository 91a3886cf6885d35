"""A folder in which tests use the commands and files in docs/deploy.md, as on a Debian server.

nginx, gunicorn, Redis, git, pip and curl are real. The tests replace the guide's paths, ports and host name. They also
replace programs that would change the whole machine. These replacements record each call and do only what the site
needs. The replacement for systemd opens the site's socket, starts gunicorn as described in the guide's units, and waits
for its notification.
"""

import getpass
import json
import os
import re
import shlex
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.deploy import guide
from tests.deploy.certificate import make_certificate
from tests.ports import free_port
from tests.site import ROOT, bare_environment

PATIENT = 120  # seconds; no test may fail because the machine is busy
FAKE_PROGRAMS = ("adduser", "apt-get", "certbot", "invoke-rc.d", "systemctl")
ACCESS_LOG = "/var/log/biso-posts/access.log"
FAKE_PROGRAM = """#!{python} -SE
import json, socket, sys
line = socket.socket(socket.AF_UNIX)
line.connect("{control}")
line.sendall(json.dumps([sys.argv[0].rpartition("/")[2], *sys.argv[1:]]).encode() + b"\\n")
sys.exit(int(line.makefile().readline()))
"""
# These wrappers run the real programs, but with the nginx and certificate below `root`, and without the users that only
# a real server has. Python packages are installed with uv, which checks the same hashes and takes a twentieth of the
# time.
CHANGED = {
    "curl": 'exec /usr/bin/curl --cacert {root}/etc/letsencrypt/live/localhost/fullchain.pem "$@"',
    "install": """
words=()
while (($#)); do
    if [ "$1" = -o ] || [ "$1" = -g ]; then shift 2; else words+=("$1"); shift; fi
done
exec /usr/bin/install "${words[@]}"
""",
    "nginx": 'exec /usr/sbin/nginx -c {root}/etc/nginx/nginx.conf -e stderr "$@"',
    "python3": """
if [ "$1 $2" != "-m venv" ]; then exec {python} "$@"; fi
{uv} venv --quiet --python {python} "$3"
cat > "$3/bin/pip" <<END
#!/bin/sh
shift
exec {uv} pip install --python "$PWD/$3" "\\$@"
END
chmod 755 "$3/bin/pip"
""",
    "runuser": 'shift 3; exec "$@"',
}
# Starts a service as systemd does: the socket is file descriptor 3, and no memory is both writable and executable.
START = """
import ctypes, os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
ctypes.CDLL(None).prctl(65, 1, 0, 0, 0)  # PR_SET_MDWE; older kernels ignore it
os.execv(sys.argv[2], sys.argv[2:])
"""


class Server:
    """A server that runs at `url` until the end of the `with` block.

    `calls` contains the arguments of each call to a program in FAKE_PROGRAMS.
    """

    def __init__(self) -> None:
        # The path is short, because a Unix socket's path can have at most 108 bytes.
        self.root = Path(tempfile.mkdtemp(prefix="server-"))
        self.root.chmod(0o755)
        self.http, self.https, self.site = free_port(), free_port(), free_port()
        self.url = f"https://localhost:{self.https}"
        self.certificate = str(self.path("/etc/letsencrypt/live/localhost/fullchain.pem"))
        self.calls: list[list[str]] = []
        self.nginx: subprocess.Popen[bytes] | None = None
        self._listener: socket.socket | None = None
        self._service: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Server":
        for folder in ("run", "tmp", "var/cache", "var/lib/nginx", "var/log/nginx", "usr/local/sbin", "programs"):
            self.path(f"/{folder}").mkdir(parents=True)
        self._control = socketserver.ThreadingUnixStreamServer(str(self.root / "control"), self._handler())
        threading.Thread(target=self._control.serve_forever, daemon=True).start()
        python = Path(sys.base_prefix) / "bin" / "python3"
        for name in FAKE_PROGRAMS:
            self._program(name, FAKE_PROGRAM.format(python=python, control=self.root / "control"))
        for name, text in CHANGED.items():
            values = {
                "{root}": str(self.root),
                "{python}": str(python),
                "{uv}": str(Path(sys.executable).with_name("uv")),
            }
            for variable, value in values.items():
                text = text.replace(variable, value)
            self._program(name, f"#!/bin/bash\n{text}\n")
        return self

    def __exit__(self, *_: object) -> None:
        self._control.shutdown()
        self._control.server_close()
        self._stop_service(signal.SIGKILL)
        if self._listener:
            self._listener.close()
        if self.nginx:
            self.nginx.terminate()
            self.nginx.wait(PATIENT)
        shutil.rmtree(self.root, ignore_errors=True)

    def path(self, path: str) -> Path:
        """Return the local path that replaces the absolute path `path`."""
        return self.root / path.lstrip("/")

    def placed(self, text: str) -> str:
        """Return `text` from the guide with the test server's paths, ports and host name."""
        for old, new in {
            "https://posts.example.org": self.url,
            "posts.example.org": "localhost",
            "127.0.0.1:8000": f"127.0.0.1:{self.site}",
            "ADDRESS": f"file://{self.root}/repository",
        }.items():
            text = text.replace(old, new)
        text = re.sub(r"listen (80|443)\b", lambda found: f"listen 127.0.0.1:{self._port(found[1])}", text)
        text = re.sub(r"^\s*listen \[::\].*\n", "", text, flags=re.MULTILINE)  # this machine may lack IPv6
        return re.sub(r"(?<![\w./}])/(?=(?:srv|etc|var|run|usr/local/sbin)/)", f"{self.root}/", text)

    def write(self, path: str, text: str | None = None) -> Path:
        """Write the guide's file `path`, or `text` if given, to the server. Return the local path."""
        file = self.path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.placed(guide.file(path)) if text is None else text)
        return file

    def run(self, commands: str) -> str:
        """Run commands from the guide, and return their output. Raise AssertionError if one of them fails."""
        ran = self.attempt(commands)
        assert ran.returncode == 0, ran.stdout
        return ran.stdout

    def attempt(self, commands: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f"umask 022\n{self.placed(commands)}"],
            cwd=self.path("/tmp"),
            env={
                **bare_environment(),
                **{name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_CERT_"))},
                "PATH": f"{self.root}/programs:{self.path('/usr/local/sbin')}:{os.environ['PATH']}:/usr/sbin",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
        )

    def write_settings(self, **changes: str) -> None:
        """Write the guide's settings file with the settings in `changes`."""
        text = self.placed(guide.file("/etc/biso-posts.env"))
        for name, value in changes.items():
            text = re.sub(rf"^{name}=.*\n|\Z", f"{name}='{value}'\n", text, count=1, flags=re.MULTILINE)
        self.write("/etc/biso-posts.env", text)

    def publish(self, change: Callable[[Path], None] = lambda _: None) -> None:
        """Apply `change` to the working tree's files, and commit them to the repository that the server uses."""
        repository = self.path("/repository")
        git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com", "-C", str(repository)]
        if not repository.exists():
            names = subprocess.run(
                ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                cwd=ROOT,
                check=True,
                capture_output=True,
            ).stdout.decode()
            for name in names.rstrip("\0").split("\0"):
                if not name.startswith(("emulator/", "tests/", "bench/")) and (ROOT / name).is_file():
                    (repository / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(ROOT / name, repository / name)
            subprocess.run([*git, "init", "--quiet", "--initial-branch", "main"], check=True)
        change(repository)
        subprocess.run([*git, "add", "--all", "--force"], check=True)
        subprocess.run([*git, "commit", "--quiet", "--message", "Release"], check=True)

    @property
    def logs(self) -> str:
        """Return everything that the site and nginx have logged."""
        files = [self.path("/journal"), *self.path("/var/log").rglob("*"), self.path("/nginx-errors")]
        return "".join(file.read_text(errors="replace") for file in files if file.is_file())

    # -- stand-ins -----------------------------------------------------------------------------------------------------
    def _program(self, name: str, text: str) -> None:
        file = self.root / "programs" / name
        file.write_text(text)
        file.chmod(0o755)

    def _handler(self) -> type[socketserver.StreamRequestHandler]:
        server = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                call: list[str] = json.loads(self.rfile.readline())
                server.calls.append(call)
                self.wfile.write(f"{server._play(*call)}\n".encode())

        return Handler

    def _play(self, program: str, *arguments: str) -> int:
        """Imitate a program in FAKE_PROGRAMS, and return its exit code."""
        match program, *arguments:
            case "apt-get", "install", *_:
                self.start_nginx()
            case "certbot", *_:
                return self._certify(arguments[arguments.index("-w") + 1])
            case "invoke-rc.d", "nginx", "rotate":
                self._signal_nginx(signal.SIGUSR1)
                self._wait(lambda: all(self._has_open(worker, ACCESS_LOG) for worker in self._nginx_workers()))
            case "systemctl", "reload", "nginx":
                self.reload_nginx(drain=True)  # old workers would respond with the old configuration
            case "systemctl", verb, *units:
                return max(self._control_unit(verb, unit) for unit in units) if units else 0
        return 0

    def _control_unit(self, verb: str, unit: str) -> int:
        if unit == "biso-posts.socket" and self._listener is None:  # `enable --now` and `start`
            host, port = self._unit(unit)["ListenStream"][0].split(":")
            self._listener = socket.create_server((host, int(port)), backlog=4096)
        elif unit == "biso-posts.socket" and verb == "stop":
            assert self._listener
            self._listener.close()
            self._listener = None
        elif unit == "biso-posts.service" and verb in ("stop", "start", "restart"):
            code = 0 if verb == "start" else self._stop_service(signal.SIGTERM)
            return code if verb == "stop" else self._start_service()
        return 0

    def _unit(self, name: str) -> dict[str, list[str]]:
        """Return the unit's settings. A setting may have several values."""
        settings: dict[str, list[str]] = {}
        for key, value in re.findall(r"^(\w+)=(.*)$", self.path(f"/etc/systemd/system/{name}").read_text(), re.M):
            settings.setdefault(key, []).append(value)
        return settings

    def _start_service(self) -> int:
        """Start gunicorn. Return 0 when it is ready, or 1 if it exits before that."""
        assert self._listener, "the service started before its socket"
        unit = self._unit("biso-posts.service")
        assert unit["Type"] == ["notify"]
        lines = Path(unit["EnvironmentFile"][0]).read_text().splitlines()
        settings = dict(shlex.split(line)[0].split("=", 1) for line in lines)
        notices = self.path(f"/run/notify-{time.monotonic_ns()}")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified, self.path("/journal").open("a") as journal:
            notified.bind(str(notices))
            notified.settimeout(0.1)
            self._service = subprocess.Popen(
                [sys.executable, "-c", START, str(self._listener.fileno()), *unit["ExecStart"][0].split()],
                cwd=unit["WorkingDirectory"][0],
                env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "NOTIFY_SOCKET": str(notices), **settings},
                pass_fds=[self._listener.fileno()],
                stdout=journal,
                stderr=journal,
                start_new_session=True,
            )
            while self._service.poll() is None:
                with suppress(TimeoutError):
                    if b"READY=1" in notified.recv(1000):
                        return 0
        return 1

    def _stop_service(self, number: signal.Signals) -> int:
        """Send the signal to gunicorn's main process, and to all its processes if the signal kills them."""
        if self._service is None or self._service.poll() is not None:
            return 0
        (os.killpg if number == signal.SIGKILL else os.kill)(self._service.pid, number)
        self._service.wait(PATIENT)
        return 0

    def start_nginx(self) -> None:
        """Start nginx with Debian's configuration, as the installation of its package does."""
        shutil.copytree("/etc/nginx", self.path("/etc/nginx"), symlinks=True)
        for name in ("nginx.conf", "sites-available/default"):
            text = self.placed(self.path(f"/etc/nginx/{name}").read_text())
            if os.geteuid():
                text = text.replace("user www-data;", f"user {getpass.getuser()};")
            self.write(f"/etc/nginx/{name}", text)
        enabled = self.path("/etc/nginx/sites-enabled/default")
        enabled.unlink()
        enabled.symlink_to("../sites-available/default")
        kinds = {"client_body": "body", **{kind: kind for kind in ("proxy", "fastcgi", "uwsgi", "scgi")}}
        paths = [f"{kind}_temp_path {self.path('/var/lib/nginx')}/{folder};" for kind, folder in kinds.items()]
        self.write("/etc/nginx/conf.d/paths.conf", "\n".join(paths))
        with self.path("/nginx-errors").open("w") as errors:
            self.nginx = subprocess.Popen(
                [self.root / "programs" / "nginx", "-g", "daemon off;"], stderr=errors, stdout=errors
            )
        self._wait(lambda: self._answers(self.http))

    def reload_nginx(self, *, drain: bool = False) -> None:
        """Make nginx read its configuration.

        If `drain` is true, wait until it has finished the requests in progress.
        """
        before = self._nginx_workers()
        self._signal_nginx(signal.SIGHUP)
        self._wait(lambda: bool(self._nginx_workers() - before))
        self._wait(lambda: not drain or not self._nginx_workers() & before)

    def _signal_nginx(self, number: signal.Signals) -> None:
        assert self.nginx
        self.nginx.send_signal(number)

    def _has_open(self, process: str, path: str) -> bool:
        for file in Path(f"/proc/{process}/fd").iterdir():
            with suppress(FileNotFoundError):  # raised if the file was closed meanwhile
                if os.readlink(file) == str(self.path(path)):
                    return True
        return False

    def _nginx_workers(self) -> set[str]:
        assert self.nginx
        assert self.nginx.poll() is None, self.logs
        return set(Path(f"/proc/{self.nginx.pid}/task/{self.nginx.pid}/children").read_text().split())

    def _certify(self, webroot: str) -> int:
        """Check that nginx serves the challenge, as certbot does, then make the certificate."""
        challenge = Path(webroot) / ".well-known" / "acme-challenge" / "token"
        challenge.parent.mkdir(parents=True)
        challenge.write_text("challenge")
        url = f"http://localhost:{self.http}/.well-known/acme-challenge/token"
        answer = subprocess.run(["curl", "-fsS", url], capture_output=True, text=True)
        assert answer.stdout == "challenge", answer.stderr
        make_certificate(self.certificate, str(Path(self.certificate).with_name("privkey.pem")))
        return 0

    def _port(self, usual: str) -> int:
        return {"80": self.http, "443": self.https}[usual]

    def _answers(self, port: int) -> bool:
        with suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port)).close()
            return True
        return False

    def _wait(self, is_done: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENT
        while not is_done():
            assert self.nginx is None or self.nginx.poll() is None, self.logs
            assert time.monotonic() < until, self.logs
            time.sleep(0.02)
