"""Mails that went out; nobody but the inbox ever receives them."""

from django.db import models

from appwrite_emulator import clock, ids
from appwrite_emulator.models.fields import IdField


class Mail(models.Model):
    id = IdField(primary_key=True, default=ids.unique)
    created_at = models.DateTimeField(default=clock.now)
    to = models.CharField(max_length=320, db_index=True, db_collation="NOCASE")
    subject = models.TextField()
    text = models.TextField()
    html = models.TextField()
    source = models.TextField(help_text="the whole message as it went out")
    links = models.JSONField(default=list)
    code = models.CharField(max_length=16, blank=True)
    cause = models.CharField(max_length=200, blank=True, help_text="the request it was sent for")
    expire = models.DateTimeField(null=True, help_text="when its link or code is over")
    phrase = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
