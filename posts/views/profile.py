"""The author's bio, which is shown on the author's page and below their posts."""

import logging
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.decorators import View, sign_in_required
from accounts.request import Request, confirm_user, resolve_error
from core import errors, rate_limits
from core.appwrite_client import create_admin_client
from posts.access import audit
from posts.forms import BioForm
from posts.profiles import ProfileRepository

log = logging.getLogger(__name__)


def _keeps_bio(view: View) -> View:
    """Decorate a view to show the form again, with the submitted text, if Appwrite does not respond."""

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except errors.UnavailableError as error:
            if request.method != "POST":
                raise
            log.error("%s %s: %s", request.method, request.path, error)
            resolved = resolve_error(request, error)
            form = BioForm(request.POST)
            form.add_error(None, _("We can’t save this right now. Your text is still here; try again in a minute."))
            return errors.with_retry_after(_page(request, form, status=errors.status_of_outage(error)), resolved)

    return guarded


@never_cache
@_keeps_bio
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def bio(request: Request) -> HttpResponse:
    """Show the form with the signed-in user's bio, or save the bio. If saving fails, the form keeps the text."""
    if request.method != "POST":
        current = ProfileRepository(create_admin_client()).bio(request.user.id)
        return _page(request, BioForm(initial={"bio": current or ""}), is_off=current is None)
    form = BioForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    try:
        rate_limits.BIOS.require(request.user.id)
    except errors.RateLimitedError as error:
        form.add_error(None, error.sentence)
        return errors.with_retry_after(_page(request, form, status=429), error)
    confirm_user(request)  # the profile is written with the API key
    try:
        ProfileRepository(create_admin_client()).save(request.user.id, form.cleaned_data["bio"])
    except errors.NotFoundError:
        return _page(request, form, is_off=True, status=503)
    audit.info("user=%s act=bio", request.user.id)
    messages.success(request, _("Saved. Readers see it on your page and below your posts."))
    return redirect("accounts:account")


def _page(request: Request, form: BioForm, *, is_off: bool = False, status: int = 200) -> HttpResponse:
    return render(request, "posts/bio.html", {"form": form, "is_off": is_off}, status=status)
