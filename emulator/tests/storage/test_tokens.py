"""File tokens through the official SDK: anyone with a file's token can read that file."""

import base64
import json

import pytest
from appwrite.client import Client
from appwrite.input_file import InputFile
from appwrite.query import Query
from appwrite.services.storage import Storage
from appwrite.services.tokens import Tokens


@pytest.fixture
def storage(server: Client) -> Storage:
    storage = Storage(server)
    storage.create_bucket("private", "Private")
    for name in ("one", "two"):
        storage.create_file("private", name, InputFile.from_bytes(name.encode(), f"{name}.txt"))
    return storage


@pytest.fixture
def tokens(storage: Storage) -> Tokens:
    """Return a Tokens service that uses an API key, and two files that only servers can read."""
    return Tokens(storage.client)


def test_create_file_token_lets_guests_read_only_its_file(tokens, guest, expect_error):
    secret = tokens.create_file_token("private", "one").secret
    assert Storage(guest).get_file_view("private", "one", token=secret) == b"one"
    assert Storage(guest).get_file_download("private", "one", token=secret) == b"one"
    assert Storage(guest).get_file_preview("private", "one", token=secret).startswith(b"\x89PNG")
    with expect_error("user_unauthorized", 401):
        Storage(guest).get_file_view("private", "two", token=secret)
    with expect_error("user_unauthorized", 401):
        Storage(guest).get_file_view("private", "one", token="nonsense")
    with expect_error("user_unauthorized", 401):
        Storage(guest).get_file("private", "one")


def test_create_file_token_requires_a_key(tokens, alice, guest, expect_error):
    for caller in (alice.client, guest):
        with expect_error("general_unauthorized_scope", 401):
            Tokens(caller).create_file_token("private", "one")
    with expect_error("storage_file_not_found", 404):
        tokens.create_file_token("private", "nosuchfile")
    with expect_error("storage_bucket_not_found", 404):
        tokens.create_file_token("nosuchbucket", "one")


def test_list_shows_the_tokens_of_one_file(tokens, expect_error):
    first = tokens.create_file_token("private", "one")
    second = tokens.create_file_token("private", "one", expire="2099-01-01T00:00:00.000+00:00")
    tokens.create_file_token("private", "two")
    assert tokens.list("private", "one").total == 2
    page = tokens.list("private", "one", [Query.cursor_after(first.id)])
    assert [token.id for token in page.tokens] == [second.id]
    with expect_error("general_argument_invalid", 400):
        tokens.list("private", "one", [Query.is_null("expire")])


def test_get_reports_when_the_token_was_last_used(tokens, guest):
    token = tokens.create_file_token("private", "one")
    assert token.accessedat == ""
    Storage(guest).get_file_view("private", "one", token=token.secret)
    assert tokens.get(token.id).accessedat
    assert tokens.get(token.id).resourceid == "private:one"


def test_update_changes_the_expiry(emulator, tokens, guest, expect_error):
    token = tokens.create_file_token("private", "one", expire="2099-01-01T00:00:00.000+00:00")
    assert tokens.update(token.id).expire == ""
    with expect_error("general_argument_invalid", 400):
        tokens.update(token.id, expire="2001-01-01T00:00:00.000+00:00")
    with expect_error("general_argument_invalid", 400):
        tokens.update(token.id, expire="soon")
    tokens.update(token.id, expire="2098-12-31T00:00:00.000+00:00")
    emulator.clock.advance(100 * 365 * 24 * 3600)
    with expect_error("user_unauthorized", 401):
        Storage(guest).get_file_view("private", "one", token=token.secret)


def claims_of(token):
    payload = token.secret.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def test_secret_expires_with_the_token(tokens, expect_error):
    unlimited = tokens.create_file_token("private", "one")
    assert claims_of(unlimited).keys() == {"tokenId", "resourceId", "resourceType", "resourceInternalId", "iat"}
    for expire in ("2098-12-31T23:00:00Z", "31 December 2098 23:00", "2099-01-01 00:00:00 Europe/Oslo"):
        assert claims_of(tokens.create_file_token("private", "one", expire=expire))["exp"] == 4070905200
    for expire in ("", "@4070905200", "2001-01-01"):
        with expect_error("general_argument_invalid", 400):
            tokens.create_file_token("private", "one", expire=expire)


def test_changed_expiry_keeps_existing_secrets_valid(emulator, tokens, guest):
    token = tokens.create_file_token("private", "one")
    tokens.update(token.id, expire="2098-12-31T00:00:00.000+00:00")
    emulator.clock.advance(3600)
    assert Storage(guest).get_file_view("private", "one", token=token.secret) == b"one"


def test_delete_revokes_the_token(tokens, guest, expect_error):
    token = tokens.create_file_token("private", "one")
    tokens.delete(token.id)
    with expect_error("user_unauthorized", 401):
        Storage(guest).get_file_view("private", "one", token=token.secret)
    with expect_error("token_not_found", 404):
        tokens.get(token.id)
    with expect_error("token_not_found", 404):
        tokens.delete(token.id)


def test_deleting_a_file_deletes_its_tokens(tokens, storage, expect_error):
    token = tokens.create_file_token("private", "one")
    storage.delete_file("private", "one")
    with expect_error("token_not_found", 404):
        tokens.get(token.id)
