"""The mail inbox: pages for people, JSON for tests."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_http_methods

from appwrite_emulator.clock import iso
from appwrite_emulator.models import Mail
from appwrite_emulator.routing import writing


@require_http_methods(["GET", "DELETE"])
def as_json(http: HttpRequest) -> HttpResponse:
    """All mails, newest first, or those `?to=` one address; DELETE empties the inbox."""
    if http.method == "DELETE":
        with writing():
            Mail.objects.all().delete()
        return JsonResponse({"total": 0, "mails": []})
    mails = Mail.objects.all()
    if to := http.GET.get("to"):
        mails = mails.filter(to=to)
    return JsonResponse({"total": len(mails), "mails": [_mail(mail) for mail in mails]})


def _mail(mail: Mail) -> dict[str, Any]:
    return {
        "id": mail.id,
        "to": mail.to,
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "links": mail.links,
        "code": mail.code,
        "phrase": mail.phrase,
        "createdAt": iso(mail.created_at),
    }
