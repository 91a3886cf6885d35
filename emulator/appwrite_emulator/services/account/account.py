"""Sign up, and change the caller's own profile."""

from typing import Any

from appwrite_emulator.auth import policies, users
from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import User
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Email, NewId, NewPassword, Password, Phone, Preferences, Text, accepts
from appwrite_emulator.http.responses import Response


@accepts(
    user_id=NewId(required=True),
    email=Email(required=True),
    password=NewPassword(required=True),
    name=Text(128, default=""),
)
def create(request: Request, *, user_id: str, email: str, password: str, name: str) -> dict[str, Any]:
    """POST /account: sign up with a password. The new user is not signed in."""
    policies.check_user_limit(request.project)
    users.check_email_is_free(email, "general_bad_request")
    policies.check_personal_data(request.project, User(id=user_id, email=email, name=name), password)
    user = users.create(user_id, email=email, name=name, accessed_at=clock.now())
    users.set_password(user, password)
    policies.remember_password(request.project, user)
    user.save()
    return responses.account(user)


def get(request: Request) -> dict[str, Any]:
    """GET /account. As on the real server, only this response includes the impersonator."""
    return responses.account(request.user, impersonator=request.caller.impersonator)


def delete(request: Request) -> None:
    """DELETE /account: delete the user and all their data. The Console uses this route.

    The SDKs have no method for it.
    """
    users.delete(request.user)


@accepts(name=Text(128, required=True))
def update_name(request: Request, *, name: str) -> dict[str, Any]:
    """PATCH /account/name."""
    user = request.user
    user.name = name
    return responses.account(users.save(user))


@accepts(password=NewPassword(required=True), old_password=Password(default=""))
def update_password(request: Request, *, password: str, old_password: str) -> dict[str, Any]:
    """PATCH /account/password. If the user has no password yet, no old password is needed.

    If the session invalidation policy is enabled, delete the user's other sessions, unless the caller uses a JWT.
    """
    user = request.user
    if user.password_update and not users.check_password(user, old_password):
        raise AppwriteError("user_invalid_credentials")
    policies.check_history(request.project, user, password)
    policies.check_personal_data(request.project, user, password)
    users.set_password(user, password, light=True)
    policies.remember_password(request.project, user)
    if request.caller.session and request.project.session_invalidation:
        users.delete_sessions(user, exclude=request.caller.session)
    return responses.account(users.save(user))


@accepts(email=Email(required=True), password=Password(required=True))
def update_email(request: Request, *, email: str, password: str) -> dict[str, Any]:
    """PATCH /account/email. The new address is unverified. If the user has a target for the old one, update it.

    If the user has no password, set the submitted one, so that an anonymous user becomes a regular user.
    """
    user = request.user
    _check_password(user, password)
    users.check_email_is_free(email, "general_bad_request", exclude=user)
    users.check_target_is_free(email)
    if User.objects.filter(email=email).exclude(pk=user.pk).exists():
        raise AppwriteError("general_bad_request")
    users.move_target(user, user.email, email)
    users.change_email(user, email)
    if not user.password_update:
        users.set_password(user, password, light=True)
    return responses.account(users.save(user))


@accepts(phone=Phone(required=True), password=Password(required=True))
def update_phone(request: Request, *, phone: str, password: str) -> dict[str, Any]:
    """PATCH /account/phone. The new number is unverified. If the user has a target for the old one, update it."""
    user = request.user
    _check_password(user, password)
    users.check_target_is_free(phone)
    if User.objects.filter(phone=phone).exclude(pk=user.pk).exists():
        raise AppwriteError("user_phone_already_exists")
    users.move_target(user, user.phone, phone)
    users.change_phone(user, phone)
    if not user.password_update:
        users.set_password(user, password, light=True)
    return responses.account(users.save(user))


def _check_password(user: User, password: str) -> None:
    if user.password_update and not users.check_password(user, password):
        raise AppwriteError("user_invalid_credentials")


def get_prefs(request: Request) -> Response:
    """GET /account/prefs."""
    return Response(request.user.prefs)


@accepts(prefs=Preferences())
def update_prefs(request: Request, *, prefs: dict[str, Any]) -> dict[str, Any]:
    """PATCH /account/prefs: replace all preferences."""
    user = request.user
    user.prefs = prefs
    return responses.account(users.save(user))


def update_status(request: Request) -> Response:
    """PATCH /account/status: block the caller's own account. Only the server API can unblock it."""
    user = request.user
    user.status = False
    return Response(responses.account(users.save(user)), signs_out=True)
