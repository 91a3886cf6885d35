"""Django's debug page, for unexpected errors only."""

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http.multipartparser import MultiPartParserError
from django.urls import get_resolver
from django.views import debug

REFUSED = (BadRequest, MultiPartParserError, SuspiciousOperation)


class ExceptionReporter(debug.ExceptionReporter):
    """Shows the site's own page for a refused request (400) and Django's debug page for any other error."""

    def get_traceback_html(self) -> str:
        if self.request is None or not isinstance(self.exc_value, REFUSED):
            return str(super().get_traceback_html())
        page = get_resolver().resolve_error_handler(400)(self.request, exception=self.exc_value)
        return str(page.content.decode())
