"""Admin pages for all people's accounts. Each change writes one line to the audit log."""

import logging

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import confirmed_admin_required
from accounts.forms import LabelsForm
from accounts.models import LABELS
from accounts.repositories.people import PeopleRepository, Person, words_of
from accounts.request import Request
from core import errors
from core.appwrite_client import create_admin_client
from core.pagination import Page, page_number
from core.text_fields import normal, without_invisible

MAX_SEARCH = 128  # characters, as in a name; at most 64 words, one query each, and Appwrite accepts 100

audit = logging.getLogger("audit")


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


@require_POST
@confirmed_admin_required
def update_labels(request: Request, user_id: str) -> HttpResponse:
    """Give a person exactly the roles ticked in the form."""
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
    messages.success(request, _("The roles are saved. They take effect within a minute."))
    return redirect("people:person", person.user.id)


@require_POST
@confirmed_admin_required
def block(request: Request, user_id: str) -> HttpResponse:
    """Block a person. Keep the person's posts."""
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
