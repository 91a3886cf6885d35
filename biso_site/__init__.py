"""The Django project: settings, URLs, middleware, error pages and health checks."""
