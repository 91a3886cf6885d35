"""Send a published post to subscribers by e-mail."""

import logging

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.decorators import sign_in_required
from accounts.repositories import mail_service
from accounts.request import Request, confirm_user
from core import errors
from core.appwrite_client import create_admin_client, create_session_client
from core.calls import run_concurrently
from posts import policy
from posts.access import editable, record
from posts.mail import letters
from posts.mail.mailings import Mailing, MailingRepository, TableMissingError
from posts.models import Post
from posts.repository import PostRepository

log = logging.getLogger(__name__)

PAUSED = "paused"  # query parameter after a failure, so that the script does not retry endlessly


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def send(request: Request, post_id: str) -> HttpResponse:
    """Show a preview, the number of recipients and the progress (GET), or send the post to the next batch (POST)."""
    if request.method == "POST":
        confirm_user(request)  # the site uses its API key
    post = editable(request, PostRepository(create_session_client(request)), post_id)
    if not policy.can_send(request.user, post):
        raise errors.NotAllowedError(sentence=_("Only admins and editors can send a post to subscribers."))
    if not post.is_published:
        raise errors.ConflictError(sentence=_("Only a published post can be sent to subscribers."))
    mailings = MailingRepository(create_admin_client())
    if request.method == "POST":
        return _send_batch(request, mailings, post)
    state: str = mail_service.state()
    mailing, count = None, 0
    try:
        if state == "on":
            mailing, count = run_concurrently(lambda: mailings.find(post.id), lambda: mailings.count(post))
    except TableMissingError:
        state = "table"
    except errors.MisconfiguredError as error:
        log.warning("showing the mailing of a post: %s", error)
        state = mail_service.state_after(error)
    return _page(request, post, state, mailing, count)


def _page(request: Request, post: Post, state: str, mailing: Mailing | None, count: int) -> HttpResponse:
    context = {
        **letters.post_context(request, post),
        **{"state": state, "mailing": mailing, "count": count, "is_paused": PAUSED in request.GET},
    }
    return render(request, "posts/send.html", context)


def _send_batch(request: Request, mailings: MailingRepository, post: Post) -> HttpResponse:
    """Start the mailing if it has not started, and send the next batch. A second start continues the same mailing."""
    try:
        mailing = mailings.find(post.id)
        if mailing is None and request.POST.get("act") == "start" and mail_service.is_on():
            try:
                mailing = mailings.start(post)
                record(request, "send", post)
            except errors.ConflictError:
                mailing = mailings.find(post.id)
        if mailing:
            mailings.send_batch(request, post, mailing)
    except TableMissingError:
        pass  # the page gives the reason
    except errors.MisconfiguredError as error:
        log.error("sending a post to subscribers: %s", error)
        mail_service.state_after(error)
        messages.error(
            request, _("Not all e-mails have been sent. You can continue when the mail service works again.")
        )
    except errors.UnavailableError as error:
        log.error("sending a post to subscribers: %s", error)
        messages.warning(
            request, _("Our mail service didn’t respond, so we stopped. Wait a minute, and then continue.")
        )
        return redirect(f"{request.path}?{PAUSED}")
    return redirect("posts:send", post.id)
