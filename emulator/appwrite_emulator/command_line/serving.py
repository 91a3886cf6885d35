"""Open the port and the data, and serve requests until the emulator is stopped or the command of `exec` exits."""

import argparse
import errno
import gc
import os
import signal
import socket
import stat
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appwrite_emulator.command_line import child_command, seed_files
from appwrite_emulator.command_line.options import DEFAULT_HOST
from appwrite_emulator.common import client_variables

if TYPE_CHECKING:
    from appwrite_emulator.http.server import Server

IPV6_LOOPBACK = "::1"
NO_IPV6 = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT}
INTERRUPTED = 128 + signal.SIGINT
"""Exit code of `exec` if a signal arrives before its command starts."""
MAX_ATTEMPTS = 10  # to find a port that is free at both loopback addresses

_cleanup = ExitStack()
"""Clean-up callbacks, called in reverse order before the process exits."""


def configure(options: argparse.Namespace) -> None:
    """Set the environment variables that `settings` reads. Relative paths become absolute."""

    def absolute(path: Path | None) -> str:
        return str(path.absolute()) if path else ""

    os.environ["DJANGO_SETTINGS_MODULE"] = "appwrite_emulator.settings"
    os.environ["EMULATOR_DATA"] = "" if options.ephemeral else absolute(options.data)
    os.environ["EMULATOR_PROJECT"] = options.project or ""
    os.environ["EMULATOR_KEY"] = options.key
    os.environ["EMULATOR_SEED"] = absolute(options.seed)
    os.environ["EMULATOR_MAIL_DIR"] = absolute(options.mail_dir)
    os.environ["EMULATOR_FUNCTIONS_DIR"] = absolute(options.functions)
    os.environ["EMULATOR_RUN_FUNCTIONS"] = "yes" if options.run_functions else ""
    os.environ["EMULATOR_ANY_PROJECT"] = "yes" if options.any_project else ""
    os.environ["EMULATOR_DEMO_PROJECT"] = "yes" if options.demo_project else ""
    os.environ["EMULATOR_CONSOLE_USER"] = ":".join(options.console_user or ())
    os.environ["EMULATOR_EXPOSED"] = "yes" if options.expose else ""
    os.environ["EMULATOR_FAST_HASHES"] = "yes" if options.fast_hashes else ""
    os.environ["EMULATOR_AS"] = options.version_of_appwrite
    os.environ["EMULATOR_OLD_LINKS"] = "yes" if options.old_links else ""
    os.environ["EMULATOR_LIMITS"] = "yes" if options.limits else ""
    os.environ["EMULATOR_FETCH_FROM"] = " ".join(options.fetch_from).lower()


def run(options: argparse.Namespace, inherited: Mapping[str, str]) -> int:
    """Run the emulator and return the exit code. `inherited`: environment variables for the command of `exec`."""
    gc.disable()  # garbage collection during the imports would delay the start
    import django

    django.setup()
    # These import Django models, which is possible only after `django.setup()`.
    from appwrite_emulator import bootstrap, projects, webhooks
    from appwrite_emulator.auth import user_agents
    from appwrite_emulator.functions import background
    from appwrite_emulator.services import new_user_events

    try:
        server = _open_server(options.host, options.port)
    except OSError as error:
        return fail(
            f"Cannot listen on {error.filename}: {error.strerror}. Choose a different port with --port; "
            "--port 0 uses any free port."
        )
    try:
        has_data = bootstrap.open_files()
        projects.open_all()
    except bootstrap.StartError as error:
        bootstrap.delete_ephemeral_files()
        return fail(str(error))
    host = DEFAULT_HOST if options.host in (None, "0.0.0.0", "::") else options.host  # noqa: S104 - compared only
    background.start(f"http://{_address(host, server.port)}/v1", projects.states)
    webhooks.start(projects.states())
    new_user_events.start()
    gc.freeze()
    gc.enable()
    with _cleanup:
        for stop in (user_agents.stop, bootstrap.close_files, background.stop, projects.close_all):
            _cleanup.callback(stop)
        code = _answer_until_stopped(server, options, inherited, has_data=has_data)
        if options.export_on_exit:
            code = seed_files.export(options.export_on_exit) or code
    return code


def _answer_until_stopped(
    server: "Server", options: argparse.Namespace, inherited: Mapping[str, str], *, has_data: bool
) -> int:
    """Serve requests until a signal arrives, standard input closes or the command exits. Return the exit code."""
    from appwrite_emulator import bootstrap

    address, identity = _address(options.host or DEFAULT_HOST, server.port), bootstrap.identity()
    try:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        if options.watch_seed:
            seed_files.watch(options.seed.absolute())
        if options.run:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            facts = client_variables.variables(f"http://{address}/v1", identity.project, identity.key)
            return child_command.run(options.run, {**inherited, **facts})
        _stop_with_standard_input()
        _print_facts(address, options, identity.project, identity.key)
        if options.seed and has_data:
            print(f"{options.data} already has data; {options.seed} will be loaded at the next reset.", flush=True)
        # Python runs a signal's handler only between two steps of the main thread. A signal that arrives just before
        # the thread starts to wait for a connection does not interrupt the wait, so the wait must be short.
        server.serve_forever(poll_interval=1)
    except (KeyboardInterrupt, SystemExit):
        pass
    return INTERRUPTED if options.run else 0


def fail(sentence: str) -> int:
    """Print why the emulator cannot start, and return exit code 1."""
    print(sentence, file=sys.stderr)
    return 1


def _open_server(host: str | None, port: int) -> "Server":
    """Listen on the host, by default on both loopback addresses.

    If this fails, raise OSError with the address as `filename`.
    """
    from appwrite_emulator.http.server import REALTIME, Server

    for attempt in range(MAX_ATTEMPTS):
        try:
            server = Server((host or DEFAULT_HOST, port), {REALTIME: _serve_realtime})
        except OSError as error:
            raise OSError(error.errno, error.strerror, _address(host or DEFAULT_HOST, port)) from error
        try:
            if host is None and socket.has_ipv6:
                server.also_listen_on(IPV6_LOOPBACK)
            break
        except OSError as error:
            if error.errno in NO_IPV6:
                break
            server.server_close()
            if port or attempt == MAX_ATTEMPTS - 1:
                raise OSError(error.errno, error.strerror, _address(IPV6_LOOPBACK, port)) from error
    return server


def _serve_realtime(sock: socket.socket, head: bytes, environ: dict[str, Any]) -> None:
    """Import the WebSocket server on the first connection, so that the import does not delay the start."""
    from django.core.handlers.wsgi import WSGIRequest

    from appwrite_emulator import projects
    from appwrite_emulator.realtime import endpoint, hub

    _cleanup.callback(hub.stop)  # may be called more than once
    http = WSGIRequest(environ)
    with projects.use_for_api(http):
        endpoint.serve(sock, head, http)


def _address(host: str, port: int) -> str:
    """Return host and port as they appear in a URL."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _print_facts(address: str, options: argparse.Namespace, project: str, key: str) -> None:
    """Print the values that a client needs, one per line. `testing.Emulator` reads the first three."""
    lines = [
        f"listening on http://{address}/v1",
        f"project {project}",
        f"API key {key}",
        f"mails http://{address}/_emulator/inbox/",
    ]
    if options.console_user:
        lines.append(f"console user {options.console_user[0]}")
    if options.expose:
        exposed = options.host or DEFAULT_HOST
        lines.append(f"EXPOSED: anyone who can reach {exposed} can read the e-mails and change the data.")
    # All lines are written in one call, because a parent process may close the pipe after it has read the first line.
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def _stop_with_standard_input() -> None:
    """Stop when standard input closes, as it does when the parent process exits.

    Only pipes and sockets are watched; Node uses sockets as pipes. A terminal, a file or /dev/null is ignored.
    """
    mode = os.fstat(0).st_mode
    if not stat.S_ISFIFO(mode) and not stat.S_ISSOCK(mode):
        return

    def wait() -> None:
        with suppress(ConnectionError):
            while os.read(0, 1024):
                pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()
