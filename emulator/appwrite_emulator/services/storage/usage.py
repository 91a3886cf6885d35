"""The number and total size of files over time."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.db.models import Bucket, File
from appwrite_emulator.http.parameters import accepts
from appwrite_emulator.services import usage
from appwrite_emulator.services.storage.access import find_bucket


@accepts(range=usage.RANGE)
def get_usage(request: Request, *, range: str) -> dict[str, Any]:
    """GET /storage/usage."""
    report = usage.report(
        range,
        buckets=usage.count(Bucket.objects.all()),
        files=usage.count(File.objects.all()),
        storage=usage.total(File.objects.all(), "size_actual"),
    )
    return _rename_storage(report)


@accepts(range=usage.RANGE)
def get_bucket_usage(request: Request, *, bucket_id: str, range: str) -> dict[str, Any]:
    """GET /storage/{bucketId}/usage. Image transformations are not counted."""
    files = find_bucket(request, bucket_id).files.all()
    report = usage.report(
        range,
        files=usage.count(files),
        storage=usage.total(files, "size_actual"),
        imageTransformations=usage.not_measured,
    )
    return _rename_storage(report)


def _rename_storage(report: dict[str, Any]) -> dict[str, Any]:
    """Rename the total of `storage` to `filesStorageTotal`, as in Appwrite."""
    return {"filesStorageTotal" if key == "storageTotal" else key: value for key, value in report.items()}
