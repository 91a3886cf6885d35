"""Command line: `appwrite-emulator` or `python -m appwrite_emulator` starts the emulator and prints its URL.

Exit codes: 0 after a normal stop, 1 if the emulator cannot start, 2 for invalid options. The reason for 1 and 2 is one
sentence on standard error.
"""

import argparse
import os
import signal
import stat
import sys
import threading
from importlib.util import find_spec
from pathlib import Path

from appwrite_emulator import VERSION, __version__
from appwrite_emulator.common import ids
from appwrite_emulator.common.hosts import LOOPBACK

REQUIRED = {
    "argon2": "argon2-cffi",
    "babel": "babel",
    "bcrypt": "bcrypt",
    "cronsim": "cronsim",
    "defusedxml": "defusedxml",
    "device_detector": "device-detector",
    "django": "django",
    "graphql": "graphql-core",
    "jwt": "pyjwt",
    "PIL": "pillow",
    "pyotp": "pyotp",
    "segno": "segno",
    "shapely": "shapely",
}
"""Import name and distribution name of each dependency in pyproject.toml.

Some are imported on first use. They are checked at the start, so that no later request fails.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the emulator until it is stopped, and return the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.host not in LOOPBACK and not options.expose:
        parser.error(
            f"argument --host: other machines can reach {options.host}, read the mails and change the data; "
            "add --expose to allow this"
        )
    if missing := [package for module, package in REQUIRED.items() if not find_spec(module)]:
        return _fail(f"Missing Python packages: {', '.join(missing)}. Run `pip install {' '.join(missing)}`.")
    _configure(options)
    return _serve(options)


def _configure(options: argparse.Namespace) -> None:
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
    os.environ["EMULATOR_EXPOSED"] = "yes" if options.expose else ""
    os.environ["EMULATOR_FAST_HASHES"] = "yes" if options.fast_hashes else ""
    os.environ["EMULATOR_FETCH_FROM"] = " ".join(options.fetch_from).lower()


def _serve(options: argparse.Namespace) -> int:
    """Open the port and the data, and answer requests until SIGINT, SIGTERM or the end of standard input."""
    import django

    django.setup()
    # These define or import Django models, which have to wait for `django.setup()`.
    from appwrite_emulator import bootstrap
    from appwrite_emulator.auth import user_agents
    from appwrite_emulator.db import state
    from appwrite_emulator.functions import runner
    from appwrite_emulator.http.server import Server

    try:
        server = Server((options.host, options.port))
    except OSError as error:
        return _fail(
            f"Cannot listen on {options.host}:{options.port}: {error.strerror}. Choose another port with --port, for "
            "example --port 0 for any free one."
        )
    try:
        has_data = bootstrap.open_files()
    except bootstrap.StartError as error:
        bootstrap.delete_ephemeral_files()
        return _fail(str(error))
    try:
        if options.ephemeral:
            state.checkpoint()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        _stop_with_standard_input()
        _print_facts(server.port, options, bootstrap.identity.project, bootstrap.identity.key)
        if options.seed and has_data:
            print(f"{options.data} already has data; {options.seed} will be loaded at the next reset.", flush=True)
        user_agents.warm_up()
        server.serve_forever(poll_interval=3600)
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        bootstrap.close_files()
        user_agents.stop()
        runner.stop()
    return 0


def _fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="appwrite-emulator",
        description=f"Start an emulator of Appwrite {VERSION} for development and tests.",
        epilog="Exit codes: 0 after a normal stop, 1 if the emulator cannot start, 2 for invalid options.",
    )
    parser.add_argument(
        "--version", action="version", version=f"%(prog)s {__version__} (Appwrite {VERSION})", help="print the version"
    )
    parser.add_argument(
        "command", nargs="?", choices=["serve"], default="serve", metavar="serve", help="start the emulator (default)"
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on; default: 127.0.0.1, others need --expose"
    )
    parser.add_argument("--port", type=_port, default=9100, help="default: 9100; 0 chooses and prints a free port")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(".local/emulator.sqlite3"),
        metavar="FILE",
        help="database file, created if missing; default: %(default)s in the current folder",
    )
    parser.add_argument("--ephemeral", action="store_true", help="delete all data when the emulator stops")
    parser.add_argument(
        "--seed", type=Path, metavar="FILE", help="initial data, as exported under /_emulator/transfer/"
    )
    parser.add_argument(
        "--project", type=_id, metavar="ID", help="project ID; default: the one in the data, or `default` in new data"
    )
    parser.add_argument(
        "--key", default="", help="an API key with all scopes; default: the one in the data, or a new one"
    )
    parser.add_argument("--mail-dir", type=Path, metavar="DIR", help="folder to save each mail in as an .eml file")
    parser.add_argument(
        "--fetch-from",
        action="append",
        default=[],
        metavar="HOST[:PORT]",
        help="host from which avatars may fetch images and favicons, besides the emulator itself; can be repeated",
    )
    parser.add_argument(
        "--functions",
        type=_folder,
        metavar="DIR",
        help="folder with the code of functions: ID.py or ID/main.py, with main(context)",
    )
    parser.add_argument("--expose", action="store_true", help="allow connections from other machines")
    parser.add_argument(
        "--fast-hashes", action="store_true", help="hash passwords at the lowest cost, for test suites that set many"
    )
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) < 65536):
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 65535, not {text!r}")
    return int(text)


def _id(text: str) -> str:
    if not ids.ID.fullmatch(text):
        raise argparse.ArgumentTypeError(f"must be at most 36 letters, digits and . _ -, not {text!r}")
    return text


def _folder(text: str) -> Path:
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not a folder")
    return Path(text)


def _print_facts(port: int, options: argparse.Namespace, project: str, key: str) -> None:
    """Print what a client needs, one fact per line; `testing.Emulator` reads the first three."""
    host = f"[{options.host}]" if ":" in options.host else options.host
    origin = f"http://{host}:{port}"
    lines = [
        f"listening on {origin}/v1",
        f"project {project}",
        f"API key {key}",
        f"mails {origin}/_emulator/inbox/",
    ]
    if options.expose:
        lines.append(f"EXPOSED: anyone who can reach {options.host} can read the mails and change the data.")
    # Written at once: a parent process may close the pipe after reading the first line.
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def _stop_with_standard_input() -> None:
    """Stop when the parent process ends, which closes its end of the pipe on standard input.

    Only a pipe is watched. A terminal, a file or /dev/null as standard input is ignored.
    """
    if not stat.S_ISFIFO(os.fstat(0).st_mode):
        return

    def wait() -> None:
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
