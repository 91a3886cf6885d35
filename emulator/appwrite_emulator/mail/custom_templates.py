"""The project's sender and custom templates for the e-mails that the server sends."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address

from django.utils.html import escape

from appwrite_emulator.db.models import EmailTemplate, Project
from appwrite_emulator.locale_data.codes import LOCALE_CODES

KINDS = {
    "verification": "verification",
    "magicSession": "magic_url",
    "recovery": "recovery",
    "invitation": "invitation",
    "mfaChallenge": "challenge",
    "sessionAlert": "session_alert",
    "otpSession": "code",
}
"""Appwrite's template ID -> name of the texts in `translations.Translation`."""
_TEMPLATE_IDS = {kind: template_id for template_id, kind in KINDS.items()}
FALLBACK_LOCALE = "en"

SENDER = Address("Appwrite", "no-reply", "emulator.localhost")
"""Sender of projects without SMTP settings."""

_VARIABLE = re.compile(r"\{\{(/?\w+)\}\}")
_MARKUP = {"b": "<strong>", "/b": "</strong>"}


@dataclass(frozen=True)
class Mailer:
    """The addresses in the headers of an e-mail."""

    sender: Address
    reply_to: Address

    @classmethod
    def of(cls, project: Project, template: EmailTemplate | None = None) -> "Mailer":
        """Return the template's addresses. Empty ones are the project's, and an empty reply address is the sender's."""
        if not project.smtp_enabled:
            return cls(SENDER, SENDER)
        custom = template or EmailTemplate()
        sender = _address(
            custom.sender_name or project.smtp_sender_name or SENDER.display_name,
            custom.sender_email or project.smtp_sender_email or SENDER.addr_spec,
        )
        reply_to = _address(
            custom.reply_to_name or project.smtp_reply_to_name or sender.display_name,
            custom.reply_to_email or project.smtp_reply_to_email or sender.addr_spec,
        )
        return cls(sender, reply_to)


def _address(name: str, address: str) -> Address:
    return Address(" ".join(name.split()), addr_spec=address)


def find(project: Project, kind: str, locale: str) -> EmailTemplate | None:
    """Return the custom template for the locale, or else the one for English.

    Return None if there is neither, or if SMTP is disabled. As on the real server, session alerts have their template
    even then.
    """
    if not project.smtp_enabled and kind != "session_alert":
        return None
    locales = (locale if locale in LOCALE_CODES else FALLBACK_LOCALE, FALLBACK_LOCALE)
    templates = project.email_templates.filter(template_id=_TEMPLATE_IDS[kind], locale__in=locales)
    by_locale = {template.locale: template for template in templates}
    return next((by_locale[each] for each in locales if each in by_locale), None)


def fill_subject(text: str, variables: Mapping[str, str]) -> str:
    """Replace the variables, such as `{{project}}`, and return one line. Unknown variables stay as they are."""
    filled = _VARIABLE.sub(lambda match: variables.get(match[1], "" if match[1] in _MARKUP else match[0]), text)
    return " ".join(filled.split())


def fill_message(text: str, variables: Mapping[str, str]) -> str:
    """Replace the variables in HTML with their escaped values. Unknown variables stay as they are."""
    values = {name: escape(value) for name, value in variables.items()} | _MARKUP
    return _VARIABLE.sub(lambda match: values.get(match[1], match[0]), text)
