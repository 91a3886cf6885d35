"""Appwrite's e-mails, with the emulator's own wording. They go to the inbox, and with --mail-dir also to .eml files.

Text messages go only to the inbox, addressed to the phone number.
"""

import os
from collections.abc import Collection
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.html import strip_tags

from appwrite_emulator.auth import user_agents
from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock, project_state
from appwrite_emulator.db.models import Challenge, File, Mail, Message, Session, Target, Token, User
from appwrite_emulator.locale_data import locales
from appwrite_emulator.mail.translations import TRANSLATIONS, MailTexts, Translation

SENDER = Address("Appwrite", "no-reply", "emulator.localhost")


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
    _send(request, "session_alert", user, Address(user.name, addr_spec=user.email), ip=session.ip)


def send_text_message(request: Request, phone: str, token: Token | Challenge, code: str) -> None:
    """Send a six-digit code by text message. The message goes to the inbox, but not to an .eml file."""
    translation = TRANSLATIONS[_language(request)]
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


def _language(request: Request) -> str:
    """Return the requested language, or English if there are no translations for it."""
    language = locales.resolve(request.locale)
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
    ip: str = "",
) -> None:
    language = _language(request)
    values = {"team": team, "code": code, "ip": ip, "country": locales.UNKNOWN_COUNTRY[language]}
    context = _texts(request, user, values, TRANSLATIONS[language], getattr(TRANSLATIONS[language], kind))
    context |= {"language": language, "link": link, "code": code, "phrase": phrase}
    context["lasts"] = context["link_lasts"] if link else context["code_lasts"]
    if kind in ("recovery", "verification", "invitation", "session_alert"):
        context["device"] = ""  # only sign-in e-mails name the requesting device
    if kind in ("invitation", "challenge", "session_alert"):
        # Omit "works once": an invitation is valid until the next invitation, and a challenge for an hour.
        context["lasts"] = ""
    if kind == "session_alert":
        context["ignore"] = ""  # the text itself says what to do
    message = EmailMessage()
    message["From"] = message["Reply-To"] = SENDER
    message["To"] = to
    message["Subject"] = context["subject"]
    message["Date"] = clock.now()
    message.set_content(render_to_string("mail/message.txt", context))
    message.add_alternative(render_to_string("mail/message.html", context), subtype="html")
    _store(
        message,
        to.addr_spec,
        links=[link] if link else [],
        code=code,
        phrase=phrase,
        cause=_request_line(request),
        expire=token.expire if token else None,
    )


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
    mail.set_content(strip_tags(data["content"]) if data["html"] else data["content"])
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
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None  # every e-mail needs a plain-text part
    mail = Mail.objects.create(
        to=to,
        sender=str(message["From"]),
        subject=str(message["Subject"]),
        text=plain.get_content(),
        html=html.get_content() if html else "",
        source=message.as_string(),
        **fields,
    )
    if settings.MAIL_DIR:
        transaction.on_commit(lambda: _write_file(mail, message.as_bytes()))


def _request_line(request: Request) -> str:
    return f"{request.http.method} {request.http.path}"[:200]


def _texts(
    request: Request, user: User, values: dict[str, str], translation: Translation, texts: MailTexts
) -> dict[str, str]:
    """Return the e-mail's sentences with their placeholders filled: `values`, and what the request and user provide."""
    client = user_agents.describe(request.user_agent)
    inviter = request.caller.user
    values = values | {
        "project": request.project.name,
        "time": f"{clock.now():%H:%M:%S}",
        "inviter": inviter.name if inviter else "",
        "user": user.name,
        "client": client["clientName"] or "UNKNOWN",
        "device": f"{client['deviceBrand'] or 'UNKNOWN'} {client['osName']}".strip(),
    }
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
