"""The GraphQL schema, derived from the API routes.

It is imported on the first query, because graphql-core and the schema take longer to load than the rest of the
emulator.
"""
