"""Routes that do not belong to a service."""

from appwrite_emulator.http.route import Route
from appwrite_emulator.services import general

# fmt: off
ROUTES = (
    Route("GET", "ping", general.ping,
          operation="ping.get", scope="global", model="Any", project_optional=True),
)
