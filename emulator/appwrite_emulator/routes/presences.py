"""Routes of the Presences service, which manages the status that users publish."""

from appwrite_emulator.http.route import Route
from appwrite_emulator.services import presences

# fmt: off
ROUTES = (
    Route("GET", "presences", presences.list_,
          operation="presences.list", scope="presences.read", model="PresenceList"),
    Route("GET", "presences/<presence_id>", presences.get,
          operation="presences.get", scope="presences.read", model="Presence"),
    Route("PUT", "presences/<presence_id>", presences.upsert,
          operation="presences.upsert", scope="presences.write", model="Presence",
          event="presences.[presenceId].upsert"),
    Route("PATCH", "presences/<presence_id>", presences.update,
          operation="presences.update", scope="presences.write", model="Presence",
          event="presences.[presenceId].update"),
    Route("DELETE", "presences/<presence_id>", presences.delete,
          operation="presences.delete", scope="presences.write",
          event="presences.[presenceId].delete"),
)
