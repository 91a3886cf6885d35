"""The project, its API keys, platforms and providers."""

from typing import Any

from appwrite_emulator.common.clock import iso
from appwrite_emulator.db.models import ApiKey, OAuth2Provider, Platform, Project


def project(project: Project) -> dict[str, Any]:
    return {"$id": project.id, "name": project.name, "authSessionsLimit": project.session_limit}


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
    return {
        "$id": platform.id,
        "$createdAt": iso(platform.created_at),
        "$updatedAt": iso(platform.created_at),
        "name": platform.name,
        "type": platform.type,
        "hostname": platform.hostname,
    }


def oauth2_microsoft(provider: OAuth2Provider) -> dict[str, Any]:
    """Return the provider's settings without the secret."""
    return {
        "$id": provider.name,
        "enabled": provider.enabled,
        "applicationId": provider.application_id,
        "applicationSecret": "",
        "tenant": provider.tenant,
    }
