"""Convert queries to URL query parameters."""

import json
from typing import Any

from appwrite.query import Query


def query_params(method: str, attribute: str, *values: Any) -> dict[str, str]:
    """Return the query parameters that an SDK sends for one query."""
    return {"queries[0]": str(Query(method, attribute, list(values)))}


def json_query(method: str, attribute: str = "", *values: Any) -> str:
    return json.dumps({"method": method, "attribute": attribute, "values": values})
