"""OpenAPI, the GraphQL schema, response models and coverage."""
