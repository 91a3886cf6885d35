"""Make a release of both projects: `make release VERSION=1.2.0`.

The script checks that the tree is clean, on `main`, and tested, and that the changelog and the upgrade notes describe
the release. It then sets the version, builds the wheels and source archives into `dist/`, and commits and tags the
release. It pushes nothing. If a step fails, only the files in `dist/` have changed.
"""

import argparse
import datetime
import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERSION = re.compile(r"\d+\.\d+\.\d+")
UNRELEASED = "## [Unreleased]\n"
UPGRADING = "docs/upgrading.md"
CHANGELOGS = ("CHANGELOG.md", "emulator/CHANGELOG.md")
# File -> the line that states the version.
VERSIONS = {
    "pyproject.toml": re.compile(r'^version = "(.+)"$', re.MULTILINE),
    "emulator/appwrite_emulator/__init__.py": re.compile(r'^__version__ = "(.+)"$', re.MULTILINE),
}


class ReleaseError(Exception):
    """The release cannot be made. The message says why and what to do."""


def git(*arguments: str) -> str:
    ran = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise ReleaseError(f"git {' '.join(arguments)}: {ran.stderr.strip()}")
    return ran.stdout.strip()


def check(version: str, tested: str) -> None:
    """Raise ReleaseError unless this commit can be released."""
    if not VERSION.fullmatch(version):
        raise ReleaseError(f"VERSION must be three numbers, such as 1.2.0, not “{version}”.")
    if git("branch", "--show-current") != "main":
        raise ReleaseError("Releases are made on the main branch: git switch main")
    if changed := git("status", "--porcelain"):
        raise ReleaseError(f"Commit or remove these changes first:\n{changed}")
    if git("tag", "--list", f"v{version}"):
        raise ReleaseError(f"The tag v{version} already exists.")
    current = VERSIONS["pyproject.toml"].search(read("pyproject.toml"))
    if current and numbers(version) < numbers(current[1]):
        raise ReleaseError(f"VERSION must not be lower than {current[1]}.")
    head = git("rev-parse", "HEAD")
    if not re.fullmatch(r"[0-9a-f]{7,40}", tested) or not head.startswith(tested):
        raise ReleaseError(
            f"Run .ci/run on this commit first. If it passes, confirm that by adding TESTED={head[:12]} to the command."
        )
    if not notes(read("CHANGELOG.md")):
        raise ReleaseError("CHANGELOG.md has no entries under “Unreleased”.")
    if "## Unreleased\n" not in read(UPGRADING):
        raise ReleaseError(f"{UPGRADING} has no section “Unreleased” that says what an administrator has to do.")


def numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def notes(changelog: str) -> str:
    """Return the changelog's entries for the next release."""
    return re.split(r"^## ", changelog.partition(UNRELEASED)[2], maxsplit=1, flags=re.MULTILINE)[0].strip()


def set_version(version: str, day: datetime.date) -> None:
    """Write the version into both projects, their changelogs and the upgrade notes."""
    for name, line in VERSIONS.items():
        text = read(name)
        match = line.search(text)
        assert match is not None
        write(name, text[: match.start(1)] + version + text[match.end(1) :])
    for name in CHANGELOGS:
        if notes(read(name)):
            write(name, read(name).replace(UNRELEASED, f"{UNRELEASED}\n## [{version}] - {day.isoformat()}\n", 1))
    write(UPGRADING, read(UPGRADING).replace("## Unreleased\n", f"## {version}\n", 1))


def write(name: str, text: str) -> None:
    (ROOT / name).write_text(text, encoding="utf-8")


def build(folder: Path, *, with_sbom: bool) -> None:
    """Build both projects into `folder`, with their bills of materials and the checksums of all files."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for project in (ROOT, ROOT / "emulator"):
        subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", str(folder)], cwd=project, check=True)
    if with_sbom:
        subprocess.run(["make", "sbom"], cwd=ROOT, check=True)
    sums = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(folder.iterdir())]
    (folder / "SHA256SUMS").write_text("".join(sums))


def release(version: str, tested: str, *, with_sbom: bool) -> None:
    check(version, tested)
    text, head = notes(read("CHANGELOG.md")), git("rev-parse", "HEAD")
    try:
        set_version(version, datetime.datetime.now(datetime.UTC).date())
        build(ROOT / "dist", with_sbom=with_sbom)
        git("commit", "--all", "--message", f"Release {version}")
        git("tag", "--annotate", f"v{version}", "--cleanup=verbatim", "--message", f"Release {version}\n\n{text}\n")
    except BaseException:
        git("reset", "--hard", head)
        raise
    print(f"Release {version} is in dist/, and tagged v{version}. Publish it with: git push --follow-tags origin main")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("version")
    parser.add_argument("--tested", default="", metavar="COMMIT", help="the commit on which .ci/run passed")
    parser.add_argument("--without-sbom", action="store_true", help="build without downloading anything")
    options = parser.parse_args()
    try:
        release(options.version, options.tested, with_sbom=not options.without_sbom)
    except ReleaseError as error:
        sys.exit(str(error))
    except subprocess.CalledProcessError as error:
        sys.exit(f"The build failed, and nothing was changed: {error}")


if __name__ == "__main__":
    main()
