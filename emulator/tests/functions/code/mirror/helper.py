"""A module that `main.py` in the same folder imports."""

NAMES = (
    "method",
    "scheme",
    "path",
    "port",
    "url",
    "query_string",
    "queryString",
    "query",
    "headers",
    "bodyText",
    "body",
)


def seen(req):
    return {name: getattr(req, name) for name in NAMES}
