"""Custom templates of the e-mails that the server sends, one for each kind of e-mail and language."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import EmailTemplate, Project
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Email, Text, accepts, require
from appwrite_emulator.locale_data.codes import LOCALE_CODES
from appwrite_emulator.mail import custom_templates, messages
from appwrite_emulator.services import lists

MAX_MESSAGE_LENGTH = 10_485_760

_TEMPLATE_ID = Text(choices=tuple(custom_templates.KINDS), required=True)
_LOCALE = Text(choices=tuple(LOCALE_CODES), any_case=True, default=custom_templates.FALLBACK_LOCALE)


@accepts(queries=lists.SliceQueries(), total=Boolean(default=True))
def list_email_templates(request: Request, *, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /project/templates/email: list only custom templates. Only limit and offset queries are supported."""
    templates = list(request.project.email_templates.order_by("pk"))
    page = [responses.email_template(each) for each in lists.cut(templates, queries)]
    return {"total": len(templates) if total else 0, "templates": page}


@accepts(template_id=_TEMPLATE_ID, locale=_LOCALE)
def get_email_template(request: Request, *, template_id: str, locale: str) -> dict[str, Any]:
    """GET /project/templates/email/{templateId}: return the custom template or, if there is none, the default."""
    template = _find(request.project, template_id, locale)
    return responses.email_template(template or _default(template_id, locale))


@accepts(template_id=_TEMPLATE_ID, locale=_LOCALE)
def get_default_email_template(request: Request, *, template_id: str, locale: str) -> dict[str, Any]:
    """GET /console/templates/email/{templateId}: return the default, even if the project has a custom template."""
    return responses.email_template(_default(template_id, locale))


@accepts(
    template_id=_TEMPLATE_ID,
    locale=_LOCALE,
    subject=Text(255),
    message=Text(MAX_MESSAGE_LENGTH),
    sender_name=Text(255, min=0),
    sender_email=Email(empty=True, keep_case=True),
    reply_to_email=Email(empty=True, keep_case=True),
    reply_to_name=Text(255, min=0),
)
def update_email_template(request: Request, *, template_id: str, locale: str, **changes: str | None) -> dict[str, Any]:
    """PATCH /project/templates/email: create the template, or set the parameters that are not None.

    A new template needs a subject and a message. SMTP must be enabled.
    """
    project = request.project
    if not project.smtp_enabled:
        raise AppwriteError(
            "general_argument_invalid", "SMTP must be enabled on the project to configure custom email templates."
        )
    template = _find(project, template_id, locale) or EmailTemplate(
        project=project, template_id=template_id, locale=locale
    )
    for name, value in changes.items():
        if value is not None:
            setattr(template, name, value)
    require({"subject": template.subject, "message": template.message})
    template.save()
    return responses.email_template(template)


def _find(project: Project, template_id: str, locale: str) -> EmailTemplate | None:
    return project.email_templates.filter(template_id=template_id, locale=locale).first()


def _default(template_id: str, locale: str) -> EmailTemplate:
    subject, message = messages.default_template(custom_templates.KINDS[template_id], locale)
    return EmailTemplate(template_id=template_id, locale=locale, subject=subject, message=message)
