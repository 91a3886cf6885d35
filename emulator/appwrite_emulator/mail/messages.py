"""Appwrite's e-mails, with the emulator's own wording or a custom template.

E-mails go to the inbox, and with --mail-dir also to .eml files. Text messages go only to the inbox, addressed to the
phone number.
"""

import html
import os
import re
from collections.abc import Collection
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.html import escape, strip_tags

from appwrite_emulator.auth import user_agents
from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock, project_state
from appwrite_emulator.db.models import Challenge, File, Mail, Message, Session, Target, Token, User
from appwrite_emulator.locale_data import locales
from appwrite_emulator.mail import custom_templates
from appwrite_emulator.mail.custom_templates import Mailer
from appwrite_emulator.mail.translations import TRANSLATIONS, MailTexts, Translation

_STYLE_SHEET = re.compile(r"<style\b.*?(?:</style>|\Z)", re.DOTALL | re.IGNORECASE)

_PLACEHOLDERS = {
    "project": "{{project}}",
    "team": "{{team}}",
    "inviter": "{{owner}}",
    "user": "{{user}}",
    "client": "{{agentClient}}",
    "device": "{{agentDevice}} {{agentOs}}",
    "code": "{{otp}}",
    "ip": "{{ipAddress}}",
    "country": "{{country}}",
    "time": "{{time}}",
}
"""Placeholder in our own wording -> variables in a custom template."""


def send_magic_url(request: Request, user: User, token: Token, link: str, phrase: str) -> None:
    """Send a sign-in link. As on the real server, the recipient has an address but no name."""
    _send(request, "magic_url", user, Address(addr_spec=user.email), token=token, link=link, phrase=phrase)


def send_code(request: Request, user: User, token: Token, code: str, phrase: str) -> None:
    """Send a six-digit sign-in code. The e-mail has no link, and the code is not in the subject."""
    _send(request, "code", user, Address(addr_spec=user.email), token=token, code=code, phrase=phrase)


def send_challenge(request: Request, user: User, challenge: Challenge) -> None:
    """Send the six-digit code of an MFA challenge."""
    _send(request, "challenge", user, Address(addr_spec=user.email), token=challenge, code=challenge.code)


def send_recovery(request: Request, user: User, token: Token, link: str) -> None:
    _send(request, "recovery", user, Address(user.name, addr_spec=user.email), token=token, link=link)


def send_verification(request: Request, user: User, token: Token, link: str) -> None:
    _send(request, "verification", user, Address(user.name, addr_spec=user.email), token=token, link=link)


def send_invitation(request: Request, user: User, team: str, link: str) -> None:
    """Send a team invitation. A user without an e-mail address gets the invitation as a text message."""
    if user.email:
        _send(request, "invitation", user, Address(user.name, addr_spec=user.email), link=link, team=team)
    elif user.phone:
        Mail.objects.create(kind="sms", to=user.phone, subject=link, text=link, html="", source=link, links=[link])


def send_session_alert(request: Request, session: Session) -> None:
    """E-mail the user about the new session that `request` created."""
    user = session.user
    _send(request, "session_alert", user, Address(user.name, addr_spec=user.email), session=session)


def send_text_message(request: Request, phone: str, token: Token | Challenge, code: str) -> None:
    """Send a six-digit code by text message. The message goes to the inbox, but not to an .eml file."""
    translation = TRANSLATIONS[_language(request.locale)]
    text = translation.text_message.format(code=code, project=request.project.name)
    Mail.objects.create(
        kind="sms",
        to=phone,
        subject=text,
        text=text,
        source=text,
        code=code,
        cause=_request_line(request),
        expire=token.expire,
    )


def send_smtp_test(request: Request, to: str, mailer: Mailer) -> None:
    """Send the e-mail that tests a project's SMTP settings. It is always in English."""
    lines = [
        "This e-mail shows that your custom SMTP settings are working correctly.",
        f"From: {mailer.sender}",
        f"Reply-To: {mailer.reply_to}",
    ]
    context = {"language": "en", "subject": "Custom SMTP email sample", "lead": lines[0]}
    content = "".join(f"<p>{escape(line)}</p>\n" for line in lines)
    message = _compose(mailer, Address(addr_spec=to), context, "\n\n".join(lines), content)
    _store(message, to, cause=_request_line(request))


def default_template(kind: str, locale: str) -> tuple[str, str]:
    """Return the subject and the HTML that a custom template replaces, with variables such as `{{user}}`."""
    # Session alerts have the client as their device.
    placeholders = _PLACEHOLDERS | ({"client": "{{device}}"} if kind == "session_alert" else {})
    is_link = kind in ("magic_url", "recovery", "verification", "invitation")
    link, code = ("{{redirect}}", "") if is_link else ("", "" if kind == "session_alert" else "{{otp}}")
    context = _context(kind, _language(locale), placeholders, link=link, code=code)
    return context["subject"], render_to_string("mail/message.html", context)


def _language(locale: str) -> str:
    """Return the requested language, or English if there are no translations into that language."""
    language = locales.resolve(locale)
    return language if language in TRANSLATIONS else "en"


def _send(
    request: Request,
    kind: str,
    user: User,
    to: Address,
    *,
    token: Token | Challenge | None = None,
    link: str = "",
    code: str = "",
    phrase: str = "",
    team: str = "",
    session: Session | None = None,
) -> None:
    language = _language(request.locale)
    client = user_agents.describe(request.user_agent)
    values = _values(request, user, client, language) | {
        "team": team,
        "code": code,
        "ip": session.ip if session else "",
    }
    context = _context(kind, language, values, link=link, code=code, phrase=phrase)
    text: str = render_to_string("mail/message.txt", context)
    content: str = render_to_string("mail/message.html", context)
    template = custom_templates.find(request.project, kind, request.locale)
    if template:
        variables = _variables(kind, values, client, link=link, phrase=phrase)
        context["subject"] = custom_templates.fill_subject(template.subject, variables)
        content = custom_templates.fill_message(template.message, variables)
        text = _plain_text(content)
    message = _compose(Mailer.of(request.project, template), to, context, text, content)
    _store(
        message,
        to.addr_spec,
        links=[link] if link else [],
        code=code,
        phrase=phrase,
        cause=_request_line(request),
        expire=token.expire if token else None,
    )


def _context(
    kind: str, language: str, values: dict[str, str], *, link: str = "", code: str = "", phrase: str = ""
) -> dict[str, str]:
    """Return the context of the templates for our own wording. An empty text is omitted from the e-mail."""
    context = _texts(values, TRANSLATIONS[language], getattr(TRANSLATIONS[language], kind))
    context |= {"language": language, "link": link, "code": code, "phrase": phrase}
    context["lasts"] = context["link_lasts"] if link else context["code_lasts"]
    if kind in ("recovery", "verification", "invitation", "session_alert"):
        context["device"] = ""  # only sign-in e-mails name the requesting device
    if kind in ("invitation", "challenge", "session_alert"):
        # Omit "works once": an invitation is valid until the next invitation, and a challenge for an hour.
        context["lasts"] = ""
    if kind == "session_alert":
        context["ignore"] = ""  # the text itself says what to do
    return context


def _compose(mailer: Mailer, to: Address, context: dict[str, str], text: str, content: str) -> EmailMessage:
    """Return an e-mail as plain text and as HTML. `content` is HTML for the document's body."""
    message = EmailMessage()
    message["From"], message["Reply-To"] = mailer.sender, mailer.reply_to
    message["To"] = to
    message["Subject"] = context["subject"]
    message["Date"] = clock.now()
    message.set_content(text)
    message.add_alternative(render_to_string("mail/document.html", context | {"content": content}), subtype="html")
    return message


def send_message(
    message: Message, to: Target, *, sender: Address, reply_to: Address, cc: list[Target], files: Collection[File]
) -> None:
    """Send a Messaging e-mail to one of its recipients, with the caller's own content as text or HTML."""
    data = message.data
    mail = EmailMessage()
    mail["From"], mail["Reply-To"], mail["To"] = sender, reply_to, Address(addr_spec=to.identifier)
    if cc:
        mail["Cc"] = [Address(addr_spec=each.identifier) for each in cc]
    mail["Subject"] = " ".join(data["subject"].splitlines())
    mail["Date"] = clock.now()
    mail.set_content(_plain_text(data["content"]) if data["html"] else data["content"])
    if data["html"]:
        mail.add_alternative(data["content"], subtype="html")
    for file in files:
        kind, _, subkind = (file.mime_type or "application/octet-stream").partition("/")
        mail.add_attachment(file.read(), maintype=kind, subtype=subkind, filename=file.name)
    _store(
        mail,
        to.identifier,
        recipient=to.user.name,
        cc=[each.identifier for each in cc],
        attachments=[file.name for file in files],
        message_id=message.id,
    )


def _store(message: EmailMessage, to: str, **fields: Any) -> None:
    """Store the message in the inbox, and write its file after the transaction has been committed."""
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None  # every e-mail needs a plain-text part
    mail = Mail.objects.create(
        to=to,
        sender=str(message["From"]),
        subject=str(message["Subject"]),
        text=plain.get_content(),
        html=rich.get_content() if rich else "",
        source=message.as_string(),
        **fields,
    )
    if settings.MAIL_DIR:
        transaction.on_commit(lambda: _write_file(mail, message.as_bytes()))


def _plain_text(content: str) -> str:
    """Return the text of HTML, without its style sheets. As in browsers, an unclosed one hides the rest."""
    return html.unescape(strip_tags(_STYLE_SHEET.sub("", content)))


def _request_line(request: Request) -> str:
    return f"{request.http.method} {request.http.path}"[:200]


def _variables(
    kind: str,
    values: dict[str, str],
    client: dict[str, str],
    *,
    link: str,
    phrase: str,
) -> dict[str, str]:
    """Return the variables of a custom template, which depend on the kind of e-mail."""
    now = clock.now()
    variables = {"user": values["user"], "project": values["project"], "year": str(now.year)}
    if link:
        variables["redirect"] = link
    if values["code"]:
        variables["otp"] = values["code"]
    if kind in ("magic_url", "code"):
        variables["phrase"] = phrase
    if kind in ("magic_url", "code", "challenge"):
        variables["agentClient"] = values["client"]
        variables["agentDevice"] = client["deviceBrand"] or "UNKNOWN"
        variables["agentOs"] = client["osName"] or "UNKNOWN"
    if kind == "invitation":
        variables |= {"team": values["team"], "owner": values["inviter"]}
    if kind == "session_alert":
        variables |= {
            "date": f"{now:%B} {now.day}",
            "time": values["time"],
            "device": values["client"],
            "ipAddress": values["ip"],
            "country": values["country"],
        }
    return variables


def _values(request: Request, user: User, client: dict[str, str], language: str) -> dict[str, str]:
    """Return the values of the placeholders in our own wording that the request, its client and the user provide."""
    inviter = request.caller.user
    return {
        "project": request.project.name,
        "time": f"{clock.now():%H:%M:%S}",
        "country": locales.UNKNOWN_COUNTRY[language],
        "inviter": inviter.name if inviter else "",
        "user": user.name,
        "client": client["clientName"] or "UNKNOWN",
        "device": f"{client['deviceBrand'] or 'UNKNOWN'} {client['osName']}".strip(),
    }


def _texts(values: dict[str, str], translation: Translation, texts: MailTexts) -> dict[str, str]:
    shared = {
        "greeting": translation.greeting,
        "or_copy": translation.or_copy,
        "link_lasts": translation.link_lasts,
        "code_lasts": translation.code_lasts,
        "device": translation.device,
        "ignore": translation.ignore,
        "phrase_help": translation.phrase,
        "closing": translation.closing,
    }
    own = {"subject": texts.subject, "lead": texts.lead, "button": texts.button, "preview": texts.preview}
    return {name: text.format(**values) for name, text in {**shared, **own}.items()}


def _write_file(mail: Mail, source: bytes) -> None:
    """Write the e-mail to a file whose name sorts by time.

    The file is renamed at the end, so that watchers see only complete files. Each project except the first has its own
    folder.
    """
    folder = Path(settings.MAIL_DIR) / project_state.current().id
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{int(mail.created_at.timestamp() * 1000):013d}-{mail.pk}"
    unfinished = folder / f".{name}"
    unfinished.write_bytes(source)
    os.replace(unfinished, folder / f"{name}.eml")
