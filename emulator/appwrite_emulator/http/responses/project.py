"""The project, its API keys, platforms and providers."""

from collections.abc import Iterable
from typing import Any

from appwrite_emulator.auth.oauth_catalogue import PROVIDERS
from appwrite_emulator.common import hosts
from appwrite_emulator.common.clock import iso
from appwrite_emulator.common.project_state import CONSOLE
from appwrite_emulator.common.switches import AUTH_METHODS, PROTOCOLS, SERVICES
from appwrite_emulator.db.models import (
    ORGANIZATION,
    PLATFORM_IDENTIFIERS,
    ApiKey,
    EmailTemplate,
    OAuth2Provider,
    Platform,
    Project,
    ProxyRule,
    Webhook,
)


def project(project: Project) -> dict[str, Any]:
    """Return the project. Fields that only Appwrite's console can change have the values of a new project."""
    return {
        "$id": project.id,
        "$createdAt": iso(project.created_at),
        "$updatedAt": iso(project.updated_at),
        "name": project.name,
        "teamId": ORGANIZATION if CONSOLE.database else "",
        "region": "default",
        "devKeys": [],
        "smtpEnabled": project.smtp_enabled,
        "smtpSenderName": project.smtp_sender_name,
        "smtpSenderEmail": project.smtp_sender_email,
        "smtpReplyToName": project.smtp_reply_to_name,
        "smtpReplyToEmail": project.smtp_reply_to_email,
        "smtpHost": project.smtp_host,
        "smtpPort": project.smtp_port,
        "smtpUsername": project.smtp_username,
        "smtpPassword": "",  # can be set, but not read
        "smtpSecure": project.smtp_secure,
        "pingCount": 0,
        "pingedAt": "",
        "labels": project.labels,
        "status": "active",
        "authMethods": _switches(AUTH_METHODS, project.disabled_auth_methods),
        "services": _switches(SERVICES, project.disabled_services),
        "protocols": _switches(PROTOCOLS, project.disabled_protocols),
        "blocks": [],
        "consoleAccessedAt": "",
    }


_LEGAL = ("legalName", "legalCountry", "legalState", "legalCity", "legalAddress", "legalTaxId")
PROJECT_DETAILS = ("description", "logo", "url", *_LEGAL)
"""Text fields of the project that only older formats show."""

_OLDER_NAMES = {
    "magic-url": "usersAuthMagicURL",
    "jwt": "JWT",
    "email-password": "emailPassword",
    "email-otp": "emailOtp",
}
"""Authentication method -> its name in the fields of older formats, if that differs."""


def project_settings(project: Project) -> dict[str, Any]:
    """Return a project's settings, platforms and keys, which older formats show as part of the project."""
    return {
        **_older_switches("auth", AUTH_METHODS, project.disabled_auth_methods),
        **_older_switches("serviceStatusFor", SERVICES, project.disabled_services),
        **_older_switches("protocolStatusFor", PROTOCOLS, project.disabled_protocols),
        "authLimit": project.user_limit,
        "authDuration": project.session_duration,
        "authSessionsLimit": project.session_limit,
        "authPasswordHistory": project.password_history,
        "authPasswordDictionary": project.password_dictionary,
        "authPersonalDataCheck": project.password_personal_data,
        "authDisposableEmails": False,
        "authCanonicalEmails": False,
        "authFreeEmails": False,
        "authCorporateEmails": False,
        "authMockNumbers": project.mock_numbers,
        "authSessionAlerts": project.session_alert,
        "authMembershipsUserName": project.members_user_name,
        "authMembershipsUserEmail": project.members_user_email,
        "authMembershipsMfa": project.members_user_mfa,
        "authMembershipsUserId": project.members_user_id,
        "authMembershipsUserPhone": project.members_user_phone,
        "authMembershipsUserAccessedAt": project.members_user_accessed_at,
        "authInvalidateSessions": project.session_invalidation,
        **dict.fromkeys(PROJECT_DETAILS, ""),
        **project.details,
        "oAuthProviders": _providers(project),
        "platforms": [platform(each) for each in project.platforms.all()],
        "webhooks": [webhook(each) for each in project.webhooks.all()],
        "keys": [key(each) for each in project.keys.all()],
    }


def _older_switches(prefix: str, names: Iterable[str], disabled: list[str]) -> dict[str, bool]:
    return {prefix + _capitalised(_OLDER_NAMES.get(name, name)): name not in disabled for name in names}


def _capitalised(name: str) -> str:
    return name[0].upper() + name[1:]


def _providers(project: Project) -> list[dict[str, Any]]:
    configured = {each.name: each for each in project.oauth2_providers.all()}
    return [
        {
            "key": name,
            "name": definition.title,
            "appId": configured[name].application_id if name in configured else "",
            "secret": "",
            "enabled": name in configured and configured[name].enabled,
        }
        for name, definition in PROVIDERS.items()
    ]


def _switches(names: Iterable[str], disabled: list[str]) -> list[dict[str, Any]]:
    return [{"$id": name, "enabled": name not in disabled} for name in names]


def key(key: ApiKey) -> dict[str, Any]:
    return {
        "$id": key.id,
        "$createdAt": iso(key.created_at),
        "$updatedAt": iso(key.updated_at),
        "name": key.name,
        "expire": iso(key.expire),
        "scopes": key.scopes,
        "secret": key.secret,
        "accessedAt": "",
        "sdks": [],
    }


def platform(platform: Platform) -> dict[str, Any]:
    """Return the platform. The name of its identifier field depends on its type."""
    identifier = platform.hostname if platform.type == "web" else platform.key
    return {
        "$id": platform.id,
        "$createdAt": iso(platform.created_at),
        "$updatedAt": iso(platform.updated_at),
        "name": platform.name,
        "type": platform.type,
        PLATFORM_IDENTIFIERS[platform.type]: identifier,
        **({"key": platform.key} if platform.type == "web" else {}),
    }


def mock_number(number: dict[str, str]) -> dict[str, Any]:
    """Return a mock number. Numbers set through `update_mock_numbers` have no timestamps."""
    return {
        "number": number["phone"],
        "otp": number["otp"],
        "$createdAt": number.get("$createdAt", ""),
        "$updatedAt": number.get("$updatedAt", ""),
    }


def proxy_rule(rule: ProxyRule) -> dict[str, Any]:
    """Return the rule. Only the server's own domains can be verified, because the emulator sends no DNS queries."""
    verified = hosts.is_own_domain(rule.domain)
    return {
        "$id": rule.id,
        "$createdAt": iso(rule.created_at),
        "$updatedAt": iso(rule.updated_at),
        "domain": rule.domain,
        "type": rule.type,
        "trigger": "manual",
        "redirectUrl": rule.redirect_url,
        "redirectStatusCode": rule.redirect_status_code,
        "deploymentId": rule.function.deployment_id or "" if rule.function and rule.type == "deployment" else "",
        "deploymentResourceType": "function" if rule.function else None,
        "deploymentResourceId": rule.function_id or "",
        "deploymentVcsProviderBranch": rule.branch,
        "status": "verified" if verified else "unverified",
        "logs": "" if verified else "DNS verification failed: the emulator sends no DNS queries.",
        "renewAt": "",
    }


def email_template(template: EmailTemplate) -> dict[str, Any]:
    return {
        "templateId": template.template_id,
        "locale": template.locale,
        "message": template.message,
        "senderName": template.sender_name,
        "senderEmail": template.sender_email,
        "replyToEmail": template.reply_to_email,
        "replyToName": template.reply_to_name,
        "subject": template.subject,
    }


def oauth2_provider(provider: OAuth2Provider) -> dict[str, Any]:
    """Return the provider's configuration under its own field names. Secrets are empty."""
    definition = PROVIDERS[provider.name]
    settings = definition.without_secrets(definition.settings | provider.settings)
    return {
        "$id": provider.name,
        "enabled": provider.enabled,
        definition.client: provider.application_id,
        **({definition.secret: ""} if definition.secret else {}),
        **settings,
    }


def webhook(webhook: Webhook, *, with_secret: bool = False) -> dict[str, Any]:
    """Return a webhook. The secret is shown only in responses that create the webhook or change the secret."""
    return {
        "$id": webhook.id,
        "$createdAt": iso(webhook.created_at),
        "$updatedAt": iso(webhook.updated_at),
        "name": webhook.name,
        "url": webhook.url,
        "events": webhook.events,
        "tls": webhook.tls,
        "authUsername": webhook.auth_username,
        "authPassword": webhook.auth_password,
        "secret": webhook.secret if with_secret else "",
        "enabled": webhook.enabled,
        "logs": webhook.logs,
        "attempts": webhook.attempts,
    }
