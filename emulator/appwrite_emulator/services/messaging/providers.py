"""Providers: a create and an update method per kind, and list, get and delete for all kinds.

Kinds differ in their settings: `KINDS` declares these, and `_creator` and `_updater` build the methods from it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from appwrite_emulator.auth.callers import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Provider
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Email, Integer, Json, NewId, Param, Phone, Text, accepts, camel
from appwrite_emulator.http.responses import Response
from appwrite_emulator.services import lists

ATTRIBUTES = lists.attributes(Provider, name="name", provider="provider", type="type", enabled="enabled")
UNLIMITED = 0


@dataclass(frozen=True)
class Setting:
    """One setting of a provider, with its parameter on create (`made`) and on update (`changed`)."""

    made: Param
    changed: Param
    always: bool = False
    """Whether it is stored with its default if it was left out."""
    changed_as: str = ""
    """Its stored name after an update, if the real server uses another one then."""


@dataclass(frozen=True)
class Kind:
    """One kind of provider, named as in its route."""

    type: str
    credentials: dict[str, Setting]
    options: dict[str, Setting] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    """Stored names of settings that are required to enable the provider on create."""
    needed_later: tuple[str, ...] = ()
    """Settings required to enable it on update, if the real server requires others then."""

    @property
    def made(self) -> dict[str, Param]:
        return {name: setting.made for name, setting in (self.credentials | self.options).items()}

    @property
    def changed(self) -> dict[str, Param]:
        return {name: setting.changed for name, setting in (self.credentials | self.options).items()}


def _text() -> Setting:
    return Setting(Text(UNLIMITED), Text(UNLIMITED))


def _texts(*names: str) -> dict[str, Setting]:
    return {name: _text() for name in names}


_SENDER = {
    "from_name": Setting(Text(128, min=0, default=""), Text(128), always=True),
    "from_email": Setting(Email(keep_case=True, default=""), Email(keep_case=True), always=True),
    "reply_to_name": Setting(Text(128, min=0, default=""), Text(128), always=True),
    "reply_to_email": Setting(Email(keep_case=True, default=""), Text(128), always=True),
}
_NUMBER = {"from_": Setting(Phone(), Text(256))}
_ENCRYPTIONS = ("none", "ssl", "tls")

KINDS = {
    "apns": Kind(
        "push",
        {
            **_texts("auth_key", "auth_key_id", "team_id"),
            "bundle_id": Setting(Text(UNLIMITED), Text(UNLIMITED), changed_as="bundle"),
        },
        {"sandbox": Setting(Boolean(strict=True, default=False), Boolean(strict=True), always=True)},
        needed=("authKey", "authKeyId", "teamId", "bundleId"),
    ),
    "fcm": Kind(
        "push",
        {
            "service_account_json": Setting(
                Json(text=True, wire="serviceAccountJSON"), Json(text=True, wire="serviceAccountJSON")
            )
        },
        needed=("serviceAccountJSON",),
    ),
    "mailgun": Kind(
        "email",
        {**_texts("api_key", "domain"), "is_eu_region": Setting(Boolean(strict=True), Boolean(strict=True))},
        _SENDER,
        needed=("apiKey", "domain", "isEuRegion", "fromEmail"),
        needed_later=("apiKey", "domain", "isEuRegion"),
    ),
    "msg91": Kind(
        "sms",
        _texts("template_id", "sender_id", "auth_key"),
        needed=("senderId", "authKey"),
        needed_later=("templateId", "senderId", "authKey"),
    ),
    "resend": Kind("email", _texts("api_key"), _SENDER, needed=("apiKey", "fromEmail"), needed_later=("apiKey",)),
    "sendgrid": Kind("email", _texts("api_key"), _SENDER, needed=("apiKey", "fromEmail"), needed_later=("apiKey",)),
    "ses": Kind(
        "email",
        {**_texts("access_key", "secret_key"), "region": Setting(Text(128), Text(128))},
        _SENDER,
        needed=("accessKey", "secretKey", "region", "fromEmail"),
    ),
    "smtp": Kind(
        "email",
        {
            "host": Setting(Text(UNLIMITED, required=True), Text(UNLIMITED)),
            "port": Setting(Integer(1, 65535, default=587), Integer(1, 65535), always=True),
            "username": Setting(Text(UNLIMITED, default=""), Text(UNLIMITED), always=True),
            "password": Setting(Text(UNLIMITED, default=""), Text(UNLIMITED), always=True),
        },
        {
            **_SENDER,
            "encryption": Setting(
                Text(choices=_ENCRYPTIONS, any_case=True, default=""),
                Text(choices=_ENCRYPTIONS, any_case=True),
                always=True,
            ),
            "auto_tls": Setting(
                Boolean(strict=True, default=True, wire="autoTLS"), Boolean(strict=True, wire="autoTLS"), always=True
            ),
            "mailer": Setting(Text(UNLIMITED, default=""), Text(UNLIMITED), always=True),
        },
        needed=("host", "fromEmail"),
    ),
    "telesign": Kind("sms", _texts("customer_id", "api_key"), _NUMBER, needed=("customerId", "apiKey", "from")),
    "textmagic": Kind("sms", _texts("username", "api_key"), _NUMBER, needed=("username", "apiKey", "from")),
    "twilio": Kind("sms", _texts("account_sid", "auth_token"), _NUMBER, needed=("accountSid", "authToken", "from")),
    "vonage": Kind("sms", _texts("api_key", "api_secret"), _NUMBER, needed=("apiKey", "apiSecret", "from")),
}


def _creator(name: str) -> Callable[..., Response]:
    kind = KINDS[name]

    @accepts(provider_id=NewId(required=True), name=Text(128, required=True), enabled=Boolean(strict=True), **kind.made)
    def create(request: Request, *, provider_id: str, name: str, enabled: bool | None, **told: Any) -> Response:
        if Provider.objects.filter(id=provider_id).exists():
            raise AppwriteError("provider_already_exists")
        provider = Provider(id=provider_id, name=name, provider=provider_name, type=kind.type)
        _tell(provider, kind, told)
        provider.enabled = bool(enabled) and _knows(provider, kind.needed)
        provider.save()
        return Response(responses.provider(provider), status=201)

    provider_name = name
    create.__name__ = f"create_{name}_provider"
    create.__doc__ = f"""POST /messaging/providers/{name}. A provider with missing credentials is created disabled."""
    return create


def _updater(name: str) -> Callable[..., dict[str, Any]]:
    kind = KINDS[name]

    @accepts(name=Text(128), enabled=Boolean(strict=True), **kind.changed)
    def update(
        request: Request, *, provider_id: str, name: str | None, enabled: bool | None, **told: Any
    ) -> dict[str, Any]:
        provider = _find(provider_id)
        if provider.provider != provider_name:
            raise AppwriteError("provider_incorrect_type")
        provider.name = name or provider.name
        _tell(provider, kind, told, changed=True)
        if enabled and not _knows(provider, kind.needed_later or kind.needed):
            raise AppwriteError("provider_missing_credentials")
        provider.enabled = provider.enabled if enabled is None else enabled
        provider.updated_at = clock.now()
        provider.save()
        return responses.provider(provider)

    provider_name = name
    update.__name__ = f"update_{name}_provider"
    update.__doc__ = f"""PATCH /messaging/providers/{name}/{{providerId}}. Parameters left out stay unchanged."""
    return update


def _tell(provider: Provider, kind: Kind, told: Mapping[str, Any], *, changed: bool = False) -> None:
    """Store the settings under their names on the wire."""
    for place, settings in ((provider.credentials, kind.credentials), (provider.options, kind.options)):
        for name, setting in settings.items():
            value = told[name]
            if value not in (None, "") or (setting.always and value is not None):
                place[(changed and setting.changed_as) or setting.made.wire or camel(name)] = value
    if provider.options.get("encryption") == "none":
        provider.options["encryption"] = ""


def _knows(provider: Provider, needed: tuple[str, ...]) -> bool:
    known = provider.credentials | provider.options
    return all(known.get(name) not in (None, "") for name in needed)


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


# -- all kinds
# ----------------------------------------------------------------------------------------------------------


@accepts(queries=lists.Queries(ATTRIBUTES), search=Text(256, default=""), total=Boolean(default=True))
def list_providers(request: Request, *, queries: list[str], search: str, total: bool) -> dict[str, Any]:
    """GET /messaging/providers; `search` matches words in ID, name, provider and type."""
    searched = ("id", "name", "provider", "type")
    found = lists.page(Provider.objects.all(), queries, ATTRIBUTES, search=search, searched=searched, total=total)
    return {"total": found.total, "providers": [responses.provider(provider) for provider in found.items]}


def get_provider(request: Request, *, provider_id: str) -> dict[str, Any]:
    """GET /messaging/providers/{providerId}"""
    return responses.provider(_find(provider_id))


def delete_provider(request: Request, *, provider_id: str) -> None:
    """DELETE /messaging/providers/{providerId}"""
    _find(provider_id).delete()


def _find(provider_id: str) -> Provider:
    provider = Provider.objects.filter(id=provider_id).first()
    if provider is None:
        raise AppwriteError("provider_not_found")
    return provider
