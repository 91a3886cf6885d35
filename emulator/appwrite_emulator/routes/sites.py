"""Routes of the Sites service: only the list of sites, which deployment tools request."""

from appwrite_emulator.http.route import Route
from appwrite_emulator.services import sites

# fmt: off
ROUTES = (
    Route("GET", "sites", sites.list_,
          operation="sites.list", scope="sites.read", model="SiteList"),
)
