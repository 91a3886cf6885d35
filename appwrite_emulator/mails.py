"""Mails as a real Appwrite sends them, in sentences of our own. They go to the inbox, and to --mail-dir as .eml files.

A text message has no other place to go either: it lies in the inbox under the number it was sent to.
"""

import os
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string

from appwrite_emulator import clients, clock, languages
from appwrite_emulator.callers import Request
from appwrite_emulator.mail_words import WORDS, Kind, Words
from appwrite_emulator.models import Mail, User

SENDER = Address("Appwrite", "no-reply", "emulator.localhost")


def send_magic_url(request: Request, user: User, link: str, phrase: str) -> None:
    """The link that signs in. To a bare address, as the real one does."""
    _send(request, "magic_url", user, Address(addr_spec=user.email), link=link, phrase=phrase)


def send_code(request: Request, user: User, code: str, phrase: str) -> None:
    """The six digits that sign in; no link at all, and no code in the subject."""
    _send(request, "code", user, Address(addr_spec=user.email), code=code, phrase=phrase)


def send_recovery(request: Request, user: User, link: str) -> None:
    _send(request, "recovery", user, Address(user.name, addr_spec=user.email), link=link)


def send_verification(request: Request, user: User, link: str) -> None:
    _send(request, "verification", user, Address(user.name, addr_spec=user.email), link=link)


def send_text_message(request: Request, phone: str, code: str) -> None:
    """A text message with six digits: in the inbox, but no .eml file."""
    words = WORDS[languages.resolve(request.locale)]
    text = words.text_message.format(code=code, project=request.project.name)
    Mail.objects.create(to=phone, subject=text, text=text, html="", source=text, code=code)


def _send(
    request: Request, kind: str, user: User, to: Address, *, link: str = "", code: str = "", phrase: str = ""
) -> None:
    language = languages.resolve(request.locale)
    context = _sentences(request, user, WORDS[language], getattr(WORDS[language], kind))
    context |= {"language": language, "link": link, "code": code, "phrase": phrase}
    context["lasts"] = context["link_lasts"] if link else context["code_lasts"]
    if kind in ("recovery", "verification"):
        context["device"] = ""  # only what signs in says who asked
    message = EmailMessage()
    message["From"] = message["Reply-To"] = SENDER
    message["To"] = to
    message["Subject"] = context["subject"]
    message["Date"] = clock.now()
    message.set_content(render_to_string("appwrite_emulator/mail.txt", context))
    message.add_alternative(render_to_string("appwrite_emulator/mail.html", context), subtype="html")
    mail = Mail.objects.create(
        to=to.addr_spec,
        subject=context["subject"],
        text=message.get_body(("plain",)).get_content(),
        html=message.get_body(("html",)).get_content(),
        source=message.as_string(),
        links=[link] if link else [],
        code=code,
        phrase=phrase,
    )
    if settings.MAIL_DIR:
        transaction.on_commit(lambda: _write_file(mail, message.as_bytes()))


def _sentences(request: Request, user: User, words: Words, kind: Kind) -> dict[str, str]:
    client = clients.describe(request.user_agent)
    values = {
        "project": request.project.name,
        "user": user.name,
        "client": client["clientName"] or "UNKNOWN",
        "device": f"{client['deviceBrand'] or 'UNKNOWN'} {client['osName']}".strip(),
    }
    shared = {
        "greeting": words.greeting,
        "or_copy": words.or_copy,
        "link_lasts": words.link_lasts,
        "code_lasts": words.code_lasts,
        "device": words.device,
        "ignore": words.ignore,
        "phrase_words": words.phrase,
        "closing": words.closing,
    }
    texts = {**shared, "subject": kind.subject, "lead": kind.lead, "button": kind.button}
    return {name: text.format(**values) for name, text in texts.items()}


def _write_file(mail: Mail, source: bytes) -> None:
    """The mail as a file whose name sorts by time. Renamed into place: whoever watches the folder sees whole mails."""
    folder = Path(settings.MAIL_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{int(mail.created_at.timestamp() * 1000):013d}-{mail.pk}"
    unfinished = folder / f".{name}"
    unfinished.write_bytes(source)
    os.replace(unfinished, folder / f"{name}.eml")
