"""Set `request.appwrite_session` and `request.user`, and accept forms that were opened before a sign-in."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware, RejectRequest
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.functional import SimpleLazyObject

from accounts import csrf, session
from accounts.request import Request, current_user
from accounts.sign_in import pending_sign_outs


def person(get_response: Callable[[Request], HttpResponse]) -> Callable[[Request], HttpResponse]:
    """Set the attributes of `accounts.request.Request`, and delete a cookie whose session has ended.

    Without a cookie, Appwrite is not called.
    """

    def middleware(request: Request) -> HttpResponse:
        request.appwrite_session = session.read_secret(request)
        request.session_ended = not request.appwrite_session and session.has_lapsed(request)
        request.is_blocked = False
        request.user = SimpleLazyObject(lambda: current_user(request))  # type: ignore[assignment]
        response = get_response(request)
        name = session.cookie_name()
        if name in request.COOKIES and not request.appwrite_session and name not in response.cookies:
            session.sign_out(response)
        elif request.appwrite_session and name not in response.cookies:
            session.renew(request, response)
        pending_sign_outs.finish_on_visit(request, response)
        patch_vary_headers(response, ("Cookie",))
        if "Cache-Control" not in response and (request.appwrite_session or request.session_ended):
            # With `no-cache`, the Back button would show a draft after signing out.
            patch_cache_control(response, private=True, no_store=True)
        return response

    return middleware


class CsrfMiddleware(CsrfViewMiddleware):
    """Django's middleware, which also accepts a form with the secret from before the sign-in.

    A text that was typed before the sign-in can then still be saved. The request must have our own Origin and the
    cookie of this browser; the old secret alone is not enough.
    """

    def _check_token(self, request: HttpRequest) -> None:
        try:
            super()._check_token(request)  # type: ignore[misc]  # Django’s own, missing in its stubs
        except RejectRequest:
            before = csrf.secret_before(request)
            # Django has already compared an Origin header with our own, but accepts a request without one.
            if before is None or "Origin" not in request.headers:
                raise
            cookies = request.COOKIES
            request.COOKIES = {**cookies, settings.CSRF_COOKIE_NAME: before}
            try:
                super()._check_token(request)  # type: ignore[misc]
            finally:
                request.COOKIES = cookies
