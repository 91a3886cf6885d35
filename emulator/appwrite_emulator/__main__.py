"""Command line: `appwrite-emulator` or `python -m appwrite_emulator` starts the emulator and prints its URL.

Exit codes: 0 after a normal stop, 1 if the emulator cannot start, 2 for invalid options. For 1 and 2, the emulator
prints the reason to standard error in one sentence. `exec` returns the exit code of the command that it runs. `pull`
copies a project into a seed file.
"""

import os
import sys
from importlib.util import find_spec

from appwrite_emulator.command_line import options

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
    "tzdata": "tzdata",
    "websockets": "websockets",
}
"""Import name and distribution name of each dependency in pyproject.toml.

Some are only imported on first use. All are checked at start-up, so that a missing package does not make a request
fail.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the emulator until it is stopped, or run another command. Return the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["pull"]:
        from appwrite_emulator.command_line import pull

        return pull.main(arguments[1:])
    chosen = options.parse(arguments)
    # Imported late, because `--help` and `--version` need neither module.
    from appwrite_emulator.command_line import child_command, serving

    if missing := [package for module, package in REQUIRED.items() if not find_spec(module)]:
        return serving.fail(f"Missing Python packages: {', '.join(missing)}. Run `pip install {' '.join(missing)}`.")
    if chosen.run and not child_command.find(chosen.run[0]):
        return child_command.fail_not_found(chosen.run[0])
    inherited = dict(os.environ)
    serving.configure(chosen)
    return serving.run(chosen, inherited)


if __name__ == "__main__":
    sys.exit(main())
