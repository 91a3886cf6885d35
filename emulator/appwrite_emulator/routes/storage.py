"""Routes of the Storage service, which manages buckets and files."""

from appwrite_emulator.http.rate_limits import SIXTY_WRITES, RateLimit
from appwrite_emulator.http.route import Route
from appwrite_emulator.services.storage import buckets, delivery, files, previews, uploads, usage

BUCKET = "storage/buckets/<bucket_id>"
FILE = f"{BUCKET}/files/<file_id>"

UPLOADS = RateLimit(60, 60, keys=("ip:{ip},method:{method},url:{url},userId:{userId},chunkId:{chunkId}",))

# fmt: off
ROUTES = (
    Route("GET", "storage/buckets", buckets.list_buckets,
          operation="storage.listBuckets", scope="buckets.read", model="BucketList"),
    Route("POST", "storage/buckets", buckets.create_bucket,
          operation="storage.createBucket", scope="buckets.write", model="Bucket",
          event="buckets.[bucketId].create"),
    Route("GET", "storage/usage", usage.get_usage,
          operation="storage.getUsage", scope="files.read", model="UsageStorage"),
    Route("GET", "storage/<bucket_id>/usage", usage.get_bucket_usage,
          operation="storage.getBucketUsage", scope="files.read", model="UsageBuckets"),
    Route("GET", BUCKET, buckets.get_bucket,
          operation="storage.getBucket", scope="buckets.read", model="Bucket"),
    Route("PUT", BUCKET, buckets.update_bucket,
          operation="storage.updateBucket", scope="buckets.write", model="Bucket",
          event="buckets.[bucketId].update"),
    Route("DELETE", BUCKET, buckets.delete_bucket,
          operation="storage.deleteBucket", scope="buckets.write",
          event="buckets.[bucketId].delete"),
    Route("GET", f"{BUCKET}/files", files.list_files,
          operation="storage.listFiles", scope="files.read", model="FileList"),
    Route("POST", f"{BUCKET}/files", uploads.create_file,
          operation="storage.createFile", scope="files.write", model="File", status=(201, 200), limit=UPLOADS,
          event="buckets.[bucketId].files.[fileId].create"),
    Route("GET", FILE, files.get_file,
          operation="storage.getFile", scope="files.read", model="File"),
    Route("PUT", FILE, files.update_file,
          operation="storage.updateFile", scope="files.write", model="File",
          event="buckets.[bucketId].files.[fileId].update"),
    Route("DELETE", FILE, files.delete_file,
          operation="storage.deleteFile", scope="files.write", limit=SIXTY_WRITES,
          event="buckets.[bucketId].files.[fileId].delete"),
    Route("GET", f"{FILE}/view", delivery.get_file_view,
          operation="storage.getFileView", scope="files.read", status=(200, 206)),
    Route("GET", f"{FILE}/download", delivery.get_file_download,
          operation="storage.getFileDownload", scope="files.read", status=(200, 206)),
    Route("GET", f"{FILE}/push", delivery.get_file_for_push,
          operation="storage.getFileForPush", model="Any", status=(200, 206)),
    Route("GET", f"{FILE}/preview", previews.get_file_preview,
          operation="storage.getFilePreview", scope="files.read"),
)
