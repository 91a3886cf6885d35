"""GraphQL over the same routes: the schema computed from them, and how a request's queries are carried out.

Imported at the first query only: graphql-core and the schema take longer than the emulator's whole start.
"""
