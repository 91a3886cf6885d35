"""Password recovery."""

from typing import Any

from appwrite_emulator.auth import policies, sessions, users
from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import ids
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import User
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Email, Id, NewPassword, Text, Url, accepts
from appwrite_emulator.mail import messages
from appwrite_emulator.services.account.mailed_tokens import TOKEN_TTL, link, redeem


@accepts(email=Email(required=True), url=Url(platform=True, required=True))
def create_recovery(request: Request, *, email: str, url: str) -> dict[str, Any]:
    """POST /account/recovery: e-mail a link for setting a new password. Respond with 404 for an unknown address."""
    user = User.objects.filter(email=email).first()
    if user is None:
        raise AppwriteError("user_not_found")
    if not user.status:
        raise AppwriteError("user_blocked")
    secret = ids.secret(256)
    token = sessions.create_token(user, "recovery", secret, TOKEN_TTL)
    messages.send_recovery(request, user, token, link(url, token, secret))
    request.add_change(responses.token(token, secret=secret))
    visible_secret = secret if request.caller.is_key else ""
    return responses.token(token, secret=visible_secret)


@accepts(user_id=Id(required=True), secret=Text(256, required=True), password=NewPassword(required=True))
def update_recovery(request: Request, *, user_id: str, secret: str, password: str) -> dict[str, Any]:
    """PUT /account/recovery: use the e-mailed secret to set a new password.

    Mark the address as verified. If the session invalidation policy is enabled, delete all the user's sessions.
    """
    user, token = redeem(user_id, "recovery", secret)
    policies.check_history(request.project, user, password)
    users.set_password(user, password, light=True)
    policies.remember_password(request.project, user)
    user.email_verification = True
    users.save(user)
    if request.project.session_invalidation:
        users.delete_sessions(user)
    request.add_change(responses.token(token, secret=token.secret_hash))
    return responses.token(token)
