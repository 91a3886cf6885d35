"""Users: list, create, get, update, delete. Only for API keys."""

from typing import Any

from appwrite_emulator.auth import passwords, policies, users
from appwrite_emulator.auth.request import Request
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Target, User
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import (
    Boolean,
    Email,
    Label,
    ListOf,
    NewId,
    NewPassword,
    Phone,
    Preferences,
    Text,
    accepts,
)
from appwrite_emulator.http.responses import Response
from appwrite_emulator.services import lists
from appwrite_emulator.services.users.lookup import find_user

USER_QUERIES = lists.attributes(
    User,
    name="name",
    email="email",
    phone="phone",
    status="status",
    passwordUpdate="password_update",
    registration="created_at",
    emailVerification="email_verification",
    phoneVerification="phone_verification",
    labels="labels",
    impersonator="impersonator",
)


@accepts(queries=lists.Queries(USER_QUERIES), search=Text(256, default=""), total=Boolean(default=True))
def list_(request: Request, *, queries: list[str], search: str, total: bool) -> dict[str, Any]:
    """GET /users. `search` matches words in the ID, name, e-mail address, phone number and labels."""
    all_users = User.objects.prefetch_related("targets")
    searched = ("id", "name", "email", "phone", "labels")
    page = lists.page(all_users, queries, USER_QUERIES, search=search, searched=searched, total=total)
    return {"total": page.total, "users": [responses.user(user) for user in page.items]}


@accepts(
    user_id=NewId(required=True),
    email=Email(default=""),
    phone=Phone(default=""),
    password=NewPassword(default=""),
    name=Text(128, default=""),
)
def create(request: Request, *, user_id: str, email: str, phone: str, password: str, name: str) -> dict[str, Any]:
    """POST /users."""
    if email:
        users.check_email_is_free(email, "user_email_already_exists")
    policies.check_personal_data(request.project, User(id=user_id, email=email, phone=phone, name=name), password)
    user = users.create(user_id, email=email, phone=phone, name=name, hash_options=passwords.ARGON2)
    if password:
        users.set_password(user, password)
        policies.remember_password(request.project, user)
        user.save()
    return responses.user(user)


def get(request: Request, *, user_id: str) -> dict[str, Any]:
    """GET /users/{id}."""
    return responses.user(find_user(user_id))


def delete(request: Request, *, user_id: str) -> None:
    """DELETE /users/{id}: delete the user and all their data."""
    user = find_user(user_id)
    request.add_change(responses.account(user))
    users.delete(user)


@accepts(name=Text(128, min=0, required=True))
def update_name(request: Request, *, user_id: str, name: str) -> dict[str, Any]:
    """PATCH /users/{id}/name."""
    user = find_user(user_id)
    user.name = name
    return responses.user(users.save(user))


@accepts(email=Email(empty=True, required=True))
def update_email(request: Request, *, user_id: str, email: str) -> dict[str, Any]:
    """PATCH /users/{id}/email. A new address is unverified. An empty string removes the address."""
    user = find_user(user_id)
    if email:
        users.check_email_is_free(email, "user_email_already_exists", exclude=user)
        users.check_target_is_free(email)
        if User.objects.filter(email=email).exclude(pk=user.pk).exists():
            raise AppwriteError("user_email_already_exists")
    old = user.email
    users.change_email(user, email or None)
    return _save_with_target(user, "email", old, email)


@accepts(number=Phone(empty=True, required=True))
def update_phone(request: Request, *, user_id: str, number: str) -> dict[str, Any]:
    """PATCH /users/{id}/phone. A new number is unverified. An empty string removes the number."""
    user = find_user(user_id)
    if number:
        users.check_target_is_free(number)
        if User.objects.filter(phone=number).exclude(pk=user.pk).exists():
            raise AppwriteError("user_phone_already_exists")
    old = user.phone
    users.change_phone(user, number or None)
    return _save_with_target(user, "sms", old, number)


def _save_with_target(user: User, kind: str, old: str | None, new: str) -> dict[str, Any]:
    """Save the user, and change the target's identifier from `old` to `new`. If there is no such target, create one.

    As on the real server, the response still contains the target of an address that this request removes. Later
    responses do not.
    """
    if new and not users.move_target(user, old, new):
        Target.objects.create(user=user, provider_type=kind, identifier=new)
    response = responses.user(users.save(user))
    if not new:
        user.targets.filter(identifier=old).delete()
    return response


@accepts(password=NewPassword(empty=True, required=True))
def update_password(request: Request, *, user_id: str, password: str) -> dict[str, Any]:
    """PATCH /users/{id}/password. If the session invalidation policy is enabled, delete all the user's sessions.

    An empty string removes the password and keeps the sessions.
    """
    user = find_user(user_id)
    if not password:
        users.set_password(user, password)
        return responses.user(users.save(user))
    policies.check_personal_data(request.project, user, password)
    policies.check_history(request.project, user, password)
    users.set_password(user, password)
    policies.remember_password(request.project, user)
    if request.project.session_invalidation:
        users.delete_sessions(user)
    return responses.user(users.save(user))


@accepts(status=Boolean(required=True))
def update_status(request: Request, *, user_id: str, status: bool) -> dict[str, Any]:
    """PATCH /users/{id}/status: block the user if `status` is false, otherwise unblock the user.

    Sessions are kept, and work again once the user is unblocked.
    """
    user = find_user(user_id)
    user.status = status
    return responses.user(users.save(user))


@accepts(labels=ListOf(Label(), 1000, required=True))
def update_labels(request: Request, *, user_id: str, labels: list[str]) -> dict[str, Any]:
    """PUT /users/{id}/labels: replace the labels, without duplicates."""
    user = find_user(user_id)
    user.labels = list(dict.fromkeys(labels))
    return responses.user(users.save(user))


@accepts(email_verification=Boolean(strict=True, required=True))
def update_email_verification(request: Request, *, user_id: str, email_verification: bool) -> dict[str, Any]:
    """PATCH /users/{id}/verification."""
    user = find_user(user_id)
    user.email_verification = email_verification
    return responses.user(users.save(user))


@accepts(phone_verification=Boolean(strict=True, required=True))
def update_phone_verification(request: Request, *, user_id: str, phone_verification: bool) -> dict[str, Any]:
    """PATCH /users/{id}/verification/phone."""
    user = find_user(user_id)
    user.phone_verification = phone_verification
    return responses.user(users.save(user))


@accepts(impersonator=Boolean(strict=True, required=True))
def update_impersonator(request: Request, *, user_id: str, impersonator: bool) -> dict[str, Any]:
    """PATCH /users/{id}/impersonator: allow or forbid impersonation with the X-Appwrite-Impersonate-… headers."""
    user = find_user(user_id)
    user.impersonator = impersonator
    return responses.user(users.save(user))


def get_prefs(request: Request, *, user_id: str) -> Response:
    """GET /users/{id}/prefs."""
    return Response(find_user(user_id).prefs)


@accepts(prefs=Preferences())
def update_prefs(request: Request, *, user_id: str, prefs: dict[str, Any]) -> Response:
    """PATCH /users/{id}/prefs: replace all preferences."""
    user = find_user(user_id)
    user.prefs = prefs
    users.save(user)
    return Response(user.prefs)
