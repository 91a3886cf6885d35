"""OAuth2 sign-in: redirect to the provider, handle its callback, and redirect back to the website.

The token flow ends at the success URL with `userId` and `secret`, which a server exchanges for a session. The session
flow ends with cookies. Data that is needed after the callback is passed in `state`. As on the real server, `state` is
readable and unsigned.
"""

import json
from typing import Any
from urllib.parse import urlencode

from appwrite_emulator.auth import jwt, oauth_providers, policies, sessions, users
from appwrite_emulator.auth.oauth_catalogue import NAMES
from appwrite_emulator.auth.request import Request
from appwrite_emulator.auth.session_secrets import cookie_name
from appwrite_emulator.common import ids, php_json
from appwrite_emulator.common.clock import now
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.links import with_query
from appwrite_emulator.db.models import Identity, Session, User
from appwrite_emulator.http import request_body, responses
from appwrite_emulator.http.parameters import ListOf, Param, ParameterError, Text, Url, accepts
from appwrite_emulator.http.responses import Response

SECRET_TTL = 60
TOKEN_TTL = 31536000


class Provider(Param):
    """Name of an OAuth2 provider that Appwrite supports, even if the provider is disabled."""

    def clean(self, value: Any) -> str:
        if not isinstance(value, str) or value not in NAMES:
            raise ParameterError(f"Value must be one of ({', '.join(sorted(NAMES))})")
        return value


_START_PARAMETERS = accepts(
    provider=Provider(required=True),
    success=Url(platform=True, default=""),
    failure=Url(platform=True, default=""),
    scopes=ListOf(Text(4096), default=()),
)


@_START_PARAMETERS
def create_o_auth2_token(request: Request, *, provider: str, **flow: Any) -> Response:
    """GET /account/tokens/oauth2/{provider}: redirect to the provider.

    This is the token flow, which ends with a secret.
    """
    return _redirect_to_provider(request, provider, token=True, **flow)


@_START_PARAMETERS
def create_o_auth2_session(request: Request, *, provider: str, **flow: Any) -> Response:
    """GET /account/sessions/oauth2/{provider}: redirect to the provider.

    This is the session flow, which ends with cookies.
    """
    return _redirect_to_provider(request, provider, token=False, **flow)


def _redirect_to_provider(
    request: Request, name: str, *, success: str, failure: str, scopes: list[str], token: bool
) -> Response:
    provider = oauth_providers.require_enabled(request.project, name)
    console = _console_url(request)
    state = {"success": success or f"{console}/success", "failure": failure or f"{console}/failure", "token": token}
    return _redirect(
        oauth_providers.authorize_url(provider, request.endpoint, scopes, json.dumps(state, separators=(",", ":")))
    )


_CALLBACK_PARAMETERS: dict[str, Param] = {
    "provider": Provider(required=True),
    "code": Text(2048, min=0, default=""),
    "state": Text(2048, min=0, default=""),
    "error": Text(2048, min=0, default=""),
    "error_description": Text(2048, min=0, default="", wire="error_description"),
}


@accepts(**_CALLBACK_PARAMETERS)
def callback(request: Request, *, provider: str, project_id: str, **parameters: str) -> Response:
    """GET or POST /account/sessions/oauth2/callback/{provider}/{project}: pass all parameters on to `redirect`.

    POST is for providers such as Apple, which submit a form from their own page.
    """
    sent = request_body.read(request.http)
    query = {name: value for name, value in sent.items() if isinstance(value, str)} | {"project": project_id}
    return _redirect(f"{request.endpoint}/account/sessions/oauth2/{provider}/redirect?{urlencode(query)}")


@accepts(**_CALLBACK_PARAMETERS)
def redirect(request: Request, *, provider: str, code: str, state: str, error: str, error_description: str) -> Response:
    """GET /account/sessions/oauth2/{provider}/redirect: sign in, and redirect to the success or failure URL.

    If the caller has a session, delete it, even in the token flow.
    """
    flow = _read_state(request, state)
    request.changes = []
    try:
        enabled_provider = oauth_providers.require_enabled(request.project, provider)
        if error or not code:
            reason = ": ".join(filter(None, (error, error_description))) or "no code"
            raise AppwriteError("user_oauth2_provider_error", f"The provider {provider} answered {reason}")
        oauth_user, tokens = oauth_providers.exchange_code(enabled_provider, code)
        user = _find_or_create_user(request, provider, oauth_user)
    except AppwriteError as exception:
        return _redirect_to_failure(flow["failure"], exception)
    _store_identity(user, provider, oauth_user, tokens)
    if request.caller.session:
        request.caller.session.delete()
    if flow["token"]:
        return _finish_token_flow(request, user, provider, flow["success"])
    return _finish_session_flow(request, user, provider, oauth_user, tokens, flow["success"])


def _read_state(request: Request, text: str) -> dict[str, Any]:
    """Parse and validate `state`. It is unsigned, so check its URLs again."""
    state = {"success": "", "failure": "", "token": False}
    if text:
        try:
            state |= php_json.loads(text)
        except (ValueError, TypeError):
            raise AppwriteError(
                "general_unknown", "The `state` parameter of the OAuth2 callback must be a JSON object."
            ) from None
    if not _is_allowed_url(request, state["success"]):
        raise AppwriteError("project_invalid_success_url")
    if state["failure"] and not _is_allowed_url(request, state["failure"]):
        raise AppwriteError("project_invalid_failure_url")
    return state


def _is_allowed_url(request: Request, url: Any) -> bool:
    own = request.endpoint.removesuffix("/v1") + "/"
    return isinstance(url, str) and (url.startswith(own) or request.project.knows_url(url))


def _find_or_create_user(request: Request, provider: str, oauth_user: oauth_providers.OAuthUser) -> User:
    """Return the signed-in user.

    If no user is signed in, return the user with this provider identity or e-mail address, or else a new user.
    """
    known_user = _find_by_provider(provider, oauth_user.uid)
    if current_user := request.caller.user:
        users.check_email_is_free(oauth_user.email, "user_already_exists", exclude=current_user)
        for other in (known_user, User.objects.filter(email=oauth_user.email).first()):
            if other and other.pk != current_user.pk:
                raise AppwriteError("user_already_exists")
        return _complete(current_user, oauth_user)
    user = known_user or _find_by_email(oauth_user)
    users.check_email_is_free(oauth_user.email, "general_bad_request", exclude=user)
    if user is None:
        policies.check_user_limit(request.project)
        return users.create(
            ids.unique(), email=oauth_user.email, name=oauth_user.name, email_verification=True, accessed_at=now()
        )
    if not user.status:
        raise AppwriteError("user_blocked")
    return _complete(user, oauth_user)


def _find_by_provider(provider: str, uid: str) -> User | None:
    """Return the user with a session or an identity for this provider account, or None if there is no such user.

    A session may outlive its identity.
    """
    for model in (Session, Identity):
        if found := model.objects.select_related("user").filter(provider=provider, provider_uid=uid).first():
            return found.user
    return None


def _find_by_email(oauth_user: oauth_providers.OAuthUser) -> User | None:
    """Return the user who has the provider's address, or an identity with it. Return None if there is no such user.

    If there is one, raise an error unless the provider has verified the address.
    """
    user = User.objects.filter(email=oauth_user.email).first()
    if user is None:
        identity = Identity.objects.select_related("user").filter(provider_email=oauth_user.email).first()
        user = identity.user if identity else None
    if user and not oauth_user.verified:
        raise AppwriteError(
            "general_bad_request",
            "This e-mail address belongs to an existing account, and the provider has not verified it.",
        )
    return user


def _complete(user: User, oauth_user: oauth_providers.OAuthUser) -> User:
    """Fill in the user's missing name or e-mail address from the provider. The address is then unverified."""
    if not user.email and User.objects.filter(email=oauth_user.email).exclude(pk=user.pk).exists():
        raise AppwriteError("user_already_exists")
    if not (user.name and user.email):
        user.name, user.email = user.name or oauth_user.name, user.email or oauth_user.email
        users.save(user)
    return user


def _store_identity(
    user: User, provider: str, oauth_user: oauth_providers.OAuthUser, tokens: oauth_providers.Tokens
) -> None:
    Identity.objects.update_or_create(
        user=user,
        provider=provider,
        provider_uid=oauth_user.uid,
        defaults={
            "provider_email": oauth_user.email,
            "provider_access_token": tokens.access,
            "provider_refresh_token": tokens.refresh,
            "provider_access_token_expiry": tokens.expiry,
            "updated_at": now(),
        },
    )


def _finish_token_flow(request: Request, user: User, provider: str, success: str) -> Response:
    """Finish the token flow. The secret works once, and expires after a minute."""
    secret = ids.secret(64)
    token = sessions.create_token(user, "oauth2", secret, TOKEN_TTL)
    request.add_change(responses.token(token), event="users.[userId].tokens.[tokenId].create")
    claims = {"secret": secret, "provider": provider}
    wrapped = jwt.encode(claims, request.project.jwt_secret, SECRET_TTL)
    return _redirect(with_query(success, {"secret": wrapped, "userId": user.id}))


def _finish_session_flow(
    request: Request,
    user: User,
    provider: str,
    oauth_user: oauth_providers.OAuthUser,
    tokens: oauth_providers.Tokens,
    success: str,
) -> Response:
    """Finish the session flow. Move the previous session's push targets to the new session.

    Appwrite's own success page also gets the secret, for native apps.
    """
    session, secret = sessions.create_session(
        request,
        user,
        provider,
        ["email", "oauth2"],
        provider_uid=oauth_user.uid,
        provider_access_token=tokens.access,
        provider_refresh_token=tokens.refresh,
        provider_access_token_expiry=tokens.expiry,
    )
    if request.caller.user:
        user.targets.filter(provider_type="push").update(session=session)
    sessions.enforce_session_limit(request, user)
    request.add_change(responses.session(session, current=True, language=sessions.language(request)))
    added = {}
    if success == f"{_console_url(request)}/success":
        project = request.project
        added = {"project": project.id, "key": cookie_name(project), "secret": secret}
    response = _redirect(with_query(success, added))
    response.signs_in = secret
    return response


def _redirect_to_failure(failure: str, exception: AppwriteError) -> Response:
    """Redirect to the failure URL with the error in the query. If there is no failure URL, raise the error."""
    if not failure:
        raise exception
    error = {"message": exception.message, "type": exception.type, "code": exception.status}
    return _redirect(with_query(failure, {"error": json.dumps(error)}))


def _console_url(request: Request) -> str:
    return f"{request.endpoint.removesuffix('/v1')}/console/auth/oauth2"


def _redirect(url: str) -> Response:
    """Redirect with 301 and no-store, as the real server does. Without no-store, a browser would cache the 301."""
    return Response(headers={"Location": url, "Cache-Control": "no-store, no-cache, must-revalidate"})


@accepts(redirect_uri=Url(required=True, wire="redirect_uri"), state=Text(2048, min=0, default=""))
def mock_provider(request: Request, *, redirect_uri: str, state: str) -> Response:
    """GET /mock/tests/general/oauth2: Appwrite's mock provider, which redirects back immediately."""
    return _redirect(with_query(redirect_uri, {"code": oauth_providers.MOCK_CODE, "state": state}))


def mock_success(request: Request) -> dict[str, str]:
    """GET /mock/tests/general/oauth2/success: a success URL for client tests."""
    return {"result": "success"}


def mock_failure(request: Request) -> Response:
    """GET /mock/tests/general/oauth2/failure: a failure URL for client tests."""
    return Response({"result": "failure"}, status=400)
