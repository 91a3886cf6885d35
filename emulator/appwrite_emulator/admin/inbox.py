"""The inbox with e-mails, text messages and push messages, as pages and as JSON."""

import datetime
import json
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_safe

from appwrite_emulator.admin.rendering import render_page
from appwrite_emulator.common.clock import iso, now
from appwrite_emulator.db.models import Mail
from appwrite_emulator.db.state import writing
from appwrite_emulator.mail import delivery

VIEWS = (("html", "HTML"), ("text", "Text"), ("source", "Source"))
KINDS = {"email": "E-mail", "sms": "Text message", "push": "Push message"}
MAX_SHOWN = 200


@require_http_methods(["GET", "HEAD", "POST"])
def inbox(http: HttpRequest) -> HttpResponse:
    """List all messages, or only those sent to `?to=`, and show the newest. POST empties the inbox."""
    if http.method == "POST":
        _empty(http)
        return HttpResponseRedirect("/_emulator/inbox/")
    mails = _mails(http)
    return _page(http, mails, mails.first(), is_selected=False)


@require_safe
def state(http: HttpRequest) -> JsonResponse:
    """/_emulator/inbox/state: return a string that changes when the list changes. The page's script polls it."""
    mails = _mails(http)
    newest = mails.values_list("id", flat=True).first()
    return JsonResponse({"state": f"{mails.count()} {newest}"})


@require_safe
def mail(http: HttpRequest, mail_id: str) -> HttpResponse:
    """Show a message beside the list. `?view=` is html, text or source."""
    return _page(http, _mails(http), _find(mail_id), is_selected=True)


@require_safe
@xframe_options_sameorigin
def html(http: HttpRequest, mail_id: str) -> HttpResponse:
    """Return the e-mail's HTML for the frame. A Content-Security-Policy disables scripts."""
    text = _find(mail_id).html
    base = '<base target="_top">'
    text = text.replace("<head>", f"<head>{base}", 1) if "<head>" in text else base + text
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return HttpResponse(text, headers={"Content-Security-Policy": policy})


def _page(http: HttpRequest, matching: QuerySet[Mail], shown: Mail | None, *, is_selected: bool) -> HttpResponse:
    mails = [(item, KINDS[item.kind], _age(item.created_at)) for item in matching[:MAX_SHOWN]]
    views = [view for view in VIEWS if view[0] != "html" or (shown and shown.html)]
    view = http.GET.get("view")
    return render_page(
        "inbox",
        current="inbox",
        mails=mails,
        total=matching.count(),
        newest=mails[0][0].id if mails else None,
        mail=shown,
        is_selected=is_selected,
        kind=KINDS[shown.kind] if shown else "",
        data=_data(shown) if shown else [],
        image=shown.data.get("image", {}).get("url") if shown else None,
        to=http.GET.get("to", ""),
        views=views,
        view=view if view in dict(views) else views[0][0],
        validity=_validity(shown) if shown else "",
    )


def _data(mail: Mail) -> list[tuple[str, str]]:
    """Return a push message's data, without its text and image."""
    data = {name: value for name, value in mail.data.items() if name != "image"}
    return [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in data.items()]


def _mails(http: HttpRequest) -> QuerySet[Mail]:
    """Return the messages to `?to=` (an address or number, ignoring case). Without `?to=`, return all messages."""
    delivery.send_due()
    to = http.GET.get("to")
    return Mail.objects.filter(to__iexact=to) if to else Mail.objects.all()


def _find(mail_id: str) -> Mail:
    mail = Mail.objects.filter(pk=mail_id).first()
    if mail is None:
        raise Http404
    return mail


def _empty(http: HttpRequest) -> None:
    with writing():
        _mails(http).delete()


def _age(time: datetime.datetime) -> str:
    minutes = int((now() - time).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    hours = minutes // 60
    return f"{hours} h ago" if hours < 48 else f"{hours // 24} days ago"


def _validity(mail: Mail) -> str:
    if mail.expire is None:
        return ""
    seconds = int((mail.expire - now()).total_seconds())
    return f"valid for {seconds // 60} min {seconds % 60} s, unless used" if seconds > 0 else "expired"


@require_http_methods(["GET", "DELETE"])
def as_json(http: HttpRequest) -> HttpResponse:
    """Return all messages, or only those sent to `?to=`, as JSON. The newest comes first. DELETE deletes them."""
    if http.method == "DELETE":
        _empty(http)
    mails = _mails(http)
    return JsonResponse({"total": len(mails), "mails": [_json(item) for item in mails]})


def _json(mail: Mail) -> dict[str, Any]:
    return {
        "id": mail.id,
        "kind": mail.kind,
        "from": mail.sender,
        "to": mail.to,
        "recipient": mail.recipient,
        "cc": mail.cc,
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "links": mail.links,
        "code": mail.code,
        "phrase": mail.phrase,
        "data": mail.data,
        "attachments": mail.attachments,
        "messageId": mail.message_id,
        "createdAt": iso(mail.created_at),
    }
