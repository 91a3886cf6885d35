"""Providers. Each kind has its own create and update methods. List, get and delete are the same for all kinds.

`KINDS` declares the settings of each kind. From these, `_creator` and `_updater` build the create and update methods.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.camel_case import camel
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Provider
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Email, Integer, Json, NewId, Param, Phone, Text, accepts
from appwrite_emulator.services import lists
from appwrite_emulator.services.messaging.lookup import find_provider

ATTRIBUTES = lists.attributes(Provider, name="name", provider="provider", type="type", enabled="enabled")
UNLIMITED = 0


@dataclass(frozen=True)
class Setting:
    """A provider's setting, with its parameters for create (`on_create`) and update (`on_update`)."""

    on_create: Param
    on_update: Param
    keep_default: bool = False
    """Whether to store the default if the setting is omitted."""
    name_after_update: str = ""
    """Stored name after an update, if the real server's name differs from the one on create."""


@dataclass(frozen=True)
class Kind:
    """A kind of provider, with its settings. `KINDS` maps the name in the route to the kind."""

    type: str
    credentials: dict[str, Setting]
    options: dict[str, Setting] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    """Stored names of the settings that a new provider needs before it can be enabled."""
    required_on_update: tuple[str, ...] = ()
    """Stored names of the settings required on update, if they differ from those required on create."""

    @property
    def on_create(self) -> dict[str, Param]:
        return {name: setting.on_create for name, setting in (self.credentials | self.options).items()}

    @property
    def on_update(self) -> dict[str, Param]:
        return {name: setting.on_update for name, setting in (self.credentials | self.options).items()}


def _text() -> Setting:
    return Setting(Text(UNLIMITED), Text(UNLIMITED))


def _texts(*names: str) -> dict[str, Setting]:
    return {name: _text() for name in names}


_SENDER = {
    "from_name": Setting(Text(128, min=0, default=""), Text(128), keep_default=True),
    "from_email": Setting(Email(keep_case=True, default=""), Email(keep_case=True), keep_default=True),
    "reply_to_name": Setting(Text(128, min=0, default=""), Text(128), keep_default=True),
    "reply_to_email": Setting(Email(keep_case=True, default=""), Text(128), keep_default=True),
}
_NUMBER = {"from_": Setting(Phone(), Text(256))}
_ENCRYPTIONS = ("none", "ssl", "tls")

KINDS = {
    "apns": Kind(
        "push",
        {
            **_texts("auth_key", "auth_key_id", "team_id"),
            "bundle_id": Setting(Text(UNLIMITED), Text(UNLIMITED), name_after_update="bundle"),
        },
        {"sandbox": Setting(Boolean(strict=True, default=False), Boolean(strict=True), keep_default=True)},
        required=("authKey", "authKeyId", "teamId", "bundleId"),
    ),
    "fcm": Kind(
        "push",
        {
            "service_account_json": Setting(
                Json(text=True, wire="serviceAccountJSON"), Json(text=True, wire="serviceAccountJSON")
            )
        },
        required=("serviceAccountJSON",),
    ),
    "mailgun": Kind(
        "email",
        {**_texts("api_key", "domain"), "is_eu_region": Setting(Boolean(strict=True), Boolean(strict=True))},
        _SENDER,
        required=("apiKey", "domain", "isEuRegion", "fromEmail"),
        required_on_update=("apiKey", "domain", "isEuRegion"),
    ),
    "msg91": Kind(
        "sms",
        _texts("template_id", "sender_id", "auth_key"),
        required=("senderId", "authKey"),
        required_on_update=("templateId", "senderId", "authKey"),
    ),
    "resend": Kind(
        "email", _texts("api_key"), _SENDER, required=("apiKey", "fromEmail"), required_on_update=("apiKey",)
    ),
    "sendgrid": Kind(
        "email", _texts("api_key"), _SENDER, required=("apiKey", "fromEmail"), required_on_update=("apiKey",)
    ),
    "ses": Kind(
        "email",
        {**_texts("access_key", "secret_key"), "region": Setting(Text(128), Text(128))},
        _SENDER,
        required=("accessKey", "secretKey", "region", "fromEmail"),
    ),
    "smtp": Kind(
        "email",
        {
            "host": Setting(Text(UNLIMITED, required=True), Text(UNLIMITED)),
            "port": Setting(Integer(1, 65535, default=587), Integer(1, 65535), keep_default=True),
            "username": Setting(Text(UNLIMITED, default=""), Text(UNLIMITED), keep_default=True),
            "password": Setting(Text(UNLIMITED, default=""), Text(UNLIMITED), keep_default=True),
        },
        {
            **_SENDER,
            "encryption": Setting(
                Text(choices=_ENCRYPTIONS, any_case=True, default=""),
                Text(choices=_ENCRYPTIONS, any_case=True),
                keep_default=True,
            ),
            "auto_tls": Setting(
                Boolean(strict=True, default=True, wire="autoTLS"),
                Boolean(strict=True, wire="autoTLS"),
                keep_default=True,
            ),
            "mailer": Setting(Text(UNLIMITED, default=""), Text(UNLIMITED), keep_default=True),
        },
        required=("host", "fromEmail"),
    ),
    "telesign": Kind("sms", _texts("customer_id", "api_key"), _NUMBER, required=("customerId", "apiKey", "from")),
    "textmagic": Kind("sms", _texts("username", "api_key"), _NUMBER, required=("username", "apiKey", "from")),
    "twilio": Kind("sms", _texts("account_sid", "auth_token"), _NUMBER, required=("accountSid", "authToken", "from")),
    "vonage": Kind("sms", _texts("api_key", "api_secret"), _NUMBER, required=("apiKey", "apiSecret", "from")),
}


def _creator(name: str) -> Callable[..., dict[str, Any]]:
    kind = KINDS[name]

    @accepts(
        provider_id=NewId(required=True), name=Text(128, required=True), enabled=Boolean(strict=True), **kind.on_create
    )
    def create(
        request: Request, *, provider_id: str, name: str, enabled: bool | None, **settings: Any
    ) -> dict[str, Any]:
        if Provider.objects.filter(id=provider_id).exists():
            raise AppwriteError("provider_already_exists")
        provider = Provider(id=provider_id, name=name, provider=provider_name, type=kind.type)
        _store_settings(provider, kind, settings)
        provider.enabled = bool(enabled) and _has_settings(provider, kind.required)
        provider.save()
        return responses.provider(provider)

    provider_name = name
    create.__name__ = f"create_{name}_provider"
    create.__doc__ = f"""POST /messaging/providers/{name}. A provider with missing credentials is created disabled."""
    return create


def _updater(name: str) -> Callable[..., dict[str, Any]]:
    kind = KINDS[name]

    @accepts(name=Text(128), enabled=Boolean(strict=True), **kind.on_update)
    def update(
        request: Request, *, provider_id: str, name: str | None, enabled: bool | None, **settings: Any
    ) -> dict[str, Any]:
        provider = find_provider(provider_id)
        if provider.provider != provider_name:
            raise AppwriteError("provider_incorrect_type")
        provider.name = name or provider.name
        _store_settings(provider, kind, settings, on_update=True)
        if enabled and not _has_settings(provider, kind.required_on_update or kind.required):
            raise AppwriteError("provider_missing_credentials")
        provider.enabled = provider.enabled if enabled is None else enabled
        provider.updated_at = clock.now()
        provider.save()
        return responses.provider(provider)

    provider_name = name
    update.__name__ = f"update_{name}_provider"
    update.__doc__ = f"""PATCH /messaging/providers/{name}/{{providerId}}. Omitted parameters stay unchanged."""
    return update


def _store_settings(provider: Provider, kind: Kind, settings: Mapping[str, Any], *, on_update: bool = False) -> None:
    """Store the settings under their wire names."""
    for stored, declared in ((provider.credentials, kind.credentials), (provider.options, kind.options)):
        for name, setting in declared.items():
            value = settings[name]
            if value not in (None, "") or (setting.keep_default and value is not None):
                stored[(on_update and setting.name_after_update) or setting.on_create.wire or camel(name)] = value
    if provider.options.get("encryption") == "none":
        provider.options["encryption"] = ""


def _has_settings(provider: Provider, required: tuple[str, ...]) -> bool:
    stored = provider.credentials | provider.options
    return all(stored.get(name) not in (None, "") for name in required)


create_apns_provider, update_apns_provider = _creator("apns"), _updater("apns")
create_fcm_provider, update_fcm_provider = _creator("fcm"), _updater("fcm")
create_mailgun_provider, update_mailgun_provider = _creator("mailgun"), _updater("mailgun")
create_msg91_provider, update_msg91_provider = _creator("msg91"), _updater("msg91")
create_resend_provider, update_resend_provider = _creator("resend"), _updater("resend")
create_sendgrid_provider, update_sendgrid_provider = _creator("sendgrid"), _updater("sendgrid")
create_ses_provider, update_ses_provider = _creator("ses"), _updater("ses")
create_smtp_provider, update_smtp_provider = _creator("smtp"), _updater("smtp")
create_telesign_provider, update_telesign_provider = _creator("telesign"), _updater("telesign")
create_textmagic_provider, update_textmagic_provider = _creator("textmagic"), _updater("textmagic")
create_twilio_provider, update_twilio_provider = _creator("twilio"), _updater("twilio")
create_vonage_provider, update_vonage_provider = _creator("vonage"), _updater("vonage")


# -- all kinds ---------------------------------------------------------------------------------------------------------


@accepts(queries=lists.Queries(ATTRIBUTES), search=Text(256, default=""), total=Boolean(default=True))
def list_providers(request: Request, *, queries: list[str], search: str, total: bool) -> dict[str, Any]:
    """GET /messaging/providers. `search` matches words in the ID, name, provider and type."""
    searched = ("id", "name", "provider", "type")
    page = lists.page(Provider.objects.all(), queries, ATTRIBUTES, search=search, searched=searched, total=total)
    return {"total": page.total, "providers": [responses.provider(provider) for provider in page.items]}


def get_provider(request: Request, *, provider_id: str) -> dict[str, Any]:
    """GET /messaging/providers/{providerId}."""
    return responses.provider(find_provider(provider_id))


def delete_provider(request: Request, *, provider_id: str) -> None:
    """DELETE /messaging/providers/{providerId}."""
    find_provider(provider_id).delete()
