"""The Django project: settings, URLs, middleware, page cache, error pages and health checks."""
