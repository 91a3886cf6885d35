"""A module in the function's folder."""

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
