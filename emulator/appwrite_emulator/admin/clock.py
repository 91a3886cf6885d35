"""The clock page: show and change the emulator's time, and list what expires next. `control.clock` is the JSON view."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from appwrite_emulator.admin.rendering import render_page
from appwrite_emulator.common import clock as emulator_clock
from appwrite_emulator.db.models import Mail

UNITS = {"minutes": 60, "hours": 3600, "days": 86400, "weeks": 7 * 86400}
MONTH = 30 * 86400
STEPS = ((3600, "1 hour"), (86400, "1 day"), (MONTH, "30 days"))
MAX_SHOWN = 100


@dataclass(frozen=True)
class Expiring:
    """A resource with an expiry time, as listed on the clock page."""

    kind: str
    owner: str
    at: datetime.datetime
    time_left: str


@require_http_methods(["GET", "HEAD", "POST"])
def clock(http: HttpRequest) -> HttpResponse:
    """Show the time and what expires next.

    POST moves the clock by `seconds`, or by `number` times `unit`. With `act=reset`, it resets the clock.
    """
    error = ""
    if http.method == "POST":
        error = _act(http)
        if not error:
            return HttpResponseRedirect("/_emulator/clock/")
    now = emulator_clock.now()
    expiring = _expiring(now)
    steps = [
        (seconds, label, sum(each.at <= now + datetime.timedelta(seconds=seconds) for each in expiring))
        for seconds, label in STEPS
    ]
    return render_page(
        "clock",
        status=400 if error else 200,
        current="clock",
        now=now,
        behind=emulator_clock.offset() < datetime.timedelta(),
        distance=in_words(abs(emulator_clock.offset())),
        expiring=expiring[:MAX_SHOWN],
        total=len(expiring),
        steps=steps,
        units=UNITS,
        form=http.POST,
        error=error,
    )


def _act(http: HttpRequest) -> str:
    """Perform the form's action. Return an error message, or "" on success."""
    if http.POST.get("act") == "reset":
        emulator_clock.reset()
        return ""
    try:
        seconds = float(http.POST.get("seconds") or http.POST["number"]) * UNITS.get(http.POST.get("unit", ""), 1)
    except (ValueError, KeyError):
        return "Enter a number."
    try:
        emulator_clock.advance(seconds)
    except ValueError as reason:
        return f"{reason}.".capitalize()
    return ""


def _expiring(now: datetime.datetime) -> list[Expiring]:
    """Return everything that will expire, soonest first. E-mails are left out, because their tokens are listed."""
    expiring = []
    for model in apps.get_app_config("appwrite_emulator").get_models():
        if model is not Mail and (field := _expiry_field(model)):
            instances = model._default_manager.filter(**{f"{field}__gt": now}).order_by(field)
            expiring += [_describe(each, getattr(each, field), now) for each in instances]
    return sorted(expiring, key=lambda each: each.at)


def _expiry_field(model: type[Model]) -> str:
    """Return the name of the model's expiry field, or "" if it has none."""
    for name in ("expire", "expires_at"):
        try:
            return model._meta.get_field(name).name
        except FieldDoesNotExist:
            continue
    return ""


def _describe(instance: Any, at: datetime.datetime, now: datetime.datetime) -> Expiring:
    owner = getattr(instance, "user_id", "") or getattr(instance, "name", "") or str(instance.pk)
    return Expiring(instance._meta.verbose_name, owner, at, in_words(at - now))


def in_words(duration: datetime.timedelta) -> str:
    """Return a duration in words, such as `2 days 3 h`, `5 min` or `less than a minute`. Return "" for zero."""
    if not duration:
        return ""
    minutes = int(duration.total_seconds() // 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    parts = [f"{days} day{'s' * (days != 1)}" if days else "", f"{hours} h" if hours else ""]
    parts += [f"{minutes % 60} min" if minutes % 60 and not days else ""]
    return " ".join(filter(None, parts)) or "less than a minute"
