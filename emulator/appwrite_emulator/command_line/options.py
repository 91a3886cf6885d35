"""Command-line options."""

import argparse
from pathlib import Path

from appwrite_emulator import VERSION, __version__
from appwrite_emulator.common.hosts import LOOPBACK

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 9100
OTHER_VERSIONS = ("1.8.1", "2.7.1")
DEFAULT_DATA = Path(".local/emulator.sqlite3")


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options. `run` is the command that `exec` runs, as a list, or None for other commands.

    Exit with code 2 if the options are invalid.
    """
    parser = _parser()
    own, separator, command = _split(arguments)
    options, unknown = parser.parse_known_args(own)
    options.run = command if options.command == "exec" else None
    if options.command == "exec" and not command:
        parser.error("exec needs a command after `--`, for example: appwrite-emulator exec -- npm test")
    if unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    if options.command != "exec" and separator:
        parser.error("only exec takes a command after `--`")
    options.ephemeral = options.ephemeral or (options.command == "exec" and options.data is None)
    options.data = options.data or DEFAULT_DATA
    if options.port is None:
        options.port = 0 if options.command == "exec" else DEFAULT_PORT
    _check(options, parser)
    return options


def _check(options: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    if options.host and options.host not in LOOPBACK and not options.expose:
        parser.error(
            f"argument --host: other machines can reach {options.host}, read the e-mails and change the data; "
            "add --expose to allow this"
        )
    if options.watch_seed and not options.seed:
        parser.error("argument --watch-seed: there is no seed to watch; add --seed FILE")


def _split(arguments: list[str]) -> tuple[list[str], bool, list[str]]:
    """Return the arguments before the first `--`, whether there is a `--`, and the arguments after it."""
    if "--" not in arguments:
        return arguments, False, []
    at = arguments.index("--")
    return arguments[:at], True, arguments[at + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="appwrite-emulator",
        usage="%(prog)s [serve] [options]\n       %(prog)s exec [options] -- COMMAND [ARGUMENT ...]\n"
        "       %(prog)s pull --from URL --project ID --key KEY [--rows] FILE",
        description=f"Start an emulator of Appwrite {VERSION} for development and tests.",
        epilog="Exit codes: 0 after a normal stop, 1 if the emulator cannot start, 2 for invalid options. "
        "exec returns the exit code of its command, or 127 if the command does not exist.",
    )
    parser.add_argument(
        "--version", action="version", version=f"%(prog)s {__version__} (Appwrite {VERSION})", help="print the version"
    )
    parser.add_argument(
        "command",
        nargs="?",
        choices=["serve", "exec"],
        default="serve",
        metavar="serve | exec",
        help="serve: start the emulator (default); exec: start it, run a command, and stop when the command exits",
    )
    parser.add_argument("--host", help=f"address to listen on; default: {DEFAULT_HOST} and ::1; others need --expose")
    parser.add_argument(
        "--port",
        type=_port,
        help=f"port; default: {DEFAULT_PORT}, or a free port with exec; 0 chooses and prints a free port",
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FILE",
        help=f"database file, created if missing; default: {DEFAULT_DATA} in the current folder, or none with exec",
    )
    parser.add_argument("--ephemeral", action="store_true", help="delete all data when the emulator stops")
    parser.add_argument("--seed", type=Path, metavar="FILE", help="initial data, as exported on /_emulator/transfer/")
    parser.add_argument(
        "--watch-seed", action="store_true", help="reset all projects to the seed whenever its file changes"
    )
    parser.add_argument(
        "--export-on-exit",
        type=file_path,
        metavar="FILE",
        help="when the emulator stops, write the first project's data to this file, which can be used as a seed",
    )
    parser.add_argument(
        "--project", type=_id, metavar="ID", help="project ID; default: the one in the data, or `default` in new data"
    )
    parser.add_argument(
        "--key", default="", help="an API key with all scopes; default: the one in the data, or a new one"
    )
    parser.add_argument(
        "--any-project",
        action="store_true",
        help="create a project, with the same seed and key, when a request names it; at most 100 projects",
    )
    parser.add_argument(
        "--demo-project",
        action="store_true",
        help="add an app per platform to new projects, and enable all OAuth2 providers, with a sign-in page",
    )
    parser.add_argument(
        "--console-user",
        type=_console_user,
        metavar="EMAIL:PASSWORD",
        help="console user, who can sign in with `appwrite login` of Appwrite's command line",
    )
    parser.add_argument(
        "--mail-dir", type=Path, metavar="DIR", help="folder in which to save each e-mail as an .eml file"
    )
    parser.add_argument(
        "--fetch-from",
        action="append",
        default=[],
        metavar="HOST[:PORT]",
        help="host that the Avatars service may fetch images and favicons from, besides the emulator; can be repeated",
    )
    parser.add_argument(
        "--functions",
        type=_folder,
        metavar="DIR",
        help="folder with the code of functions: ID.py or ID/main.py, ID.js or ID/index.js",
    )
    parser.add_argument(
        "--run-functions", action="store_true", help="also run code uploaded with an API key, on this machine"
    )
    parser.add_argument("--expose", action="store_true", help="allow connections from other machines")
    parser.add_argument(
        "--fast-hashes",
        action="store_true",
        help="hash passwords at the lowest cost, for test suites that set many passwords",
    )
    parser.add_argument(
        "--as",
        dest="version_of_appwrite",
        choices=OTHER_VERSIONS,
        default="",
        help=f"emulate this version instead of {VERSION}: only documented differences, which have not been tested",
    )
    parser.add_argument(
        "--old-links",
        action="store_true",
        help="accept links and codes that were e-mailed to a user's former address, as Appwrite does",
    )
    parser.add_argument(
        "--limits", action="store_true", help="enforce Appwrite's rate limits; by default, responses only report them"
    )
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) < 65536):
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 65535, not {text!r}")
    return int(text)


def _id(text: str) -> str:
    from appwrite_emulator.common import ids  # imported late: it imports `secrets`, which `--help` does not need

    if not ids.ID.fullmatch(text):
        raise argparse.ArgumentTypeError(f"must be at most 36 letters, digits and . _ -, not {text!r}")
    return text


def _console_user(text: str) -> tuple[str, str]:
    from appwrite_emulator.common import email_addresses

    email, _, password = text.partition(":")
    if not email_addresses.is_address(email) or not 8 <= len(password.encode()) <= 256:
        raise argparse.ArgumentTypeError("must be an e-mail address, a colon and a password of 8 to 256 bytes")
    return email.lower(), password


def file_path(text: str) -> Path:
    """Return the absolute path of a file to write. The folder must exist."""
    if Path(text).is_dir() or not Path(text).absolute().parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not a file in an existing folder")
    return Path(text).absolute()


def _folder(text: str) -> Path:
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not a folder")
    return Path(text)
