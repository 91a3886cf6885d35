"""Routes of the Avatars service, which generates icons and images."""

from appwrite_emulator.http.rate_limits import RateLimit
from appwrite_emulator.http.route import Route
from appwrite_emulator.services import avatars

# fmt: off
ROUTES = (
    Route("GET", "avatars/browsers/<code>", avatars.get_browser,
          operation="avatars.getBrowser", scope="avatars.read", project_optional=True),
    Route("GET", "avatars/credit-cards/<code>", avatars.get_credit_card,
          operation="avatars.getCreditCard", scope="avatars.read", project_optional=True),
    Route("GET", "avatars/favicon", avatars.get_favicon,
          operation="avatars.getFavicon", scope="avatars.read", project_optional=True),
    Route("GET", "avatars/flags/<code>", avatars.get_flag,
          operation="avatars.getFlag", scope="avatars.read", project_optional=True),
    Route("GET", "avatars/image", avatars.get_image,
          operation="avatars.getImage", scope="avatars.read", project_optional=True),
    Route("GET", "avatars/initials", avatars.get_initials,
          operation="avatars.getInitials", scope="avatars.read", project_optional=True),
    Route("GET", "avatars/qr", avatars.get_qr,
          operation="avatars.getQR", scope="avatars.read", project_optional=True),
    Route("GET", "avatars/screenshots", avatars.get_screenshot,
          operation="avatars.getScreenshot", scope="avatars.read", project_optional=True, implemented=False,
          limit=RateLimit(60)),
)
