"""Django's debug page, limited to unexpected errors."""

from typing import Any

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http.multipartparser import MultiPartParserError
from django.urls import get_resolver
from django.utils.safestring import SafeString
from django.views import debug

BAD_REQUESTS = (BadRequest, MultiPartParserError, SuspiciousOperation)


class ExceptionReporter(debug.ExceptionReporter):
    """Show the site's own page for a bad request, and Django's debug page for any other exception."""

    def get_traceback_html(self) -> SafeString:
        if self.request is None or not isinstance(self.exc_value, BAD_REQUESTS):
            return super().get_traceback_html()
        handler: Any = get_resolver().resolve_error_handler(400)
        page = handler(self.request, exception=self.exc_value)
        return SafeString(page.content.decode())
