"""Sign-in methods, services and protocols that a project can disable for its users. API keys can still use them."""

AUTH_METHODS = {
    "email-password": "Email / Password",
    "magic-url": "Magic URL",
    "email-otp": "Email OTP",
    "anonymous": "Anonymous",
    "invites": "Invites",
    "jwt": "JWT",
    "phone": "Phone",
}
"""Sign-in method -> its name in error messages."""
PROTOCOLS = ("rest", "graphql", "websocket")
_SERVICES = """
account avatars databases tablesdb locale health project storage teams users vcs sites functions proxy graphql
migrations messaging advisor
"""
SERVICES = tuple(_SERVICES.split())
_OTHER_SERVICES = """
backups cards console documentsdb organization presences projects reports tokens vectorsdb webhooks
"""
OTHER_SERVICES = tuple(_OTHER_SERVICES.split())
"""Services that cannot be disabled."""
