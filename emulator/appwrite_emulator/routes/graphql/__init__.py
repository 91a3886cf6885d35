"""GraphQL's endpoint: each field calls a route."""
