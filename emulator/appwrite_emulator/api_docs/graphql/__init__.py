"""GraphQL over the API routes: the schema, derived from them, and execution of queries.

Imported on the first query only: graphql-core and the schema take longer to load than the rest of the emulator.
"""
