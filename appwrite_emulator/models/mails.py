"""What went out: mails, text messages, push messages. Nobody but the inbox ever receives them."""

from django.db import models

from appwrite_emulator import clock, ids
from appwrite_emulator.models.fields import IdField


class Mail(models.Model):
    """One message as it reached one address, number or device."""

    id = IdField(primary_key=True, default=ids.unique)
    created_at = models.DateTimeField(default=clock.now)
    kind = models.CharField(max_length=8, default="email", help_text="email, sms or push")
    recipient = models.CharField(max_length=260, blank=True, help_text="whose it is, and their device")
    to = models.CharField(max_length=2048, db_index=True, db_collation="NOCASE")
    sender = models.CharField(max_length=450, blank=True)
    cc = models.JSONField(default=list)
    subject = models.TextField()
    text = models.TextField()
    html = models.TextField()
    source = models.TextField(help_text="the whole message as it went out")
    links = models.JSONField(default=list)
    code = models.CharField(max_length=16, blank=True)
    cause = models.CharField(max_length=200, blank=True, help_text="the request it was sent for")
    expire = models.DateTimeField(null=True, help_text="when its link or code is over")
    phrase = models.CharField(max_length=100, blank=True)
    message_id = models.CharField(max_length=36, blank=True, help_text="of Messaging, if it was sent by that")
    data = models.JSONField(default=dict, help_text="what a push message brings beside its words")
    attachments = models.JSONField(default=list, help_text="the names of the files")

    class Meta:
        ordering = ["-created_at", "-pk"]
