"""Sent e-mails, text messages and push messages. They are stored in the inbox and never delivered."""

from django.db import models

from appwrite_emulator.common import clock, ids
from appwrite_emulator.db.models.fields import IdField


class Mail(models.Model):
    """One message to one address, phone number or device."""

    id = IdField(primary_key=True, default=ids.unique)
    created_at = models.DateTimeField(default=clock.now)
    kind = models.CharField(max_length=8, default="email", help_text="email, sms or push")
    recipient = models.CharField(max_length=260, blank=True, help_text="name of the recipient and their device")
    to = models.CharField(max_length=2048, db_index=True, db_collation="NOCASE")
    sender = models.CharField(max_length=450, blank=True)
    cc = models.JSONField(default=list)
    subject = models.TextField()
    text = models.TextField()
    html = models.TextField()
    source = models.TextField(help_text="the complete message, as sent")
    links = models.JSONField(default=list)
    code = models.CharField(max_length=16, blank=True)
    cause = models.CharField(max_length=200, blank=True, help_text="the request that caused it")
    expire = models.DateTimeField(null=True, help_text="when its link or code expires")
    phrase = models.CharField(max_length=100, blank=True)
    message_id = models.CharField(
        max_length=36, blank=True, help_text="the Messaging message, if it was sent through one"
    )
    data = models.JSONField(default=dict, help_text="data of a push message, besides its text")
    attachments = models.JSONField(default=list, help_text="file names")

    class Meta:
        ordering = ["-created_at", "-pk"]
