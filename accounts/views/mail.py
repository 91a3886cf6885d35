"""E-mails about new posts: subscribing on the account page, and unsubscribing with the link in each e-mail."""

import logging

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import session
from accounts.decorators import sign_in_required
from accounts.forms import MailForm
from accounts.repositories import mail_service
from accounts.repositories.account import AccountRepository
from accounts.repositories.subscriptions import SubscriptionRepository, read_unsubscribe_token
from accounts.request import Request
from core import errors
from core.appwrite_client import create_admin_client, create_session_client
from core.next_url import next_url

log = logging.getLogger(__name__)


@require_POST
@sign_in_required
def subscribe(request: Request) -> HttpResponse:
    """Subscribe the signed-in user to the selected topic, or end the subscription if the topic is empty."""
    form = MailForm(request.POST)
    if not form.is_valid():
        raise errors.NotFoundError  # a topic that the form does not offer
    topic = form.cleaned_data["topic"]
    try:
        _set_subscription(request, topic)
    except errors.NotAllowedError:
        messages.error(
            request, _("We can’t e-mail you yet, because you have not confirmed your address. Sign in by e-mail first.")
        )
    except errors.ConflictError as error:
        log.error("subscribing user=%s: another account has a target with their address: %s", request.user.id, error)
        messages.error(request, _("We can’t e-mail this address, because another account uses it. Ask an admin."))
    except (errors.MisconfiguredError, errors.NotFoundError) as error:
        if not mail_service.is_switched_off(error):
            raise
        log.error("subscribing: %s", error)
        mail_service.state_after(error)
        messages.error(request, _("Your choice is not saved, because e-mails about new posts are turned off."))
    else:
        messages.success(request, _("We’ll e-mail you new posts.") if topic else _("We won’t e-mail you new posts."))
    return HttpResponseRedirect(next_url(request) if request.POST.get("next") else reverse("accounts:account"))


def _set_subscription(request: Request, topic: str) -> None:
    """Change the subscription and then the preference, which only says in which topic to look for the subscription."""
    subscriptions = SubscriptionRepository(create_admin_client())
    if topic:
        subscriptions.subscribe(request.user.id, topic)
    else:
        subscriptions.unsubscribe(request.user.id, request.user.mail or "")
    if topic != request.user.mail:
        AccountRepository(create_session_client(request)).update_mail(topic)
        session.forget_user(request.appwrite_session)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: Request) -> HttpResponse:
    """Ask for confirmation (GET), or end the subscription (POST).

    GET changes nothing, because mail scanners open links. The link's signature replaces a sign-in. The page does not
    show the subscriber's name or address.
    """
    token = request.POST.get("t", "") or request.GET.get("t", "")
    subscription = read_unsubscribe_token(token)
    if subscription is None:
        return render(request, "accounts/unsubscribe.html", {"step": "invalid"}, status=400)
    step = "confirm"
    if request.method == "POST":
        has_ended = SubscriptionRepository(create_admin_client()).unsubscribe(*subscription)
        step = "ended" if has_ended else "ended before"
    return render(request, "accounts/unsubscribe.html", {"step": step, "token": token})
