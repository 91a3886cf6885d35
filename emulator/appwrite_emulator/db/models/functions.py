"""Functions, their variables, deployments and executions."""

from typing import Any

from django.db import models

from appwrite_emulator.common import ids
from appwrite_emulator.db.models.fields import IdField
from appwrite_emulator.db.models.timestamps import TimestampedModel

MAX_TIMEOUT = 900
"""Maximum timeout of a function, in seconds."""


class Function(TimestampedModel):
    id = IdField(primary_key=True)
    name = models.CharField(max_length=128)
    runtime = models.CharField(max_length=32)
    execute = models.JSONField(default=list, help_text="roles that may execute it")
    events = models.JSONField(default=list)
    schedule = models.CharField(max_length=128, blank=True)
    timeout = models.IntegerField(default=15, help_text="in seconds")
    enabled = models.BooleanField(default=True)
    live = models.BooleanField(default=True, help_text="False: changed since the last deployment")
    logging = models.BooleanField(default=True)
    entrypoint = models.TextField(blank=True)
    commands = models.TextField(blank=True)
    scopes = models.JSONField(default=list)
    installation_id = models.CharField(max_length=128, blank=True)
    provider_repository_id = models.CharField(max_length=128, blank=True)
    provider_branch = models.CharField(max_length=128, blank=True)
    provider_root_directory = models.CharField(max_length=128, blank=True)
    provider_silent_mode = models.BooleanField(default=False)
    provider_branches = models.JSONField(default=list)
    provider_paths = models.JSONField(default=list)
    build_specification = models.CharField(max_length=32)
    runtime_specification = models.CharField(max_length=32)
    deployment_retention = models.IntegerField(default=0)
    deployment = models.ForeignKey("Deployment", models.SET_NULL, null=True, related_name="+")
    search = models.TextField()

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.search = f"{self.id} {self.name} {self.runtime}"
        super().save(*args, **kwargs)

    @property
    def latest_deployment(self) -> "Deployment | None":
        return self.deployments.order_by("-created_at", "-pk").first()


class Variable(TimestampedModel):
    id = IdField(primary_key=True)
    function = models.ForeignKey(Function, models.CASCADE, related_name="variables")
    key = models.CharField(max_length=255)
    value = models.TextField(blank=True)
    secret = models.BooleanField(default=True, help_text="hidden in responses; the function can read it")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["function", "key"], name="one_variable_per_key")]


class Deployment(TimestampedModel):
    """A function's code: a file in the functions folder, or an upload, which runs only with `--run-functions`."""

    id = IdField(primary_key=True, default=ids.unique)
    function = models.ForeignKey(Function, models.CASCADE, related_name="deployments")
    type = models.CharField(max_length=16, default="manual")
    entrypoint = models.TextField(blank=True)
    path = models.TextField(blank=True, help_text="file in the functions folder; empty for an upload")
    source = models.BinaryField(default=b"")
    source_size = models.BigIntegerField(default=0)
    source_chunks = models.JSONField(default=list, help_text="numbers of the chunks that have been uploaded, from 0")
    build_size = models.BigIntegerField(default=0)
    activate = models.BooleanField(default=False)
    status = models.CharField(max_length=16)
    build_logs = models.TextField(blank=True)
    build_duration = models.IntegerField(default=0, help_text="in seconds")

    @property
    def is_uploading(self) -> bool:
        """Whether chunks of the archive are missing. The build is part of the request that uploads the last chunk."""
        return self.status == "waiting"

    @property
    def is_ready(self) -> bool:
        return self.status == "ready"


class Execution(TimestampedModel):
    """One run of a function: finished, running or scheduled."""

    id = IdField(primary_key=True, default=ids.unique)
    function = models.ForeignKey(Function, models.CASCADE, related_name="executions")
    user_id = models.CharField(max_length=36, blank=True, help_text="the caller, who may read it")
    deployment_id = models.CharField(max_length=36)
    trigger = models.CharField(max_length=16)
    status = models.CharField(max_length=16)
    request_method = models.CharField(max_length=8)
    request_path = models.TextField()
    request_headers = models.JSONField(default=dict)
    request_body = models.BinaryField(default=b"")
    origin = models.CharField(max_length=300, help_text="the emulator's URL as the caller addressed it")
    response_status_code = models.IntegerField(default=0)
    response_headers = models.JSONField(default=dict)
    logs = models.TextField(blank=True)
    errors = models.TextField(blank=True)
    duration = models.FloatField(default=0.0, help_text="in seconds")
    scheduled_at = models.DateTimeField(null=True)
