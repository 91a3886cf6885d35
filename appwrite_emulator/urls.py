"""The whole API: one line per endpoint; then the emulator's own pages."""

from django.urls import path, re_path

from appwrite_emulator.pages import control, inbox
from appwrite_emulator.routing import Road, Route
from appwrite_emulator.services.account import profile, recovery, sessions, tokens
from appwrite_emulator.services.users import creating, signing_in
from appwrite_emulator.services.users import profile as users

ROUTES = [
    # account: oneself
    Route("GET", "account", profile.get, scope="account"),
    Route("POST", "account", profile.create, scope="sessions.write"),
    Route("PATCH", "account/name", profile.update_name, scope="account"),
    Route("PATCH", "account/email", profile.update_email, scope="account"),
    Route("PATCH", "account/phone", profile.update_phone, scope="account"),
    Route("PATCH", "account/password", profile.update_password, scope="account"),
    Route("PATCH", "account/status", profile.update_status, scope="account"),
    Route("GET", "account/prefs", profile.get_prefs, scope="account"),
    Route("PATCH", "account/prefs", profile.update_prefs, scope="account"),
    # account: sessions
    Route("POST", "account/sessions/email", sessions.create_email_password_session, scope="sessions.write"),
    Route("POST", "account/sessions", sessions.create_email_password_session, scope="sessions.write"),
    Route("POST", "account/sessions/anonymous", sessions.create_anonymous_session, scope="sessions.write"),
    Route("POST", "account/sessions/token", sessions.create_session, scope="sessions.write"),
    Route("PUT", "account/sessions/magic-url", sessions.create_session, scope="sessions.write"),
    Route("PUT", "account/sessions/phone", sessions.create_session, scope="sessions.write"),
    Route("GET", "account/sessions", sessions.list_sessions, scope="account"),
    Route("DELETE", "account/sessions", sessions.delete_sessions, scope="account"),
    Route("GET", "account/sessions/<session_id>", sessions.get_session, scope="account"),
    Route("PATCH", "account/sessions/<session_id>", sessions.update_session, scope="account"),
    Route("DELETE", "account/sessions/<session_id>", sessions.delete_session, scope="account"),
    Route("POST", "account/jwts", sessions.create_jwt, scope="account"),
    Route("POST", "account/jwt", sessions.create_jwt, scope="account"),
    # account: secrets by mail and text message
    Route("POST", "account/tokens/magic-url", tokens.create_magic_url_token, scope="sessions.write"),
    Route("POST", "account/sessions/magic-url", tokens.create_magic_url_token, scope="sessions.write"),
    Route("POST", "account/tokens/email", tokens.create_email_token, scope="sessions.write"),
    Route("POST", "account/tokens/phone", tokens.create_phone_token, scope="sessions.write"),
    Route("POST", "account/sessions/phone", tokens.create_phone_token, scope="sessions.write"),
    Route("POST", "account/recovery", recovery.create_recovery, scope="sessions.write"),
    Route("PUT", "account/recovery", recovery.update_recovery, scope="sessions.write"),
    Route("POST", "account/verifications/email", recovery.create_email_verification, scope="account"),
    Route("PUT", "account/verifications/email", recovery.update_email_verification, scope="public"),
    Route("POST", "account/verification", recovery.create_email_verification, scope="account"),
    Route("PUT", "account/verification", recovery.update_email_verification, scope="public"),
    Route("POST", "account/verifications/phone", recovery.create_phone_verification, scope="account"),
    Route("PUT", "account/verifications/phone", recovery.update_phone_verification, scope="public"),
    Route("POST", "account/verification/phone", recovery.create_phone_verification, scope="account"),
    Route("PUT", "account/verification/phone", recovery.update_phone_verification, scope="public"),
    # users
    Route("POST", "users", creating.create, scope="users.write"),
    Route("POST", "users/argon2", creating.create_argon2_user, scope="users.write"),
    Route("POST", "users/bcrypt", creating.create_bcrypt_user, scope="users.write"),
    Route("POST", "users/md5", creating.create_md5_user, scope="users.write"),
    Route("POST", "users/sha", creating.create_sha_user, scope="users.write"),
    Route("POST", "users/phpass", creating.create_ph_pass_user, scope="users.write"),
    Route("POST", "users/scrypt", creating.create_scrypt_user, scope="users.write"),
    Route("POST", "users/scrypt-modified", creating.create_scrypt_modified_user, scope="users.write"),
    Route("GET", "users/<user_id>", users.get, scope="users.read"),
    Route("DELETE", "users/<user_id>", users.delete, scope="users.write"),
    Route("PATCH", "users/<user_id>/name", users.update_name, scope="users.write"),
    Route("PATCH", "users/<user_id>/email", users.update_email, scope="users.write"),
    Route("PATCH", "users/<user_id>/phone", users.update_phone, scope="users.write"),
    Route("PATCH", "users/<user_id>/password", users.update_password, scope="users.write"),
    Route("PATCH", "users/<user_id>/status", users.update_status, scope="users.write"),
    Route("PUT", "users/<user_id>/labels", users.update_labels, scope="users.write"),
    Route("PATCH", "users/<user_id>/verification", users.update_email_verification, scope="users.write"),
    Route("PATCH", "users/<user_id>/verification/phone", users.update_phone_verification, scope="users.write"),
    Route("GET", "users/<user_id>/prefs", users.get_prefs, scope="users.read"),
    Route("PATCH", "users/<user_id>/prefs", users.update_prefs, scope="users.write"),
    Route("GET", "users/<user_id>/sessions", signing_in.list_sessions, scope="users.read"),
    Route("POST", "users/<user_id>/sessions", signing_in.create_session, scope=("users.write", "sessions.write")),
    Route("DELETE", "users/<user_id>/sessions", signing_in.delete_sessions, scope=("users.write", "sessions.write")),
    Route(
        "DELETE",
        "users/<user_id>/sessions/<session_id>",
        signing_in.delete_session,
        scope=("users.write", "sessions.write"),
    ),
    Route("POST", "users/<user_id>/tokens", signing_in.create_token, scope="users.write"),
    Route("POST", "users/<user_id>/jwts", signing_in.create_jwt, scope="users.write"),
]

urlpatterns = [
    re_path(r"^v1/(?P<path>.*)$", Road(ROUTES)),
    path("_emulator/health", control.health),
    path("_emulator/reset", control.reset),
    path("_emulator/checkpoint", control.checkpoint),
    path("_emulator/clock", control.clock),
    path("_emulator/inbox.json", inbox.as_json),
]
