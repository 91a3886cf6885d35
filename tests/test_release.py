"""`make release` and `make audit`."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from tools import audit, release

ROOT = Path(settings.BASE_DIR)
CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Tea.\n\n## [0.1.0] - 2026-11-30\n\n- Coffee.\n"
FILES = {
    "pyproject.toml": '[project]\nname = "x"\nversion = "0.1.0"\n',
    "emulator/appwrite_emulator/__init__.py": '__version__ = "0.1.0"\n\nVERSION = "1.9.6"\n',
    "CHANGELOG.md": CHANGELOG,
    "emulator/CHANGELOG.md": "# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026-11-30\n\n- Milk.\n",
    "docs/upgrading.md": "# Upgrading\n\n## Unreleased\n\nBoil water.\n\n## 0.1.0\n",
}


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def commit(folder: Path) -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "Change")
    return git(folder, "rev-parse", "HEAD")


def repository(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make `folder` the repository of the release script. Return its commit."""
    git(folder, "init", "--quiet", "--initial-branch=main")
    for name, value in {"user.name": "Test", "user.email": "test@example.com"}.items():
        git(folder, "config", name, value)
    monkeypatch.setattr(release, "ROOT", folder)
    return commit(folder)


@pytest.fixture
def small(tmp_path, monkeypatch) -> str:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return repository(tmp_path, monkeypatch)


def test_release_sets_the_version_commits_and_tags(small, tmp_path, monkeypatch):
    monkeypatch.setattr(release, "build", lambda folder, with_sbom: None)
    release.release("0.2.0", small, with_sbom=False)
    assert git(tmp_path, "log", "-1", "--format=%s") == "Release 0.2.0"
    assert "- Tea." in git(tmp_path, "tag", "--list", "--format=%(contents)", "v0.2.0")
    assert git(tmp_path, "status", "--porcelain") == ""
    changelog = (tmp_path / "CHANGELOG.md").read_text()
    assert changelog.index("## [Unreleased]") < changelog.index("## [0.2.0] - 20") < changelog.index("- Tea.")
    assert (tmp_path / "emulator/CHANGELOG.md").read_text() == FILES["emulator/CHANGELOG.md"]  # no new entries
    assert "## 0.2.0\n\nBoil water." in (tmp_path / "docs/upgrading.md").read_text()
    assert 'version = "0.2.0"' in (tmp_path / "pyproject.toml").read_text()
    assert (
        '__version__ = "0.2.0"\n\nVERSION = "1.9.6"'
        in (tmp_path / "emulator/appwrite_emulator/__init__.py").read_text()
    )


def test_failed_build_leaves_no_change(small, tmp_path, monkeypatch):
    def fail(folder: Path, *, with_sbom: bool) -> None:
        raise subprocess.CalledProcessError(1, "hatchling")

    monkeypatch.setattr(release, "build", fail)
    with pytest.raises(subprocess.CalledProcessError):
        release.release("0.2.0", small, with_sbom=False)
    assert git(tmp_path, "status", "--porcelain") == ""
    assert git(tmp_path, "tag", "--list") == ""
    assert git(tmp_path, "rev-parse", "HEAD") == small


@pytest.mark.parametrize("step", ["commit", "tag"])
def test_failed_commit_or_tag_leaves_no_change(step, small, tmp_path, monkeypatch):
    monkeypatch.setattr(release, "build", lambda folder, with_sbom: None)
    if step == "commit":
        hook = tmp_path / ".git" / "hooks" / "pre-commit"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\nexit 1\n")
        hook.chmod(0o755)
    else:
        git(tmp_path, "config", "tag.gpgSign", "true")
        git(tmp_path, "config", "gpg.program", "false")
    with pytest.raises(release.ReleaseError):
        release.release("0.2.0", small, with_sbom=False)
    assert git(tmp_path, "status", "--porcelain") == ""
    assert git(tmp_path, "tag", "--list") == ""
    assert git(tmp_path, "rev-parse", "HEAD") == small


@pytest.mark.parametrize(
    ("version", "prepare", "reason"),
    [
        ("1.2", lambda folder: None, "three numbers"),
        ("0.0.9", lambda folder: None, "not be lower than 0.1.0"),
        ("0.2.0", lambda folder: git(folder, "switch", "--quiet", "--create", "other"), "main branch"),
        ("0.2.0", lambda folder: (folder / "new").write_text("x"), "Commit or remove"),
        ("0.2.0", lambda folder: git(folder, "tag", "v0.2.0"), "exists"),
        ("0.2.0", lambda folder: commit(folder), "Run .ci/run on this commit"),
    ],
)
def test_release_is_rejected(small, tmp_path, version, prepare, reason):
    prepare(tmp_path)
    with pytest.raises(release.ReleaseError, match=reason):
        release.check(version, small)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("CHANGELOG.md", CHANGELOG.replace("### Added\n\n- Tea.\n\n", ""), "no entries under “Unreleased”"),
        ("docs/upgrading.md", "# Upgrading\n\n## 0.1.0\n", "no section “Unreleased”"),
    ],
)
def test_release_without_notes_is_rejected(small, tmp_path, name, text, reason):
    (tmp_path / name).write_text(text)
    with pytest.raises(release.ReleaseError, match=reason):
        release.check("0.2.0", commit(tmp_path))


@pytest.mark.parametrize("letters", [0, 1])  # one letter does not identify a commit
def test_untested_commit_is_rejected(letters, small):
    with pytest.raises(release.ReleaseError, match=f"TESTED={small[:12]}"):
        release.check("0.2.0", small[:letters])


@pytest.mark.thorough
@pytest.mark.processes
def test_whole_release_of_this_repository(tmp_path, monkeypatch):
    """The test omits the bills of materials, which would need downloaded packages."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(lambda name: (ROOT / name).exists(), listed.splitlines()):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for name, heading in {"CHANGELOG.md": release.UNRELEASED, "docs/upgrading.md": "## Unreleased\n"}.items():
        text = (tmp_path / name).read_text()  # add an entry, because there is none just after a release
        (tmp_path / name).write_text(
            text.replace(heading, f"{heading}\n- Tea.\n", 1) if heading in text else text + heading
        )
    head = repository(tmp_path, monkeypatch)
    release.release("99.0.0", head[:12], with_sbom=False)
    built = {file.name: file.read_bytes() for file in (tmp_path / "dist").iterdir()}
    sums = built.pop("SHA256SUMS").decode().splitlines()
    assert sums == [f"{hashlib.sha256(built[name]).hexdigest()}  {name}" for name in sorted(built)]
    assert set(built) == {
        *("biso_posts-99.0.0-py3-none-any.whl", "biso_posts-99.0.0.tar.gz"),
        *("appwrite_emulator-99.0.0-py3-none-any.whl", "appwrite_emulator-99.0.0.tar.gz"),
    }


# -- dependencies ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("code", "stdout", "stderr", "expected", "said"),
    [
        (0, "No known vulnerabilities found", "", 0, "No known vulnerabilities"),
        (1, "django 5.2 CVE-2026-1", "", 1, "CVE-2026-1"),
        (1, "", "requests.exceptions.ProxyError: Max retries exceeded", 2, "not audited"),
    ],
)
def test_audit_distinguishes_vulnerabilities_from_an_unreachable_service(
    monkeypatch, capsys, code, stdout, stderr, expected, said
):
    ran = subprocess.CompletedProcess([], code, stdout, stderr)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: ran)
    with pytest.raises(SystemExit) as ended:
        audit.main()
    assert ended.value.code == expected
    assert said in capsys.readouterr().out
