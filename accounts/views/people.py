"""Admin pages for all people's accounts. Each change adds a line to the audit log."""

import logging

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.decorators import confirmed_admin_required
from accounts.forms import InvitationForm, LabelsForm
from accounts.models import LABELS
from accounts.repositories.people import PeopleRepository, Person, invited_id, words_of
from accounts.request import Request
from accounts.sign_in import mails
from accounts.signals import roles_changed
from core import errors, rate_limits
from core.appwrite_client import create_admin_client
from core.next_url import absolute
from core.pagination import Page, page_number
from core.text_fields import normal, without_invisible

MAX_SEARCH = 128  # characters, as in a name: at most 64 words with one query each, and Appwrite accepts 100 queries

audit = logging.getLogger("audit")
log = logging.getLogger(__name__)


@never_cache
@require_safe
@confirmed_admin_required
def people(request: Request) -> HttpResponse:
    """List all people, most recently active first. The parameter `q` searches names and e-mail addresses.

    A search without letters or digits returns no results and does not call Appwrite.
    """
    search = without_invisible(normal(request.GET.get("q", ""))).replace("\0", "").strip()[:MAX_SEARCH]
    number = page_number(request)
    repository = PeopleRepository(create_admin_client())
    Page.check(number, repository.PAGE)
    can_find = not search or bool(words_of(search))
    items, total = repository.page(number, search) if can_find else ([], 0)
    page = Page(number, items, total, repository.PAGE).existing()
    providers = repository.providers([person.user.id for person in page.items])
    rows = [(person, providers[person.user.id]) for person in page.items]
    context = {"page": page, "search": search, "can_find": can_find, "rows": rows}
    return render(request, "people/people.html", context)


@never_cache
@require_safe
@confirmed_admin_required
def person(request: Request, user_id: str) -> HttpResponse:
    """Show a person's sign-in methods, sessions and roles, with the actions for admins."""
    repository = PeopleRepository(create_admin_client())
    person = repository.get(user_id)
    context = {
        "person": person,
        "providers": repository.providers([person.user.id])[person.user.id],
        "sessions": repository.sessions(person.user.id),
        "labels": LABELS,
    }
    return render(request, "people/person.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@confirmed_admin_required
def invite(request: Request) -> HttpResponse:
    """Show the invitation form (GET), or create an account and e-mail a sign-in link to the person (POST).

    A person who already has an account gets the role but no e-mail. If they have not confirmed their address, they get
    the e-mail but not the role, because a stranger may have created the account.
    """
    form = InvitationForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "people/invite.html", {"form": form})
    try:
        rate_limits.INVITATIONS.require(request.user.id)
    except errors.RateLimitedError as error:
        form.add_error(None, error.sentence)
        return errors.with_retry_after(render(request, "people/invite.html", {"form": form}, status=429), error)
    email, role = form.cleaned_data["email"], form.cleaned_data["role"]
    repository = PeopleRepository(create_admin_client())
    person = repository.at_address(email)
    if person and (person.is_confirmed or not person.is_active):
        return _with_account(request, repository, person, role)
    try:
        is_stranger = person is not None and person.user.id != invited_id(email)
        invited = person if person and is_stranger else repository.invite(email, role)
    except errors.InvalidInputError:
        form.add_error("email", _("We can’t send to that address. Check the spelling."))
        return render(request, "people/invite.html", {"form": form})
    _audit(request, invited, f"invite={'' if is_stranger else role}")
    if is_stranger and role:
        messages.warning(
            request,
            _("Someone has created this account, but has not confirmed the address. Give the role after they sign in."),
        )
    _send_invitation(request, email)
    return redirect("people:person", invited.user.id)


def _with_account(request: Request, repository: PeopleRepository, person: Person, role: str) -> HttpResponse:
    """Give the role to a person who already has an account, unless the person is blocked."""
    if not person.is_active:
        messages.error(request, _("This account is blocked. Unblock it first."))
    elif role and role not in person.labels:
        labels = [label for label in LABELS if label in (*person.labels, role)]
        repository.set_labels(person, labels)
        _audit(request, person, f"labels={','.join(labels)}")
        _apply_to_posts(request, person)
        messages.success(request, _("This person already has an account, and now has the role."))
    else:
        messages.info(request, _("This person already has an account."))
    return redirect("people:person", person.user.id)


def _send_invitation(request: Request, email: str) -> None:
    """Send the sign-in link. Tell the admin for how long the link is valid, or that it was not sent."""
    sign_in = {"url": absolute(request, reverse("accounts:login"))}
    try:
        is_sent = mails.invite(request, email)
    except errors.SiteError as error:
        log.error("sending an invitation: %s", error)
        is_sent = False
    if is_sent:
        messages.success(
            request,
            _("The invitation has been sent. The link works for ten minutes. After that, they can sign in at %(url)s.")
            % sign_in,
        )
    else:
        sentence = _("The account is ready, but we couldn’t send the e-mail. Ask them to sign in at %(url)s.")
        messages.warning(request, sentence % sign_in)


@require_POST
@confirmed_admin_required
def update_labels(request: Request, user_id: str) -> HttpResponse:
    """Set a person's roles to those ticked in the form."""
    repository = PeopleRepository(create_admin_client())
    person = repository.get(user_id)
    form = LabelsForm(request.POST)
    if not form.is_valid():
        raise errors.NotFoundError  # an unknown role, which the form does not offer
    try:
        repository.set_labels(person, form.cleaned_data["labels"])
    except errors.ConflictError:
        return _refused(request, person)
    except errors.NotAllowedError:
        sentence = _(
            "This person has not confirmed their address. They must sign in by e-mail before you can give them a role."
        )
        messages.error(request, sentence)
        return redirect("people:person", person.user.id)
    _audit(request, person, f"labels={','.join(form.cleaned_data['labels'])}")
    _apply_to_posts(request, person)
    messages.success(request, _("The roles are saved. They take effect within a minute."))
    return redirect("people:person", person.user.id)


def _apply_to_posts(request: Request, person: Person) -> None:
    """Apply the saved roles to the person's posts. If that fails, ask the admin to save the roles again."""
    try:
        roles_changed.send(sender=None, user_id=person.user.id)
    except errors.SiteError as error:
        log.error("applying the roles of %s to their posts: %s", person.user.id, error)
        sentence = _("This person may still be able to publish older drafts. Save the roles again.")
        messages.warning(request, sentence)


@require_POST
@confirmed_admin_required
def block(request: Request, user_id: str) -> HttpResponse:
    """Block a person. Their posts remain."""
    return _set_active(request, user_id, active=False)


@require_POST
@confirmed_admin_required
def unblock(request: Request, user_id: str) -> HttpResponse:
    """Unblock a person."""
    return _set_active(request, user_id, active=True)


def _set_active(request: Request, user_id: str, *, active: bool) -> HttpResponse:
    repository = PeopleRepository(create_admin_client())
    person = repository.get(user_id)
    try:
        repository.set_active(person, active)
    except errors.ConflictError:
        return _refused(request, person)
    _audit(request, person, "unblock" if active else "block")
    messages.success(request, _("The account is unblocked.") if active else _("The account is blocked."))
    return redirect("people:person", person.user.id)


@require_POST
@confirmed_admin_required
def end_sessions(request: Request, user_id: str) -> HttpResponse:
    """End all sessions of a person."""
    repository = PeopleRepository(create_admin_client())
    person = repository.get(user_id)
    repository.end_sessions(person)
    _audit(request, person, "end_sessions")
    messages.success(request, _("Signed out everywhere."))
    return redirect("people:person", person.user.id)


def _refused(request: Request, person: Person) -> HttpResponse:
    messages.error(request, _("This is the last admin. Make someone else an admin first."))
    return redirect("people:person", person.user.id)


def _audit(request: Request, person: Person, act: str) -> None:
    audit.info("user=%s act=%s person=%s", request.user.id, act, person.user.id)
