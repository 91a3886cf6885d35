"""python -m appwrite_emulator: start the emulator and say where it is."""

import argparse
import os
import signal
import stat
import sys
import threading
from importlib.util import find_spec
from pathlib import Path

from appwrite_emulator import ids
from appwrite_emulator.pages.guard import LOOPBACK

# What the extra `emulator` brings, under the names it is imported by. Most is loaded when it is first asked for.
EXTRA = ("argon2", "babel", "bcrypt", "device_detector", "graphql", "segno", "shapely")


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if options.host not in LOOPBACK and not options.expose:
        print(f"{options.host} can be reached by others, and everybody may read the mails here. Add --expose to do it.")
        return 2
    if missing := [name for name in EXTRA if not find_spec(name)]:
        return _refuse(f"Not installed: {', '.join(missing)}. The emulator needs what requirements/local.txt lists.")
    os.environ["DJANGO_SETTINGS_MODULE"] = "appwrite_emulator.settings"
    os.environ["EMULATOR_DATA"] = "" if options.ephemeral else str(options.data.absolute())
    os.environ["EMULATOR_PROJECT"] = options.project
    os.environ["EMULATOR_KEY"] = options.key
    os.environ["EMULATOR_SEED"] = str(options.seed.absolute()) if options.seed else ""
    os.environ["EMULATOR_MAIL_DIR"] = str(options.mail_dir.absolute()) if options.mail_dir else ""
    os.environ["EMULATOR_FUNCTIONS_DIR"] = str(options.functions.absolute()) if options.functions else ""
    os.environ["EMULATOR_EXPOSED"] = "yes" if options.expose else ""
    os.environ["EMULATOR_FETCH_FROM"] = " ".join(options.fetch_from).lower()

    import django

    django.setup()
    from django.conf import settings

    from appwrite_emulator import clients, startup, state
    from appwrite_emulator.functions import running
    from appwrite_emulator.server import Server

    try:
        server = Server((options.host, options.port))
    except OSError as error:
        return _refuse(f"Cannot listen on {options.host}:{options.port}: {error.strerror}. Choose another --port.")
    try:
        if options.mail_dir:
            options.mail_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return _refuse(f"No mails can be kept in {options.mail_dir}: {error.strerror}. Name another --mail-dir.")
    database = Path(settings.DATABASES["default"]["NAME"])
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        kept = not options.ephemeral and database.exists()
        if not options.ephemeral:
            startup.lock(database)
        startup.prepare()
    except startup.Unusable as reason:
        return _refuse(f"The file {database} {reason}. Move it away, or name another one by --data.")
    except startup.InUse:
        return _refuse(f"Another emulator uses {database}. End that one, or name another file by --data.")
    except startup.UnusableSeed as reason:
        return _refuse(f"The seed {options.seed} is not taken. {reason}")
    except OSError as error:
        return _refuse(f"No data can be kept in {database.parent}: {error.strerror}. Name another file by --data.")
    try:
        if options.ephemeral:
            state.checkpoint()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        _end_with_standard_input()
        _greet(server.port, options)
        if options.seed and kept:
            print(f"There is data in {database} already; {options.seed} counts from the next reset on.", flush=True)
        clients.warm_up()
        server.serve_forever(poll_interval=3600)
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        if options.ephemeral:
            for leftover in database.parent.glob(f"{database.name}*"):
                leftover.unlink(missing_ok=True)
        else:
            state.tidy()
        clients.stop()
        running.stop()
    return 0


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="appwrite-emulator", description="An Appwrite for development and tests.")
    parser.add_argument("--host", default="127.0.0.1", help="where it listens; any but 127.0.0.1 needs --expose")
    parser.add_argument("--port", type=_port, default=9100, help="9100 unless said; 0 takes a free one, and prints it")
    parser.add_argument(
        "--data", type=Path, default=Path(".local/emulator.sqlite3"), metavar="FILE", help="where all is kept"
    )
    parser.add_argument("--ephemeral", action="store_true", help="keep nothing when the emulator ends")
    parser.add_argument(
        "--seed", type=Path, metavar="FILE", help="what is there on the first day, as exported (docs/seed-format.md)"
    )
    parser.add_argument("--project", type=_id, default="biso", metavar="ID", help="the project's id; biso unless said")
    parser.add_argument("--key", default="", help="an API key with all scopes, beside the site's own")
    parser.add_argument(
        "--mail-dir", type=Path, metavar="DIR", help="a folder that also gets each mail as an .eml file"
    )
    parser.add_argument(
        "--fetch-from",
        action="append",
        default=[],
        metavar="HOST[:PORT]",
        help="a host whose pictures and favicons avatars may fetch, beside the emulator itself; can be repeated",
    )
    parser.add_argument(
        "--functions",
        type=_folder,
        metavar="DIR",
        help="the code of functions: ID.py or ID/main.py, with main(context)",
    )
    parser.add_argument("--expose", action="store_true", help="allow a host that others can reach")
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) < 65536):
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to 65535, not {text!r}")
    return int(text)


def _id(text: str) -> str:
    if not ids.ID.fullmatch(text):
        raise argparse.ArgumentTypeError(f"an id has at most 36 letters, digits and . _ -, not {text!r}")
    return text


def _folder(text: str) -> Path:
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {text}")
    return Path(text)


def _greet(port: int, options: argparse.Namespace) -> None:
    host = f"[{options.host}]" if ":" in options.host else options.host
    origin = f"http://{host}:{port}"
    lines = [
        f"listening on {origin}/v1",
        f"project {options.project}, API key: {'as given by --key' if options.key else 'the site key (README)'}",
        f"mails {origin}/_emulator/inbox/",
    ]
    if options.expose:
        lines.append(f"EXPOSED: everybody who reaches {options.host} can read the mails and change the data.")
    # All at once: whoever waits for the first line may close the pipe when it has come.
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def _end_with_standard_input() -> None:
    """End when whoever started us ends: their end of the pipe closes.

    Only a pipe says so. A terminal, a file or /dev/null on standard input means nothing.
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
