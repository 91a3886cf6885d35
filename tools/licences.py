"""List the licences of the packages that the site and the emulator install, in docs/licences.md: `make licences`."""

import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "licences.md"
LOCKS = {"site.txt": "site", "import.txt": "import", "local.txt": "emulator"}
ROW = re.compile(r"^\| ([a-z0-9-]+) \| (.+) \| (.+) \|$", re.MULTILINE)
CLASSIFIER = "License :: OSI Approved :: "
HEAD = """# Licences of the dependencies

The packages in the lock files `requirements/site.txt`, `import.txt` and `local.txt`, with the licences that they
declare. `make licences` writes this page. The site also serves a third-party typeface: Charis SIL, renamed to BISO
Serif, under the SIL Open Font License (`static/fonts/OFL.txt`). Tools that only tests and releases need are not listed.

| Package | Licence | Needed by |
|---|---|---|
"""


def locked(name: str) -> set[str]:
    """Return the names of the packages in a lock file."""
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    return {normalise(package) for package in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)}


def normalise(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


def licence(package: str) -> str:
    """Return the licence that an installed package declares, or "" if it is not installed or declares none."""
    try:
        about = metadata.metadata(package)
    except metadata.PackageNotFoundError:
        return ""
    if expression := about.get("License-Expression"):
        return str(expression)
    named = [each.removeprefix(CLASSIFIER) for each in about.get_all("Classifier", []) if each.startswith(CLASSIFIER)]
    text = str(about.get("License") or "").strip()
    return ", ".join(named) or (text if len(text) < 40 else "")


def listed() -> dict[str, str]:
    """Return the licences that docs/licences.md already states, by package.

    The page keeps these for packages that are not installed on this system.
    """
    text = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
    return {package: stated for package, stated, _ in ROW.findall(text)}


def page() -> str:
    return HEAD + "".join(f"{row}\n" for row in _rows())


def _rows() -> Iterator[str]:
    users: dict[str, str] = {}
    for lock, user in LOCKS.items():
        users |= {package: user for package in locked(lock) if package not in users}
    stated = listed()
    for package in sorted(users):
        yield f"| {package} | {licence(package) or stated.get(package, 'unknown')} | {users[package]} |"


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
