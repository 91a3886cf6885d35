"""Buckets, files, their content, and file tokens."""

from collections.abc import Collection
from typing import Any

from django.db import models
from django.db.models.expressions import RawSQL

from appwrite_emulator.common import clock, ids
from appwrite_emulator.db.models.fields import IdField
from appwrite_emulator.db.models.timestamps import TimestampedModel

MAX_FILE_SIZE = 30_000_000
"""The real server's default limit on file sizes, in bytes (_APP_STORAGE_LIMIT)."""
CHUNK_SIZE = 5 * 1024 * 1024
"""Chunk size of uploads, in bytes. Content is stored in chunks of this size."""


class Bucket(TimestampedModel):
    sequence = models.BigAutoField(primary_key=True)
    id = IdField(unique=True)
    permissions = models.JSONField(default=list)
    file_security = models.BooleanField(default=False)
    name = models.CharField(max_length=128)
    enabled = models.BooleanField(default=True)
    maximum_file_size = models.BigIntegerField(default=MAX_FILE_SIZE)
    allowed_file_extensions = models.JSONField(default=list)
    compression = models.CharField(max_length=8, default="none")
    encryption = models.BooleanField(default=True)
    antivirus = models.BooleanField(default=True)
    transformations = models.BooleanField(default=True)
    search = models.TextField(help_text="ID and original name, which the real server keeps searching after a rename")

    @property
    def total_size(self) -> int:
        """Total stored size of the bucket's files, in bytes."""
        return self.files.aggregate(models.Sum("size_actual"))["size_actual__sum"] or 0


class FileQuerySet(models.QuerySet["File"]):
    def readable_by(self, roles: Collection[str]) -> "FileQuerySet":
        """Return the files whose own permissions grant one of `roles` read access."""
        texts = [f'read("{role}")' for role in roles]
        places = ", ".join(["%s"] * len(texts))
        own = f'"{self.model._meta.db_table}"."permissions"'
        condition = f"EXISTS (SELECT 1 FROM json_each({own}) WHERE value IN ({places}))"  # noqa: S608
        return self.filter(RawSQL(condition, texts, output_field=models.BooleanField()))  # noqa: S611


class File(TimestampedModel):
    sequence = models.BigAutoField(primary_key=True)
    bucket = models.ForeignKey(Bucket, models.CASCADE, related_name="files")
    id = IdField()
    permissions = models.JSONField(default=list)
    name = models.TextField()
    extension = models.TextField(blank=True, help_text="of the original file name, in lower case")
    signature = models.CharField(max_length=32, blank=True, help_text="MD5 of the bytes")
    mime_type = models.CharField(max_length=255, blank=True)
    size_original = models.BigIntegerField()
    size_actual = models.BigIntegerField(default=0)
    chunks_total = models.IntegerField(default=1)
    chunks_uploaded = models.IntegerField(default=0)
    encryption = models.BooleanField(default=False)
    compression = models.CharField(max_length=8, blank=True)
    search = models.TextField(help_text="ID and original name, which the real server keeps searching after a rename")

    objects: Any = FileQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bucket", "id"], name="one_file_per_id")]

    @property
    def is_complete(self) -> bool:
        return self.chunks_uploaded == self.chunks_total

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """Return the bytes from `start` to `end` (exclusive). Load only the chunks that contain them."""
        chunks = self.chunks.filter(start__gt=start - CHUNK_SIZE)
        if end is not None:
            chunks = chunks.filter(start__lt=end)
        stored = list(chunks.order_by("start"))
        if not stored:
            return b""
        content = b"".join(chunk.content for chunk in stored)
        offset = stored[0].start
        return content[start - offset : None if end is None else end - offset]


class Chunk(models.Model):
    """A part of a file's content: at most `CHUNK_SIZE` bytes."""

    file = models.ForeignKey(File, models.CASCADE, related_name="chunks")
    start = models.BigIntegerField(help_text="offset in the file: a multiple of CHUNK_SIZE")
    content = models.BinaryField()

    class Meta:
        db_table = "appwrite_emulator_piece"  # the model's original name, which older data files still use
        constraints = [models.UniqueConstraint(fields=["file", "start"], name="one_piece_per_place")]


class FileToken(models.Model):
    """A token that lets anyone with the link read one file."""

    id = IdField(primary_key=True, default=ids.unique)
    file = models.ForeignKey(File, models.CASCADE, related_name="tokens")
    created_at = models.DateTimeField(default=clock.now)
    expire = models.DateTimeField(null=True, help_text="null: never")
    accessed_at = models.DateTimeField(null=True)

    @property
    def resource_id(self) -> str:
        """Bucket ID and file ID, joined as in Appwrite."""
        return f"{self.file.bucket.id}:{self.file.id}"
