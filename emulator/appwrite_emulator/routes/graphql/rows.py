"""Routes of the GraphQL service, which runs one or more of the other operations in one request."""

from appwrite_emulator.http.route import Route
from appwrite_emulator.routes.graphql import endpoint

# fmt: off
ROUTES = (
    Route("GET", "graphql", endpoint.get,
          operation="graphql.get", scope="graphql", model="Any", status=(200, 204), project_optional=True,
          skip_authentication=True),
    Route("POST", "graphql", endpoint.query,
          operation="graphql.query", scope="graphql", model="Any", status=(200, 204), writes=False,
          project_optional=True, skip_authentication=True),
    Route("POST", "graphql/mutation", endpoint.mutation,
          operation="graphql.mutation", scope="graphql", model="Any", status=(200, 204), writes=False,
          project_optional=True, skip_authentication=True),
)
