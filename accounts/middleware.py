"""Middleware that sets `request.appwrite_session` and `request.user`, and accepts forms opened before a sign-in."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware, RejectRequest
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.functional import SimpleLazyObject

from accounts import csrf, session
from accounts.request import Request, current_user
from accounts.sign_in import pending_sign_outs
from core import observation


def person(get_response: Callable[[Request], HttpResponse]) -> Callable[[Request], HttpResponse]:
    """Set the attributes of `accounts.request.Request`.

    Delete the session cookie if its session has ended. If a request has no session cookie, do not call Appwrite.
    """

    def middleware(request: Request) -> HttpResponse:
        cookie = session.read_cookie(request)
        request.appwrite_session = cookie.secret
        observation.note_user(cookie.user_id)
        request.session_ended = not request.appwrite_session and session.has_lapsed(request)
        request.is_blocked = False
        request.user = SimpleLazyObject(lambda: current_user(request))  # type: ignore[assignment]
        response = get_response(request)
        name = session.cookie_name()
        if name in request.COOKIES and not request.appwrite_session and name not in response.cookies:
            session.sign_out(response)
        elif request.appwrite_session and name not in response.cookies:
            session.renew(request, response, cookie)
        pending_sign_outs.finish_on_visit(request, response, cookie.user_id)
        patch_vary_headers(response, ("Cookie",))
        if "Cache-Control" not in response and (request.appwrite_session or request.session_ended):
            # With `no-cache`, the Back button would still show a draft after the person has signed out.
            patch_cache_control(response, private=True, no_store=True)
        return response

    return middleware


class CsrfMiddleware(CsrfViewMiddleware):
    """Django's CSRF middleware, extended to accept the secret from before the sign-in.

    If a person writes a post in one tab and then signs in in another tab, they can therefore still save the post. The
    old secret in the form is not enough: the request must also have the site's Origin, and the browser's encrypted
    cookie with the old secret.
    """

    def _check_token(self, request: HttpRequest) -> None:
        try:
            super()._check_token(request)  # type: ignore[misc]  # missing from Django's type stubs
        except RejectRequest:
            before = csrf.secret_before(request)
            # Django has already checked the Origin header if there is one, but it accepts a request without one.
            if before is None or "Origin" not in request.headers:
                raise
            cookies = request.COOKIES
            request.COOKIES = {**cookies, settings.CSRF_COOKIE_NAME: before}
            try:
                super()._check_token(request)  # type: ignore[misc]
            finally:
                request.COOKIES = cookies
