"""Command line: `python -m appwrite_emulator` starts the emulator and prints its URL."""

import argparse
import os
import signal
import stat
import sys
import threading
from importlib.util import find_spec
from pathlib import Path

from appwrite_emulator.admin.guard import LOOPBACK
from appwrite_emulator.common import ids

# Import names of the packages in the `emulator` extra. Most are imported on first use, so they are checked at the
# start.
EXTRA = ("argon2", "babel", "bcrypt", "device_detector", "graphql", "segno", "shapely")


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if options.host not in LOOPBACK and not options.expose:
        print(f"{options.host} is reachable from other machines, and its mails readable. Add --expose to allow this.")
        return 2
    if missing := [name for name in EXTRA if not find_spec(name)]:
        return _refuse(f"Missing packages: {', '.join(missing)}. Install those in requirements/local.txt.")
    os.environ["DJANGO_SETTINGS_MODULE"] = "appwrite_emulator.settings"
    os.environ["EMULATOR_DATA"] = "" if options.ephemeral else str(options.data.absolute())
    os.environ["EMULATOR_PROJECT"] = options.project or ""
    os.environ["EMULATOR_KEY"] = options.key
    os.environ["EMULATOR_SEED"] = str(options.seed.absolute()) if options.seed else ""
    os.environ["EMULATOR_MAIL_DIR"] = str(options.mail_dir.absolute()) if options.mail_dir else ""
    os.environ["EMULATOR_FUNCTIONS_DIR"] = str(options.functions.absolute()) if options.functions else ""
    os.environ["EMULATOR_EXPOSED"] = "yes" if options.expose else ""
    os.environ["EMULATOR_FETCH_FROM"] = " ".join(options.fetch_from).lower()

    import django

    django.setup()
    from django.conf import settings

    from appwrite_emulator import bootstrap
    from appwrite_emulator.auth import user_agents
    from appwrite_emulator.db import state
    from appwrite_emulator.functions import runner
    from appwrite_emulator.http.server import Server

    try:
        server = Server((options.host, options.port))
    except OSError as error:
        return _refuse(f"Cannot listen on {options.host}:{options.port}: {error.strerror}. Choose another --port.")
    try:
        if options.mail_dir:
            options.mail_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return _refuse(f"Cannot write mails to {options.mail_dir}: {error.strerror}. Choose another --mail-dir.")
    database = Path(settings.DATABASES["default"]["NAME"])
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        kept = not options.ephemeral and database.exists()
        if not options.ephemeral:
            bootstrap.lock(database)
        bootstrap.prepare()
    except bootstrap.UnusableDataError as reason:
        return _refuse(f"The file {database} {reason}. Move it away, or choose another file with --data.")
    except bootstrap.DataInUseError:
        return _refuse(f"Another emulator uses {database}. Stop it, or choose another file with --data.")
    except bootstrap.UnusableSeedError as reason:
        return _refuse(f"The seed {options.seed} cannot be loaded. {reason}")
    except OSError as error:
        return _refuse(f"Cannot write data to {database.parent}: {error.strerror}. Choose another file with --data.")
    try:
        if options.ephemeral:
            state.checkpoint()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        _end_with_standard_input()
        _greet(server.port, options, bootstrap.identity.project, bootstrap.identity.key)
        if options.seed and kept:
            print(f"{database} already has data; {options.seed} will be loaded at the next reset.", flush=True)
        user_agents.warm_up()
        server.serve_forever(poll_interval=3600)
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        if options.ephemeral:
            for leftover in database.parent.glob(f"{database.name}*"):
                leftover.unlink(missing_ok=True)
        else:
            state.checkpoint_wal()
        user_agents.stop()
        runner.stop()
    return 0


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="appwrite-emulator", description="An Appwrite for development and tests.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; others than 127.0.0.1 need --expose")
    parser.add_argument("--port", type=_port, default=9100, help="default: 9100; 0 chooses and prints a free port")
    parser.add_argument(
        "--data", type=Path, default=Path(".local/emulator.sqlite3"), metavar="FILE", help="database file"
    )
    parser.add_argument("--ephemeral", action="store_true", help="delete all data when the emulator stops")
    parser.add_argument(
        "--seed", type=Path, metavar="FILE", help="initial data, in the export format (docs/seed-format.md)"
    )
    parser.add_argument(
        "--project", type=_id, metavar="ID", help="project ID; default: the one in the data, or `default`"
    )
    parser.add_argument(
        "--key", default="", help="an API key with all scopes; default: the one in --data, or a new one"
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


def _greet(port: int, options: argparse.Namespace, project: str, key: str) -> None:
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


def _end_with_standard_input() -> None:
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
