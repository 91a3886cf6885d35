"""Buckets through the official SDK."""

import pytest
from appwrite.permission import Permission
from appwrite.query import Query
from appwrite.role import Role
from appwrite.services.storage import Storage

from tests.storage.conftest import COVERS, text_file


def test_create_bucket_sets_appwrites_defaults(storage, expect_error):
    bucket = storage.create_bucket("covers", "Covers")
    assert (bucket.permissions, bucket.filesecurity, bucket.enabled) == ([], False, True)
    assert (bucket.maximumfilesize, bucket.compression, bucket.encryption) == (30_000_000, "none", True)
    with expect_error("storage_bucket_already_exists", 409):
        storage.create_bucket("covers", "Covers again")
    with expect_error("general_argument_invalid", 400):
        storage.create_bucket("other", "Other", maximum_file_size=10**12)


def test_buckets_require_a_key(alice, guest, expect_error):
    for caller in (alice.client, guest):
        with expect_error("general_unauthorized_scope", 401):
            Storage(caller).list_buckets()
        with expect_error("general_unauthorized_scope", 401):
            Storage(caller).create_bucket("covers", "Covers")


def test_list_buckets_supports_queries_and_search(storage, expect_error):
    for name in ("Covers", "Papers", "Photos"):
        storage.create_bucket(name.lower(), name, enabled=name != "Papers")
    assert [bucket.id for bucket in storage.list_buckets([Query.order_desc("name")]).buckets] == [
        "photos",
        "papers",
        "covers",
    ]
    assert [bucket.id for bucket in storage.list_buckets([Query.equal("enabled", False)]).buckets] == ["papers"]
    assert [bucket.id for bucket in storage.list_buckets(search="photos").buckets] == ["photos"]
    with expect_error("general_argument_invalid", 400):
        storage.list_buckets([Query.equal("compression", "none")])


def test_get_bucket_reports_the_total_size(storage, public, expect_error):
    storage.create_file(public, "one", text_file("x" * 300))
    assert storage.get_bucket(public).totalsize == 400  # the size of the encrypted file
    with expect_error("storage_bucket_not_found", 404):
        storage.get_bucket("nosuchbucket")


def test_update_bucket_resets_omitted_settings_except_permissions(storage):
    storage.create_bucket("box", "Box", [Permission.read(Role.any())], True, False, 5000, ["png"], "gzip")
    bucket = storage.update_bucket("box", "Renamed")
    assert bucket.permissions == ['read("any")']
    assert (bucket.name, bucket.filesecurity, bucket.enabled) == ("Renamed", False, True)
    assert (bucket.maximumfilesize, bucket.allowedfileextensions, bucket.compression) == (30_000_000, [], "none")
    written = storage.update_bucket("box", "Box", ['write("users")', 'read("any")']).permissions
    assert written == ['create("users")', 'update("users")', 'delete("users")', 'read("any")']


def test_delete_bucket_deletes_its_files(storage, public, expect_error):
    storage.create_file(public, "one", text_file())
    storage.delete_bucket(public)
    with expect_error("storage_bucket_not_found", 404):
        storage.get_file(public, "one")
    storage.create_bucket(public, "Public again")
    assert storage.list_files(public).total == 0


def test_disabled_bucket_is_visible_only_to_servers(storage, alice, public, expect_error):
    storage.create_file(public, "one", text_file())
    storage.update_bucket(public, "Public", enabled=False)
    with expect_error("storage_bucket_not_found", 404):
        Storage(alice.client).get_file(public, "one")
    assert storage.get_file(public, "one").id == "one"


def test_null_keeps_some_bucket_settings(call_api, covers_bucket):
    call_api(
        "PUT", COVERS, json={"name": "Covers", "maximumFileSize": 9000, "compression": "gzip", "encryption": False}
    )
    nothing = {"maximumFileSize": None, "compression": None, "encryption": None}
    _, _, bucket = call_api("PUT", COVERS, json={"name": "Covers", **nothing})
    assert (bucket["maximumFileSize"], bucket["compression"], bucket["encryption"]) == (9000, "gzip", False)
    _, _, bucket = call_api("PUT", COVERS, json={"name": "Covers"})
    assert (bucket["maximumFileSize"], bucket["compression"], bucket["encryption"]) == (30_000_000, "none", True)
    _, _, bucket = call_api("POST", "/storage/buckets", json={"bucketId": "other", "name": "Other", **nothing})
    assert (bucket["maximumFileSize"], bucket["compression"], bucket["encryption"]) == (30_000_000, "none", True)


def test_total_size_is_reported_on_get_but_zero_on_put(call_api, covers_bucket):
    size = call_api("GET", f"{COVERS}/files/one")[2]["sizeActual"]
    assert call_api("GET", COVERS)[2]["totalSize"] == size
    assert call_api("GET", "/storage/buckets")[2]["buckets"][0]["totalSize"] == size
    assert call_api("PUT", COVERS, json={"name": "Covers"})[2]["totalSize"] == 0


@pytest.mark.parametrize("name", ["a.png", "a.PNG"])
def test_allowed_extension_in_upper_case_matches_no_file(call_api, covers_bucket, name):
    call_api("PUT", COVERS, json={"name": "Covers", "allowedFileExtensions": ["PNG"]})
    response = call_api("POST", f"{COVERS}/files", data={"fileId": "two"}, files={"file": (name, b"a")})
    assert response[:2] == (400, "storage_file_type_unsupported")
