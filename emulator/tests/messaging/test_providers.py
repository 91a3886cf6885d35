"""Messaging providers."""

from typing import Any

import pytest
from appwrite.enums.smtp_encryption import SmtpEncryption
from appwrite.query import Query
from appwrite.services.messaging import Messaging

from tests.conftest import INVALID, CallApi
from tests.messaging.conftest import DRAFT, FROM, KINDS, provider


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("create_apns_provider", "apns"),
        ("create_fcm_provider", "fcm"),
        ("create_mailgun_provider", "mailgun"),
        ("create_msg91_provider", "msg91"),
        ("create_resend_provider", "resend"),
        ("create_sendgrid_provider", "sendgrid"),
        ("create_ses_provider", "ses"),
        ("create_smtp_provider", "smtp"),
        ("create_telesign_provider", "telesign"),
        ("create_textmagic_provider", "textmagic"),
        ("create_twilio_provider", "twilio"),
        ("create_vonage_provider", "vonage"),
    ],
)
def test_complete_provider_is_enabled(messaging, method, kind):
    type_, needed = KINDS[kind]
    created = provider(getattr(messaging, method), f"my-{kind}", "Mine", enabled=True, **needed)
    assert (created.provider, created.type, created.enabled) == (kind, type_, True)
    assert provider(messaging.get_provider, f"my-{kind}").credentials == created.credentials


@pytest.mark.parametrize(
    ("method", "kind", "fields", "stored"),
    [
        ("update_apns_provider", "apns", {"team_id": "other"}, "other"),
        ("update_fcm_provider", "fcm", {"service_account_json": {"project_id": "other"}}, {"project_id": "other"}),
        ("update_mailgun_provider", "mailgun", {"domain": "other"}, "other"),
        ("update_msg91_provider", "msg91", {"sender_id": "other"}, "other"),
        ("update_resend_provider", "resend", {"api_key": "other"}, "other"),
        ("update_sendgrid_provider", "sendgrid", {"api_key": "other"}, "other"),
        ("update_ses_provider", "ses", {"region": "other"}, "other"),
        ("update_smtp_provider", "smtp", {"port": 25}, 25),
        ("update_telesign_provider", "telesign", {"customer_id": "other"}, "other"),
        ("update_textmagic_provider", "textmagic", {"username": "other"}, "other"),
        ("update_twilio_provider", "twilio", {"account_sid": "other"}, "other"),
        ("update_vonage_provider", "vonage", {"api_secret": "other"}, "other"),
    ],
)
def test_update_changes_only_the_submitted_fields(messaging, method, kind, fields, stored):
    create = getattr(messaging, method.replace("update", "create"))
    created = provider(create, "mine", "Mine", enabled=True, **KINDS[kind][1])
    changed = provider(getattr(messaging, method), "mine", name="Ours", enabled=False, **fields)
    assert (changed.name, changed.enabled) == ("Ours", False)
    differing = [value for key, value in changed.credentials.items() if created.credentials[key] != value]
    assert differing == [stored]
    assert changed.options == created.options


def test_incomplete_provider_stays_disabled(messaging, expect_error):
    created = messaging.create_smtp_provider("post", "Post", "mail.example.com", enabled=True)
    assert created.enabled is False
    with expect_error("provider_missing_credentials", 400):
        messaging.update_smtp_provider("post", enabled=True)
    assert messaging.update_smtp_provider("post", enabled=True, **FROM).enabled is True


def test_updating_a_provider_of_another_kind_is_rejected(messaging, smtp, expect_error):
    with expect_error("provider_incorrect_type", 400):
        messaging.update_twilio_provider("post", name="Text")


def test_smtp_provider_without_encryption_reports_an_empty_value(messaging, smtp):
    assert messaging.update_smtp_provider("post", encryption=SmtpEncryption.TLS).options["encryption"] == "tls"
    assert messaging.update_smtp_provider("post", encryption=SmtpEncryption.NONE).options["encryption"] == ""


def test_get_provider_requires_a_key(messaging, smtp, alice, expect_error):
    assert messaging.get_provider("post").credentials["host"] == "mail.example.com"
    with expect_error("general_unauthorized_scope", 401):
        Messaging(alice.client).get_provider("post")


def test_list_providers(messaging, smtp, twilio):
    assert messaging.list_providers().total == 2
    assert [each.id for each in messaging.list_providers([Query.equal("type", "sms")]).providers] == ["text"]
    assert [each.id for each in messaging.list_providers(search="smtp").providers] == ["post"]


def test_delete_provider(messaging, smtp, expect_error):
    messaging.delete_provider("post")
    with expect_error("provider_not_found", 404):
        messaging.get_provider("post")


# -- credentials and options ------------------------------------------------------------------------------------------


def test_msg91_requires_a_template_only_when_enabled_later(call_api: CallApi) -> None:
    body = {"providerId": "msg", "name": "Msg", "senderId": "s", "authKey": "k", "enabled": True}
    _, _, created = call_api("POST", "/messaging/providers/msg91", json=body)
    assert created["enabled"]
    later = call_api("PATCH", "/messaging/providers/msg91/msg", json={"enabled": True})
    assert later[:2] == (400, "provider_missing_credentials")


@pytest.mark.parametrize("kind", ["mailgun", "resend", "sendgrid"])
def test_sender_is_required_only_at_creation(call_api: CallApi, kind: str) -> None:
    body = {"providerId": kind, "name": kind, "apiKey": "k", "enabled": True}
    body |= {"domain": "example.com", "isEuRegion": False} if kind == "mailgun" else {}
    _, _, created = call_api("POST", f"/messaging/providers/{kind}", json=body)
    assert not created["enabled"]
    _, _, changed = call_api("PATCH", f"/messaging/providers/{kind}/{kind}", json={"enabled": True})
    assert changed["enabled"]


def test_smtp_always_requires_a_sender(call_api: CallApi) -> None:
    body = {"providerId": "post", "name": "Post", "host": "mail.example.com", "enabled": True}
    _, _, created = call_api("POST", "/messaging/providers/smtp", json=body)
    assert not created["enabled"]
    later = call_api("PATCH", "/messaging/providers/smtp/post", json={"enabled": True})
    assert later[:2] == (400, "provider_missing_credentials")


def test_changed_apns_bundle_id_is_stored_under_a_different_key(call_api: CallApi) -> None:
    call_api("POST", "/messaging/providers/apns", json={"providerId": "apple", "name": "Apple", "bundleId": "one"})
    _, _, changed = call_api("PATCH", "/messaging/providers/apns/apple", json={"bundleId": "two"})
    assert changed["credentials"] == {"bundleId": "one", "bundle": "two"}


def test_sender_address_keeps_its_case(messaging) -> None:
    created = messaging.create_resend_provider("re", "Re", api_key="k", from_email="Library@Example.com")
    assert created.options["fromEmail"] == "Library@Example.com"


def test_encryption_keeps_its_case(call_api: CallApi) -> None:
    body = {"providerId": "post", "name": "Post", "host": "mail.example.com", "encryption": "TLS"}
    assert call_api("POST", "/messaging/providers/smtp", json=body)[2]["options"]["encryption"] == "TLS"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/messaging/messages/email", {**DRAFT, "subject": "s", "content": "c", "draft": "true"}),
        ("POST", "/messaging/messages/email", {**DRAFT, "subject": "s", "content": "c", "html": 1}),
        ("POST", "/messaging/messages/push", {**DRAFT, "critical": "1"}),
        ("POST", "/messaging/providers/fcm", {"providerId": "fcm", "name": "Fire", "enabled": "true"}),
        ("POST", "/messaging/providers/apns", {"providerId": "apns", "name": "Apple", "sandbox": 0}),
    ],
)
def test_flags_of_messages_and_providers_must_be_booleans(
    call_api: CallApi, method: str, path: str, body: dict[str, Any]
) -> None:
    assert call_api(method, path, json=body)[:2] == INVALID
