"""The GraphQL endpoint. Each field of a query calls a route."""
