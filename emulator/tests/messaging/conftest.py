"""Providers, targets and times for the messaging tests."""

import datetime
from types import SimpleNamespace

import pytest
from appwrite.exception import AppwriteException
from appwrite.services.messaging import Messaging

FROM = {"from_name": "Library", "from_email": "library@example.com"}


NUMBER = {"xfrom": "+15005550006"}


# Provider -> its type and the fields that it must have before it can be enabled.
KINDS = {
    "apns": ("push", {"auth_key": "k", "auth_key_id": "i", "team_id": "t", "bundle_id": "b"}),
    "fcm": ("push", {"service_account_json": {"project_id": "default"}}),
    "mailgun": ("email", {"api_key": "k", "domain": "example.com", "is_eu_region": False, **FROM}),
    "msg91": ("sms", {"template_id": "t", "sender_id": "s", "auth_key": "k"}),
    "resend": ("email", {"api_key": "k", **FROM}),
    "sendgrid": ("email", {"api_key": "k", **FROM}),
    "ses": ("email", {"access_key": "a", "secret_key": "s", "region": "eu-north-1", **FROM}),
    "smtp": ("email", {"host": "mail.example.com", **FROM}),
    "telesign": ("sms", {"customer_id": "c", "api_key": "k", **NUMBER}),
    "textmagic": ("sms", {"username": "u", "api_key": "k", **NUMBER}),
    "twilio": ("sms", {"account_sid": "a", "auth_token": "t", **NUMBER}),
    "vonage": ("sms", {"api_key": "k", "api_secret": "s", **NUMBER}),
}


DRAFT = {"messageId": "draft", "draft": True}


@pytest.fixture
def messaging(server):
    """Return a Messaging service that uses an API key."""
    return Messaging(server)


@pytest.fixture
def smtp(messaging):
    return messaging.create_smtp_provider("post", "Post", enabled=True, **KINDS["smtp"][1])


@pytest.fixture
def twilio(messaging):
    return messaging.create_twilio_provider("text", "Text", enabled=True, **KINDS["twilio"][1])


@pytest.fixture
def fcm(messaging):
    return provider(messaging.create_fcm_provider, "fire", "Fire", enabled=True, **KINDS["fcm"][1])


def provider(call, *arguments, **fields):
    """Return the provider that `call` returns.

    The SDK cannot parse a provider without options (`[]`). In this case, return the raw response.
    """
    try:
        return call(*arguments, **fields)
    except AppwriteException as error:
        if not str(error).startswith("Unable to parse"):
            raise
        return SimpleNamespace(**error.response)


def email_target(users, user):
    """Return the target for the user's e-mail address."""
    [target] = users.list_targets(user.id).targets
    return target


def later(days):
    return (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)).isoformat(timespec="milliseconds")
