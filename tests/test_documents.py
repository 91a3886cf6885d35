"""The documents name only files, commands and settings that exist."""

import pkgutil
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from appwrite.services.account import Account
from appwrite.services.messaging import Messaging
from appwrite.services.storage import Storage
from appwrite.services.tables_db import TablesDB
from appwrite.services.teams import Teams
from appwrite.services.users import Users
from django.conf import settings
from django.core.management import BaseCommand, get_commands, load_command_class
from django.urls import resolve

from accounts.sign_in.login_request import MINUTES
from biso_site.local_project import KEY_SCOPES
from core.bulkhead import SLOTS
from posts import schema
from tools import licences

ROOT = Path(settings.BASE_DIR)
TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
DOCUMENTS = [name for name in TRACKED if name.endswith(".md") and "/demo/" not in name and (ROOT / name).exists()]
PACKAGES = ("biso_site", "accounts", "posts", "core")
# Paths in documents are relative to one of these: the repository, the emulator's project or the emulator's package.
FOLDERS = (ROOT, ROOT / "emulator", ROOT / "emulator" / "appwrite_emulator")
# First segments of paths that are not pages of the site: server folders, and paths of Appwrite and the emulator.
NO_ADDRESSES = {"etc", "srv", "var", "run", "root", "usr", "proc", "tmp", "dev", "v1", "_emulator", "static"}
NOT_SERVED = {"/api/", "/nothing/", "/posts/-x/"}  # a URL prefix, and examples of URLs that return 404
NAMES = {
    (ROOT / name).relative_to(folder).parts[0]
    for folder in FOLDERS
    for name in TRACKED
    if (ROOT / name).is_relative_to(folder)
}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


README, GUIDE, SETTINGS = read("README.md"), read("docs/deploy.md"), read("biso_site/settings.py")
VERSIONS = read("docs/appwrite-versions.md")
# Each row of the settings table: variable, default (or “required”) and meaning.
TABLE = re.findall(r"^\| `([A-Z_]+)` \| (.+?) \| (.+) \|$", read("docs/settings.md"), re.MULTILINE)


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub generates for the headings."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_documents_of_both_projects_are_checked():
    assert {"README.md", "docs/deploy.md", "emulator/README.md", "emulator/docs/emulator.md"} <= set(DOCUMENTS)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_to_existing_files_and_headings(name):
    for target in re.findall(r"\]\(([^)\s]+)\)", read(name)):
        path, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = (ROOT / name).parent / path if path else ROOT / name
        assert file.exists(), target
        assert not anchor or anchor in anchors(file.read_text(encoding="utf-8")), target


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if not name.endswith("CHANGELOG.md")])
def test_named_paths_exist(name):
    for path in re.findall(r"(?<![\w./@$<{*-])(?:[\w.-]+/)+[\w.-]*\w", read(name)):
        if path.split("/")[0] in NAMES or re.search(
            r"^[a-z].*\.(css|html|js|json|md|po|py|sh|svg|toml|txt|webp)$", path
        ):
            assert any((folder / path).exists() for folder in (*FOLDERS, (ROOT / name).parent)), path


@pytest.mark.parametrize("name", DOCUMENTS)
def test_named_modules_and_functions_exist(name):
    for dotted in re.findall(rf"`((?:{'|'.join(PACKAGES)})(?:\.\w+)+)`", read(name)):
        if ".example." not in dotted:  # skip host names
            pkgutil.resolve_name(dotted)
    for module in re.findall(r"python -m ((?:tests|bench)\.\w+)", read(name)):
        path = module.replace(".", "/") + ".py"
        assert any((folder / path).exists() for folder in FOLDERS), module


@pytest.mark.parametrize("name", DOCUMENTS)
def test_names_next_to_a_path_occur_in_that_file(name):
    """The pattern matches “`NAME` in `path.py`” and “`NAME` and `OTHER` in `path.py`”."""
    for listed, path in re.findall(r"((?:`\w+`(?:,| and)? )+)in\s+`((?:[\w.-]+/)*[\w.-]+\.py)`", read(name)):
        file = next(folder / path for folder in (*FOLDERS, (ROOT / name).parent) if (folder / path).exists())
        for each in re.findall(r"`(\w+)`", listed):
            assert re.search(rf"\b{each}\b", file.read_text(encoding="utf-8")), f"{each} is not in {path}"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("docs/architecture.md", "one of the bulkhead's five slots"),
        ("docs/decisions.md", "five calls to Appwrite at a time"),
        ("docs/deploy.md", "At most five of a worker's eight threads wait for Appwrite"),
        ("docs/deploy.md", "at most five calls at the same time"),
        ("docs/security.md", "at most five calls of a process are in progress"),
    ],
)
def test_documents_state_the_maximum_number_of_calls_in_progress(name, sentence):
    assert SLOTS == 5, "change the number in these documents, too"
    assert sentence in " ".join(read(name).split())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_named_make_targets_exist(name):
    targets = re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE)
    assert set(re.findall(r"(?:`|^    )make ([a-z]+)", read(name), re.MULTILINE)) <= set(targets)


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if not name.startswith("emulator/")])
def test_named_commands_and_their_options_exist(name):
    for command, arguments in re.findall(r"(?:manage\.py|biso-posts manage) ([a-z_]+)((?: +[^\s`|&;#]+)*)", read(name)):
        assert command in get_commands(), command
        package = get_commands()[command]
        loaded = package if isinstance(package, BaseCommand) else load_command_class(package, command)
        options = loaded.create_parser("manage.py", command)._option_string_actions
        assert set(re.findall(r"--[a-z-]+", arguments)) <= set(options), (command, arguments)


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if not name.startswith("emulator/")])
def test_named_addresses_of_the_site_exist(name):
    """The pattern matches `/path/` in backticks, and URLs of the guide's host and of the local site."""
    host = r"(?<!/live/)(?:posts\.example\.org|127\.0\.0\.1:8000|localhost:8000)"
    for in_backticks, in_url in re.findall(rf"`(/[a-z][\w./-]*)`|{host}(/[\w./-]+)", read(name)):
        address = (in_backticks or in_url).removeprefix("/en")
        if address.split("/")[1] not in NO_ADDRESSES and address not in NOT_SERVED:
            resolve(re.sub(r"/[A-Z]+(?=/)", "/id", address))


@pytest.mark.parametrize(("name", "heading"), [("README.md", "Map"), ("CONTRIBUTING.md", "Layout")])
def test_layout_maps_name_files_that_exist(name, heading):
    lines = read(name).partition(f"## {heading}\n\n")[2].partition("\n\n")[0].splitlines()
    assert len(lines) > 10
    folder = ROOT
    for line in lines:
        paths = [column for column in re.split(r"  +", line) if re.fullmatch(r"[\w./]+(\.py|/)", column)]
        assert paths, line
        is_inside = line.startswith(" " * 6)
        assert all(((folder if is_inside else ROOT) / path).exists() for path in paths), line
        folder = folder if is_inside else ROOT / paths[0]


def test_settings_table_lists_every_setting_and_no_other():
    in_settings = set(re.findall(r'(?:env\.\w+|deployed|number)\(\s*"([A-Z_]+)"', SETTINGS))
    assert len(in_settings) >= 10
    assert {variable for variable, *_ in TABLE} == in_settings


def test_env_example_lists_the_settings_in_the_table():
    """Required settings must be filled in; the others are commented out and state their defaults."""
    lines = re.findall(r"^(# )?([A-Z_]+)=(.*)$", read(".env.example"), re.MULTILINE)
    required = [variable for variable, default, _ in TABLE if default == "required"]
    assert len(required) >= 6
    assert [variable for comment, variable, _ in lines if not comment] == required
    defaults = {variable: default for variable, default, _ in TABLE if default != "required"}
    assert {variable for comment, variable, _ in lines if comment} == defaults.keys()
    for comment, variable, value in lines:
        assert not comment or not value or defaults[variable] == f"`{value}`", variable


def test_readme_and_guide_start_gunicorn_with_the_same_command():
    command = re.search(r"^    \.venv/bin/(gunicorn biso_site\.wsgi.*)$", README, re.MULTILINE)
    assert command is not None
    assert f"ExecStart=/srv/biso-posts/current/.venv/bin/{command[1]}\n" in GUIDE


@pytest.mark.parametrize(("mail", "variable"), [("Magic URL", "{{redirect}}"), ("OTP session", "{{otp}}")])
@pytest.mark.parametrize(("language", "duration"), [("English", "ten minutes"), ("Norwegian Bokmål", "ti minutter")])
def test_email_templates_in_the_guide_agree_with_the_pages(mail, variable, language, duration):
    assert MINUTES == 10
    template = re.search(rf"\*\*{mail}, {language}\.\*\* Subject: `[^`]+`\n\n```html\n(.*?)```", GUIDE, re.DOTALL)
    assert template is not None
    for part in (variable, "{{project}}", "{{phrase}}", duration):
        assert part in template[1]
    # The placeholders that Appwrite replaces.
    known = {"redirect", "otp", "project", "phrase", "agentClient", "agentOs"}
    assert set(re.findall(r"{{(\w+)}}", template[0])) <= known


def test_guide_states_the_tested_versions():
    guide = " ".join(GUIDE.split())
    assert "a real Appwrite 1.9.6 on 2026-11-29" in guide
    assert "`mails` and `databases` workers must be running" in guide
    assert "Use the MariaDB that Appwrite ships" in guide
    assert "location is that of the server" in " ".join(VERSIONS.split())


def test_guide_lists_the_api_key_scopes():
    listed = GUIDE.partition("<!-- scopes -->")[2].partition("<!-- end of scopes -->")[0]
    assert re.findall(r"`([a-z.]+)`", listed) == list(KEY_SCOPES)


@pytest.mark.parametrize(
    ("changelog", "source"),
    [
        ("CHANGELOG.md", "pyproject.toml"),
        ("emulator/CHANGELOG.md", "emulator/appwrite_emulator/__init__.py"),
    ],
)
def test_changelog_contains_the_package_version(changelog, source):
    version = re.search(r'^(?:__)?version(?:__)? = "([\d.]+)"$', read(source), re.MULTILINE)
    assert version is not None
    newest = re.search(r"^## \[([\d.]+)\] - \d{4}-\d\d-\d\d$", read(changelog), re.MULTILINE)
    assert newest is not None
    assert newest[1] == version[1]


@pytest.mark.parametrize("folder", ["", "emulator/"])
def test_readme_gives_a_reason_for_each_dependency(folder):
    dependencies = tomllib.loads(read(f"{folder}pyproject.toml"))["project"]["dependencies"]
    table = read(f"{folder}README.md").partition("## Dependencies")[2]
    names = ", ".join(re.findall(r"^\| ([a-z][a-z0-9, -]+) \|", table, re.MULTILINE)).split(", ")
    assert sorted(names) == sorted(re.split("[><=]", dependency)[0] for dependency in dependencies)


def test_hooks_use_the_locked_tool_versions():
    tools = re.findall(r"entry: \.venv/bin/([\w-]+)", read(".pre-commit-config.yaml"))
    assert tools
    assert all(f"\n{tool}==" in read("requirements/dev.txt") for tool in tools)


def test_guide_lists_the_sdk_methods_that_the_site_calls():
    """Names of one word, such as `get`, are not compared, because elsewhere they are not SDK methods."""
    listed = set(
        re.findall(r"`(\w+_\w+)`", VERSIONS.partition("<!-- methods -->")[2].partition("<!-- end of methods -->")[0])
    )
    services = (Account, Users, TablesDB, Storage, Messaging, Teams)
    methods = {name for service in services for name in vars(service) if "_" in name.strip("_") and name[0] != "_"}
    code = "".join(read(name) for name in TRACKED if name.startswith(PACKAGES) and name.endswith(".py"))
    called = {name for name in methods if re.search(rf"\.{name}\b", code)}
    columns = {f"create_{column.kind}_column" for table in schema.tables() for column in table.columns}
    assert listed - {"setup_appwrite"} == called | columns


def test_all_lock_files_contain_the_versions_in_the_lock_file_of_the_site():
    site, *others = (
        set(re.findall(r"^\S+==\S+", read(f"requirements/{name}.txt"), re.MULTILINE))
        for name in ("site", "import", "local", "dev")
    )
    assert all(site <= other for other in others), "run `make lock`"


def test_licence_of_every_locked_package_is_listed():
    rows = licences.ROW.findall(licences.TARGET.read_text(encoding="utf-8"))
    assert {name for name, _, _ in rows} == set().union(*map(licences.locked, licences.LOCKS)), "run `make licences`"
    assert [name for name, licence, _ in rows if licence == "unknown"] == []
