"""manage.py export_posts and import_posts: after a restore, the rows, files, people and pages are the same."""

import json
import stat
import zipfile
from io import StringIO

import pytest
from appwrite.input_file import InputFile
from appwrite.query import Query
from django.core.management import CommandError, call_command

from accounts.repositories.subscriptions import TOPICS, SubscriptionRepository
from biso_site.local_project import KEY_SCOPES
from core import circuit_breaker, transport
from core.appwrite_client import create_admin_client
from posts import image_ids, schema
from posts.covers.images import TextImage
from posts.models import Plan
from posts.preview_links import PreviewLinkRepository
from posts.repository import PostRepository
from posts.revisions import RevisionRepository
from tests.conftest import fields, picture
from tests.site import NOTHING


def run(command: str, *arguments: object, **options: object) -> str:
    out = StringIO()
    call_command(command, *map(str, arguments), stdout=out, **options)
    return out.getvalue()


def snapshot() -> dict[str, object]:
    """Return everything in Appwrite that an import must restore."""
    client = create_admin_client()
    some = [Query.limit(500), Query.order_asc("$id")]
    found: dict[str, object] = {}
    for table in schema.tables():
        for row in client.db.list_rows("app", table.id, some).rows:
            dates = () if table.id == "topics" else (row.createdat, row.updatedat)
            found[f"{table.id}/{row.id}"] = (row.data, sorted(row.permissions), dates)
    for bucket in schema.buckets():
        for file in client.storage.list_files(bucket.id, some).files:
            content = bytes(client.storage.get_file_download(bucket.id, file.id))
            found[f"{bucket.id}/{file.id}"] = (content, sorted(file.permissions), file.name)
    for user in client.users.list(some).users:
        values = (user.name, user.email, user.emailverification, user.status, sorted(user.labels), user.prefs.data)
        found[f"people/{user.id}"] = values
    for topic in TOPICS:
        for subscriber in client.messaging.list_subscribers(topic, some).subscribers:
            found[f"subscribers/{subscriber.id}"] = (topic, subscriber.userid)
    return found


def pages(browser) -> dict[str, tuple[int, bytes]]:
    """Return the responses that guests get: the lists, and the page and pictures of each post or draft."""
    cover = create_admin_client().storage.list_files("covers").files[0].id
    image = create_admin_client().storage.list_files("images").files[0].id
    paths = ("/", "/posts/", "/en/posts/", "/posts/feed/", "/posts/by/alice/", "/posts/topics/", "/sitemap.xml")
    posts = (f"/posts/{post_id}/" for post_id in ("full", "planned", "bobsdraft"))
    pictures = (f"/posts/cover/{cover}/480/", f"/posts/image/{image}/960/")
    answers = {path: browser.get(path) for path in (*paths, *posts, *pictures)}
    return {path: (answer.status_code, b"".join(answer)) for path, answer in answers.items()}


@pytest.fixture
def content(alice, bob, ingrid, appwrite, guest):
    """Create a post that uses every field and feature, a draft, a scheduled post and all related data."""
    posts, by_bob = PostRepository(alice.appwrite), PostRepository(bob.appwrite)
    image = posts.files.add_image("full", alice.id, TextImage(picture(), 960, 640))
    everything = fields(
        title="Alt på én gang", content=f"Se her:\n\n![et bilde]({image.url})\n\n**Ja.**", tags=("kaffe", "øl")
    )
    full = posts.create(
        "full",
        alice.user,
        {**everything, "cover": picture((0, 0, 255)), "cover_alt": "Blått", "cover_x": 10, "cover_y": 90},
        publish=True,
    )
    plan = Plan(at=full.created_at.replace(year=2099))
    planned = posts.create("planned", alice.user, fields(title="Senere"), plan=plan)
    by_bob.create("bobsdraft", bob.user, fields(title="Bobs kladd", language="en", campus="", tags=()))
    client = create_admin_client()
    client.db.create_row("app", "featured", "full", {"position": 0, "authorId": alice.id})
    client.db.create_row("app", "profiles", alice.id, {"bio": "Skriver om kaffe."})
    client.users.update_prefs(bob.id, {"language": "en", "mail": "posts-oslo"})
    SubscriptionRepository(client).subscribe(bob.id, "posts-oslo")
    PreviewLinkRepository(client).create(planned, alice.user)
    RevisionRepository(client).keep(planned, alice.id, alice.name)
    return client


@pytest.fixture
def emptied(start_from):
    """Return a function that replaces Appwrite with a new one, in which only `setup_appwrite` has run."""

    def set_up() -> None:
        users = create_admin_client().users
        for user in users.list([Query.limit(500)]).users:
            users.delete(user.id)
        call_command("setup_appwrite", verbosity=0)

    return lambda: start_from("set up", set_up)


def test_restore_brings_back_everything_and_can_be_repeated(content, emptied, tmp_path, guest):
    before, shown = snapshot(), pages(guest)
    assert [shown[f"/posts/{post_id}/"][0] for post_id in ("full", "planned", "bobsdraft")] == [200, 404, 404]
    run("export_posts", tmp_path / "all.zip")
    emptied()
    assert not any(item.startswith("posts/") for item in snapshot())
    run("import_posts", tmp_path / "all.zip")
    assert snapshot() == before
    assert pages(guest) == shown
    again = run("import_posts", tmp_path / "all.zip")
    assert "added" not in again
    assert "different" not in again
    assert snapshot() == before


def test_interrupted_import_continues(content, emptied, tmp_path, monkeypatch):
    before = snapshot()
    run("export_posts", tmp_path / "all.zip")
    emptied()
    send, left = transport.send, [0]

    def failing(request, **options):
        if request.method != "GET":
            left[0] -= 1
            if left[0] < 0:
                raise transport.NoResponseError("interrupted", is_sent=False)
        return send(request, **options)

    monkeypatch.setattr(transport, "send", failing)
    for _ in range(30):
        left[0] = 3
        monkeypatch.setattr(circuit_breaker, "BREAKER", circuit_breaker.CircuitBreaker())
        try:
            run("import_posts", tmp_path / "all.zip")
            break
        except CommandError as error:
            assert "Repeat it to continue" in str(error)  # noqa: PT017
    monkeypatch.setattr(transport, "send", send)
    monkeypatch.setattr(circuit_breaker, "BREAKER", circuit_breaker.CircuitBreaker())
    assert snapshot() == before


def test_dry_run_counts_what_would_be_added_and_writes_nothing(content, emptied, tmp_path):
    run("export_posts", tmp_path / "all.zip")
    emptied()
    before = snapshot()
    said = run("import_posts", tmp_path / "all.zip", dry_run=True)
    assert "5 people: 4 to be added, 1 already there." in said
    assert "2 pictures: 2 to be added." in said
    assert snapshot() == before


def test_existing_posts_and_accounts_are_never_changed(content, tmp_path, alice):
    run("export_posts", tmp_path / "all.zip")
    content.db.update_row("app", "posts", "full", {"title": "Nyere"})
    content.users.update_labels(alice.id, ["editor"])
    before = snapshot()
    said = run("import_posts", tmp_path / "all.zip")
    assert "The row full exists and differs." in said
    assert f"The account {alice.id} exists and differs." in said
    assert snapshot() == before


def test_export_is_readable_only_by_its_owner_and_does_not_overwrite_a_file(content, tmp_path):
    path = tmp_path / "all.zip"
    run("export_posts", path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.glob("*all*")] == ["all.zip"]
    with pytest.raises(CommandError, match="exists"):
        run("export_posts", path)
    run("export_posts", path, replace=True)


def test_failed_export_leaves_no_file(content, tmp_path, settings):
    settings.APPWRITE_ENDPOINT = NOTHING
    with pytest.raises(CommandError, match="Nothing was exported"):
        run("export_posts", tmp_path / "all.zip")
    assert not list(tmp_path.glob("*all*"))


def test_export_leaves_out_files_that_are_not_pictures(alice, tmp_path):
    alice.appwrite.storage.create_file("covers", "strange", InputFile.from_bytes(b"<script>", "x.webp"))
    assert "Left out file strange" in run("export_posts", tmp_path / "all.zip")
    assert not any(b"strange" in line for line in lines_of(tmp_path / "all.zip"))


def lines_of(path) -> list[bytes]:
    with zipfile.ZipFile(path) as archive:
        return archive.read("entries.jsonl").splitlines()


def row(post_id: str, **changes: object) -> dict[str, object]:
    """Return an export entry that contains a published post by Alice."""
    data = {"title": "Importert", "content": "Tekst", "authorId": "alice", "authorName": "Alice", "status": "published"}
    dates = {"createdAt": "2020-01-02T03:04:05Z", "publishedAt": "2020-01-02T03:04:05Z"}
    permissions = ['read("any")', 'read("user:alice")', 'update("user:alice")', 'delete("user:alice")']
    return {
        "kind": "row",
        "table": "posts",
        "id": post_id,
        "permissions": permissions,
        "data": {**data, **dates, **changes},
    }


def test_invalid_entries_are_reported_with_their_line_and_skipped(alice, tmp_path, guest):
    entries = [
        {"kind": "export", "format": "biso-posts/1"},
        row("good"),
        "no JSON",
        ["a list"],
        {"kind": "planet"},
        {**row("bad"), "table": "planets"},
        {**row("no/id")},
        row("notitle", title=None),
        row("longtitle", title="x" * 201),
        row("nodate", createdAt="yesterday"),
        row("badtopic", tags=[1]),
        row("badcampus", campus="paris"),
        row("badpoint", coverX=101),
        {**row("badrole"), "permissions": ["read(any)"]},
        {"kind": "person", "id": "carl", "email": "no address"},
        {"kind": "person", "id": "dan", "email": "alice@example.com", "name": "Dan"},
        {"kind": "file", "bucket": "covers", "id": "lost", "path": "covers/lost.webp", "permissions": []},
        {"kind": "subscriber", "topic": "posts", "person": "nobody"},
        row("alsogood", unknownColumn="x"),
    ]
    path = tmp_path / "entries.jsonl"
    path.write_text("\n".join(entry if isinstance(entry, str) else json.dumps(entry) for entry in entries))
    out = StringIO()
    with pytest.raises(CommandError, match=r"16 invalid entries were skipped\."):
        call_command("import_posts", str(path), stdout=out)
    for number in range(3, 19):
        assert f"line {number}: " in out.getvalue()
    assert "line 9: “title” must have at most 200 characters." in out.getvalue()
    assert "2 added" in out.getvalue()
    page = guest.get("/posts/good/")
    assert page.status_code == 200
    assert page.context["post"].created_at.year == 2020


def test_draft_that_the_file_makes_public_is_imported_as_private(alice, tmp_path, stored, guest):
    path = tmp_path / "entries.jsonl"
    path.write_text(json.dumps(row("hidden", status="draft")))
    run("import_posts", path)
    assert 'read("any")' not in stored("hidden").permissions
    assert guest.get("/posts/hidden/").status_code == 404


def test_invalid_export_or_project_without_tables_raises_a_command_error(appwrite, tmp_path, settings):
    with pytest.raises(CommandError, match="cannot be read"):
        run("import_posts", tmp_path / "missing.zip")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("hello.txt", "")
    with pytest.raises(CommandError, match="cannot be read"):
        run("import_posts", tmp_path / "other.zip")
    (tmp_path / "one.jsonl").write_text(json.dumps(row("one")))
    settings.APPWRITE_DATABASE = "fresh"
    with pytest.raises(CommandError, match=r"Run manage\.py setup_appwrite first"):
        run("import_posts", tmp_path / "one.jsonl")


def test_posts_are_not_imported_into_another_persons_account(content, emptied, tmp_path):
    """Visitors can choose the id of a new account, and authors' ids are public."""
    run("export_posts", tmp_path / "all.zip")
    emptied()
    users = create_admin_client().users
    users.create("alice", "mallory@example.com")
    users.create("other", "bob@example.com")
    out = StringIO()
    with pytest.raises(CommandError, match="invalid entries were skipped"):
        call_command("import_posts", str(tmp_path / "all.zip"), stdout=out)
    assert "The account alice does not have the address in the file." in out.getvalue()
    assert "Another account, other, has the address of bob." in out.getvalue()
    assert not {item for item in snapshot() if item.startswith(("posts/", "covers/", "images/", "subscribers/"))}


def test_older_project_and_key_can_be_exported_without_the_missing_parts(content, appwrite, tmp_path, settings):
    content.db.delete_table("app", "mailings")
    content.storage.delete_bucket("images")
    secret = "key_without_subscribers"
    key = {"name": "Old", "secret": secret, "scopes": [each for each in KEY_SCOPES if each != "subscribers.read"]}
    appwrite.control("POST", "import", body={"format": "appwrite-emulator/1", "project": {"keys": [key]}})
    settings.APPWRITE_API_KEY = secret
    said = run("export_posts", tmp_path / "all.zip")
    assert "0 rows of table mailings" in said
    assert "0 files of bucket images" in said
    assert "Left out the subscriptions to e-mails" in said
    assert "3 rows of table posts" in said


def refused(path, **options: object) -> str:
    """Import a file with invalid entries, and return the command's output."""
    out = StringIO()
    try:
        call_command("import_posts", str(path), stdout=out, **options)
    except CommandError as error:
        return f"{out.getvalue()}{error}"
    raise AssertionError(out.getvalue())


def lines(path, *entries: dict[str, object]):
    path.write_text("\n".join(map(json.dumps, entries)))
    return path


def owned_by(person: str, post_id: str, **changes: object) -> dict[str, object]:
    entry = row(post_id, authorId=person, **changes)
    return {**entry, "permissions": [each.replace("alice", person) for each in entry["permissions"]]}


@pytest.mark.parametrize("damage", ["content", "checksum", "encrypted", "method"])
def test_damaged_picture_is_reported_and_the_posts_are_imported(damage, alice, tmp_path):
    path, content = tmp_path / "all.zip", b"RIFF" + bytes(range(256)) * 100
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("covers/c.webp", content)
        entry = {"kind": "file", "bucket": "covers", "id": "c", "path": "covers/c.webp", "permissions": []}
        archive.writestr("entries.jsonl", "\n".join(map(json.dumps, [entry, row("good")])))
    raw = bytearray(path.read_bytes())
    directory = raw.find(b"PK\x01\x02")
    places = {"content": (60, 100, 200), "checksum": (directory + 16,), "encrypted": (directory + 8,)}
    for place in places.get(damage, (directory + 10,)):
        raw[place] ^= 99
    path.write_bytes(raw)
    said = refused(path)
    assert "line 1: covers/c.webp is damaged" in said
    assert "1 rows: 1 added." in said


def test_incomplete_empty_and_damaged_files_are_reported(appwrite, tmp_path):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("entries.jsonl", "\n".join(json.dumps(row(f"post{number}")) for number in range(50)))
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    assert "The ZIP file is incomplete." in refused(path)
    path.write_bytes(whole[:60] + bytes(60) + whole[120:])
    assert "entries.jsonl is damaged" in refused(path)
    path.write_bytes(b"")
    assert "contains nothing to import" in refused(path)


def test_post_by_a_person_whose_account_cannot_be_created_is_not_imported(alice, tmp_path):
    """Otherwise, a visitor could create an account with the person's id, and read the drafts."""
    said = refused(
        lines(
            tmp_path / "entries.jsonl",
            {"kind": "person", "id": "carl", "email": "no address"},
            {"kind": "person", "id": "dora", "email": "dora@example"},
            owned_by("carl", "carls", status="draft"),
            owned_by("dora", "doras", status="draft"),
        )
    )
    assert "2 rows: 2 invalid." in said


def test_a_persons_data_is_not_imported_into_another_persons_account(content, emptied, tmp_path):
    """Otherwise, the other account could create a post with the same id, and read the versions of the person's post."""
    run("export_posts", tmp_path / "all.zip")
    emptied()
    users = create_admin_client().users
    users.create("alice", "mallory@example.com")
    refused(tmp_path / "all.zip")
    hers = ("profiles/", "revisions/", "preview_links/", "featured/")
    assert not [item for item in snapshot() if item.startswith(hers)]


def test_posts_are_not_imported_into_an_account_with_a_password_and_an_unconfirmed_address(content, emptied, tmp_path):
    run("export_posts", tmp_path / "all.zip")
    emptied()
    create_admin_client().users.create("alice", "alice@example.com", password="a long enough password")
    said = refused(tmp_path / "all.zip")
    assert "Nobody has confirmed that the account alice belongs to this person." in said
    assert "posts/full" not in snapshot()


def test_account_without_an_address_gets_no_posts_of_another_account(appwrite, tmp_path):
    create_admin_client().users.create("nobody", phone="+4791234567")
    entry = {"kind": "person", "id": "nobody", "email": "", "name": "Nobody", "labels": ["site"]}
    assert "1 rows: 1 invalid." in refused(lines(tmp_path / "entries.jsonl", entry, owned_by("nobody", "theirs")))


def test_person_without_a_name_is_restored(appwrite, tmp_path):
    entry = {"kind": "person", "id": "carl", "email": "carl@example.com", "name": ""}
    assert "1 people: 1 added." in run("import_posts", lines(tmp_path / "entries.jsonl", entry))


def test_imported_drafts_are_private_and_only_their_authors_may_change_posts(alice, tmp_path, stored):
    open_to_all = ['read("any")', 'read("users")', 'update("any")', 'delete("label:editor")', 'update("user:alice")']
    name = image_ids.prefix("hidden") + "abcdefgh-960x640"
    path = tmp_path / "all.zip"
    entries = [
        {**row("hidden", status="draft"), "permissions": open_to_all},
        {**row("shown"), "permissions": open_to_all},
        {"kind": "file", "bucket": "images", "id": name, "path": "images/a.webp", "permissions": open_to_all},
    ]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("images/a.webp", picture())
        archive.writestr("entries.jsonl", "\n".join(map(json.dumps, entries)))
    run("import_posts", path)
    assert stored("hidden").permissions == ['update("user:alice")']
    assert sorted(stored("shown").permissions) == ['read("any")', 'update("user:alice")']
    assert create_admin_client().storage.get_file("images", name).permissions == ['update("user:alice")']


def test_row_dates_in_the_future_are_invalid(alice, tmp_path):
    """Pages show the time of the last change, which only the API key can set."""
    late = {**row("late"), "updated": "9999-12-31T23:59:59Z"}
    assert "“updated” must not be in the future." in refused(lines(tmp_path / "entries.jsonl", late))


def test_numbers_that_are_not_valid_json_are_reported(appwrite, tmp_path):
    entry = {"kind": "person", "id": "carl", "email": "carl@example.com", "name": "C", "prefs": {"a": float("nan")}}
    assert "line 1: The line is not valid JSON." in refused(lines(tmp_path / "entries.jsonl", entry))


def test_control_characters_in_a_file_do_not_reach_the_terminal(appwrite, tmp_path):
    said = refused(lines(tmp_path / "entries.jsonl", {"kind": "planet", "from": "\x1b[2J\nfine"}))
    assert "\x1b" not in said
    assert "\nfine" not in said
