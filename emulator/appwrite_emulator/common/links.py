"""URLs that return values to a website."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


def with_query(url: str, added: Mapping[str, str]) -> str:
    """Return `url` with parameters added to its query; existing ones are replaced, and the fragment stays.

    Like PHP, number list parameters: `y[]=1` becomes `y[0]=1`.
    """
    parts = urlsplit(url)
    query: dict[str, str] = {}
    counts: dict[str, int] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name.endswith("[]"):
            number = counts.get(name, 0)
            counts[name] = number + 1
            name = f"{name[:-1]}{number}]"
        query[name] = value
    return urlunsplit(parts._replace(query=urlencode({**query, **added})))
