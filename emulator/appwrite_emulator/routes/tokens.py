"""Routes of the Tokens service. A link with a token gives access to one file."""

from appwrite_emulator.http.rate_limits import SIXTY_WRITES
from appwrite_emulator.http.route import Route
from appwrite_emulator.services.storage import tokens

# fmt: off
ROUTES = (
    Route("GET", "tokens/buckets/<bucket_id>/files/<file_id>", tokens.list_,
          operation="tokens.list", scope="tokens.read", model="ResourceTokenList"),
    Route("POST", "tokens/buckets/<bucket_id>/files/<file_id>", tokens.create_file_token,
          operation="tokens.createFileToken", scope="tokens.write", model="ResourceToken", limit=SIXTY_WRITES,
          event="tokens.[tokenId].create"),
    Route("GET", "tokens/<token_id>", tokens.get,
          operation="tokens.get", scope="tokens.read", model="ResourceToken"),
    Route("PATCH", "tokens/<token_id>", tokens.update,
          operation="tokens.update", scope="tokens.write", model="ResourceToken", limit=SIXTY_WRITES,
          event="tokens.[tokenId].update"),
    Route("DELETE", "tokens/<token_id>", tokens.delete,
          operation="tokens.delete", scope="tokens.write", limit=SIXTY_WRITES,
          event="tokens.[tokenId].delete"),
)
