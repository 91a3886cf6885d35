"""The GraphQL endpoint, in which each field calls a route."""
