"""/project, with one module each for the project, its API keys, platforms, policies, variables and OAuth2 providers."""
