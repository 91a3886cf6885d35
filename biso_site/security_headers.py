"""Security headers that Django's SecurityMiddleware does not set, for every response."""

from django.http import HttpResponse

# All resources come from the site's own origin, and no script or style is inline (ASVS 3.4.3, 3.4.6). Chromium applies
# form-action to every redirect after a form is submitted, so no form of the site may redirect to another origin.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def set_security_headers(response: HttpResponse) -> None:
    """Set each security header that the view has not already set."""
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    # Pages load nothing from other origins, and this header makes browsers enforce that.
    response.headers.setdefault("Cross-Origin-Embedder-Policy", "require-corp")
    response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
