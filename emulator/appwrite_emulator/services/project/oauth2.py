"""The project's OAuth2 providers. Each has its own names for the client ID, the secret and the settings."""

import json
from collections.abc import Callable
from typing import Any

from appwrite_emulator.auth.oauth_catalogue import MOCK_PROVIDERS, NAMES, PROVIDERS, Definition
from appwrite_emulator.auth.request import Request
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import OAuth2Provider
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Hostname, ListOf, OptionalUrl, Param, Text, accepts
from appwrite_emulator.services import lists

PROMPTS = ("none", "consent", "select_account")
_SETTING_PARAMETERS: dict[tuple[str, str], Param] = {
    ("apple", "p8File"): Text(4096, min=0),
    ("gitlab", "endpoint"): OptionalUrl(),
    ("google", "prompt"): ListOf(Text(choices=PROMPTS), 3),
    ("oidc", "wellKnownURL"): OptionalUrl(),
    ("oidc", "authorizationURL"): OptionalUrl(),
    ("oidc", "tokenURL"): OptionalUrl(),
    ("oidc", "userInfoURL"): OptionalUrl(),
    ("okta", "domain"): Hostname(empty=True),
}
"""(Provider, setting) -> parameter, for settings that are not plain strings."""


@accepts(queries=lists.SliceQueries(), total=Boolean(default=True))
def list_o_auth2_providers(request: Request, *, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /project/oauth2: list all providers, including those that are not configured.

    Only limit and offset queries are supported.
    """
    stored = {provider.name: provider for provider in request.project.oauth2_providers.all()}
    providers = [
        responses.oauth2_provider(stored.get(definition.name, _new(request, definition.name)))
        for definition in lists.cut(PROVIDERS.values(), queries)
    ]
    return {"total": len(PROVIDERS) if total else 0, "providers": providers}


@accepts(provider_id=Text(choices=tuple(sorted(NAMES)), required=True))
def get_o_auth2_provider(request: Request, *, provider_id: str) -> dict[str, Any]:
    """GET /project/oauth2/{providerId}."""
    if provider_id not in PROVIDERS:
        raise AppwriteError("project_provider_unsupported")
    return responses.oauth2_provider(_find(request, provider_id))


def updater(definition: Definition) -> Callable[..., dict[str, Any]]:
    """Return a provider's handler for PATCH /project/oauth2/NAME."""

    def update(request: Request, *, enabled: bool | None, **values: Any) -> dict[str, Any]:
        return _update(request, definition, enabled, values)

    update.__name__ = definition.operation
    update.__doc__ = f"PATCH /project/oauth2/{definition.name}: set up {definition.title}."
    credentials = {definition.client: Text(256, min=0)}
    if definition.secret:
        credentials[definition.secret] = Text(512, min=0)
    settings = {
        name: _SETTING_PARAMETERS.get((definition.name, name), Text(256, min=0)) for name in definition.settings
    }
    return accepts(**credentials, **settings, enabled=Boolean(strict=True))(update)


def _update(request: Request, definition: Definition, enabled: bool | None, values: dict[str, Any]) -> dict[str, Any]:
    """Set the fields that are not None. If `enabled` is omitted, enable the provider once it is complete."""
    _check_prompt(values.get("prompt"))
    provider = _find(request, definition.name)
    changed = {name: value for name, value in values.items() if value is not None}
    provider.application_id = changed.get(definition.client, provider.application_id)
    provider.secret = changed.get(definition.secret, provider.secret)
    if definition.settings and (definition.keeps_settings or changed.keys() - {definition.client}):
        stored = definition.settings | provider.settings
        provider.settings = {name: changed.get(name, value) for name, value in stored.items()}
    problem = _missing(definition, provider)
    if enabled and problem:
        raise AppwriteError("general_argument_invalid", problem)
    if enabled is not None:
        provider.enabled = enabled
    elif not problem:
        provider.enabled = True
    provider.save()
    return responses.oauth2_provider(provider)


# Provider -> names of its settings in the JSON that `update_provider` takes (src/Appwrite/Auth/OAuth2) -> our names.
_NAMES_IN_SECRET = {
    "apple": {"keyID": "keyId", "teamID": "teamId", "p8": "p8File"},
    "auth0": {"auth0Domain": "endpoint"},
    "authentik": {"authentikDomain": "endpoint"},
    "fusionauth": {"fusionAuthDomain": "endpoint"},
    "gitlab": {"endpoint": "endpoint"},
    "google": {"prompt": "prompt"},
    "keycloak": {"keycloakDomain": "endpoint", "keycloakRealm": "realmName"},
    "microsoft": {"tenantID": "tenant"},
    "oidc": {
        "wellKnownEndpoint": "wellKnownURL",
        "authorizationEndpoint": "authorizationURL",
        "tokenEndpoint": "tokenURL",
        "userinfoEndpoint": "userInfoURL",
    },
    "okta": {"oktaDomain": "domain", "authorizationServerId": "authorizationServerId"},
}


def _read_texts(text: str) -> dict[str, Any] | None:
    """Return the strings and the prompts in a JSON object, or None if `text` is a plain secret."""
    try:
        values = json.loads(text)
    except ValueError:
        return None
    if not isinstance(values, dict):
        return None
    return {
        name: value
        for name, value in values.items()
        if isinstance(value, str)
        or (name == "prompt" and isinstance(value, list) and all(each in PROMPTS for each in value))
    }


@accepts(
    provider=Text(choices=tuple(sorted({*PROVIDERS, *MOCK_PROVIDERS})), required=True),
    app_id=Text(256, min=0),
    secret=Text(512, min=0),
    enabled=Boolean(),
)
def update_provider(
    request: Request, *, provider: str, app_id: str | None, secret: str | None, enabled: bool | None
) -> dict[str, Any]:
    """PATCH /projects/{projectId}/oauth2: set a provider's fields, even if required fields are still missing.

    If the provider has settings, `secret` is a JSON object with them and the client secret. As in Appwrite
    (app/controllers/api/projects.php), the settings are not validated.
    """
    found = _find(request, provider)
    changes: dict[str, Any] = {"application_id": app_id, "secret": secret, "enabled": enabled}
    if secret and (names := _NAMES_IN_SECRET.get(provider)) and (values := _read_texts(secret)) is not None:
        changes["secret"] = values.get("clientSecret", "")
        changes["settings"] = {names[name]: value for name, value in values.items() if name in names}
    for name, value in changes.items():
        if value is not None:
            setattr(found, name, value)
    found.save()
    return responses.project(request.project)


def _check_prompt(prompt: list[str] | None) -> None:
    """Raise an error if Google's `prompt` parameter is an empty list, or combines `none` with other values."""
    if prompt == []:
        raise AppwriteError("general_argument_invalid", "Prompt array cannot be empty.")
    if prompt and "none" in prompt and len(prompt) > 1:
        raise AppwriteError(
            "general_argument_invalid",
            'When "none" is used as a prompt value, it must be the only element in the array.',
        )


def _missing(definition: Definition, provider: OAuth2Provider) -> str:
    """Return a message that says what is missing before the provider can be enabled, or "" if nothing is missing.

    For some providers, settings can replace the secret.
    """
    if not provider.application_id or not (provider.secret or provider.settings):
        return "A client ID and a client secret are required to enable an OAuth2 provider."
    settings = provider.settings
    if definition.name == "okta" and not settings.get("domain"):
        return "`domain` is required to enable Okta."
    discovered = ("authorizationURL", "tokenURL", "userInfoURL")
    if definition.name == "oidc" and not (
        settings.get("wellKnownURL") or all(settings.get(name) for name in discovered)
    ):
        return "`wellKnownURL` or all three other URLs are required to enable OpenID Connect."
    return ""


def _find(request: Request, name: str) -> OAuth2Provider:
    return request.project.oauth2_providers.filter(name=name).first() or _new(request, name)


def _new(request: Request, name: str) -> OAuth2Provider:
    """Return an unsaved provider that is not configured yet."""
    return OAuth2Provider(project=request.project, name=name, enabled=False)
