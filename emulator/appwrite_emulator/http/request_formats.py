"""Convert parameters from older clients, which send their version in `X-Appwrite-Response-Format`.

The rules are those of Appwrite's request filters.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from appwrite_emulator.common import php_json
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.tables import table_schema
from appwrite_emulator.db.tables.relationships import MAX_DEPTH
from appwrite_emulator.db.tables.table_schema import TableSchema
from appwrite_emulator.http import format_versions, text_queries
from appwrite_emulator.http.format_versions import Version
from appwrite_emulator.http.route import Route

Payload = dict[str, Any]


UrlParts = dict[str, str]
Change = Callable[[Payload, UrlParts], Payload]


def convert(payload: Payload, route: Route, url_parts: UrlParts, version: Version | None) -> Payload:
    """Return the parameters in the current version's format."""
    for by_operation in format_versions.newer_than(version, _CHANGES):
        for operation in route.operations:
            if change := by_operation.get(operation):
                payload = change(payload, url_parts)
    return payload


# -- kinds of changes --------------------------------------------------------------------------------------------------


def _without(*names: str) -> Change:
    return lambda payload, _: {name: value for name, value in payload.items() if name not in names}


def _set(**values: Any) -> Change:
    return lambda payload, _: payload | values


def _default(**values: Any) -> Change:
    """Return a change that sets the given parameters if they are missing or null."""

    def change(payload: Payload, _: UrlParts) -> Payload:
        return payload | {name: value for name, value in values.items() if payload.get(name) is None}

    return change


def _rename(**names: str) -> Change:
    """Return a change that renames parameters: old name -> new name. Null counts as missing."""

    def change(payload: Payload, _: UrlParts) -> Payload:
        kept = {name: value for name, value in payload.items() if name not in names}
        return kept | {names[name]: value for name, value in payload.items() if name in names and value is not None}

    return change


def _all(*changes: Change) -> Change:
    def change(payload: Payload, url_parts: UrlParts) -> Payload:
        for each in changes:
            payload = each(payload, url_parts)
        return payload

    return change


# -- 1.4 ---------------------------------------------------------------------------------------------------------------

_INSTALL_COMMANDS = {
    "node": "npm install",
    "python": "pip install --no-cache-dir -r requirements.txt",
    "dart": "dart pub get",
    "php": "composer update --no-interaction --ignore-platform-reqs --optimize-autoloader --prefer-dist --no-dev",
    "ruby": "bundle install",
    "swift": "swift package resolve",
    "dotnet": "dotnet restore",
}
"""Prefix of a runtime's name -> command that its builds ran in the versions without build commands."""


def _with_install_command(payload: Payload, _: UrlParts) -> Payload:
    runtime = str(payload.get("runtime") or "")
    command = next((text for prefix, text in _INSTALL_COMMANDS.items() if runtime.startswith(prefix)), "")
    return payload | {"commands": command}


def _data_as_body(payload: Payload, _: UrlParts) -> Payload:
    """Use the `data` parameter as the execution's body."""
    return {**_without("data")(payload, _), "body": payload.get("data") or ""}


# -- 1.5: queries as JSON ----------------------------------------------------------------------------------------------


def _with_text_queries(payload: Payload, _: UrlParts) -> Payload:
    """Convert queries from the text syntax `equal("title", ["x"])` to JSON."""
    if not isinstance(payload.get("queries"), list):
        return payload
    try:
        return payload | {"queries": [json.dumps(text_queries.parse(text)) for text in payload["queries"]]}
    except ValueError as error:
        raise AppwriteError("general_query_invalid", f"Invalid query: {error}") from None


_LISTS_BEFORE_1_5 = (
    "account.listIdentities",
    "account.listLogs",
    "databases.list",
    "databases.listLogs",
    "databases.listCollections",
    "databases.listCollectionLogs",
    "databases.listAttributes",
    "databases.listIndexes",
    "databases.listDocuments",
    "databases.getDocument",
    "databases.listDocumentLogs",
    "functions.list",
    "functions.listDeployments",
    "functions.listExecutions",
    "storage.listBuckets",
    "storage.listFiles",
    "teams.list",
    "teams.listMemberships",
    "teams.listLogs",
    "users.list",
    "users.listLogs",
    "users.listIdentities",
)
"""Operations that accept queries in the text form. Operations added after 1.4 accept only JSON."""


# -- 1.7 ---------------------------------------------------------------------------------------------------------------


def _parse_queries(payload: Payload) -> list[Any]:
    """Return the queries as parsed JSON. Raise 400 `general_query_invalid` for a query that is not JSON."""
    queries = payload.get("queries")
    try:
        return [php_json.loads(query) for query in queries if query] if isinstance(queries, list) else []
    except (ValueError, TypeError):
        raise AppwriteError("general_query_invalid", "Invalid query: Syntax error") from None


def _renamed_in_queries(old: str, new: str) -> Change:
    """Return a change that renames an attribute in queries."""

    def change(payload: Payload, _: UrlParts) -> Payload:
        if not isinstance(payload.get("queries"), list):
            return payload
        queries = _parse_queries(payload)
        renamed = [query | {"attribute": new} if _attribute(query) == old else query for query in queries]
        return payload | {"queries": [json.dumps(query) for query in renamed]}

    return change


def _attribute(query: Any) -> Any:
    return query.get("attribute") if isinstance(query, dict) else None


_VARIABLES_BEFORE_1_7 = ("project.createVariable", "functions.createVariable", "functions.updateVariable")
"""Operations on variables that could not be secret in older versions."""


# -- 1.8: related documents only if they are selected ---------------------------------------------------------------


def _with_related_documents(payload: Payload, url_parts: UrlParts) -> Payload:
    """Select all related documents, unless the queries select individual attributes."""
    queries = _parse_queries(payload)
    selects = [query for query in queries if _is_select(query)]
    if selects and not any("*" in (query.get("values") or ()) for query in selects):
        return payload
    schema = table_schema.find(url_parts.get("database_id", ""), url_parts.get("collection_id", ""))
    related = list(dict.fromkeys(_related_keys(schema))) if schema else []
    if not related:
        return payload
    queries = [query for query in queries if not _is_select(query)]
    queries.append({"method": "select", "values": ["*", *related]})
    return payload | {"queries": [json.dumps(query) for query in queries]}


def _is_select(query: Any) -> bool:
    return isinstance(query, dict) and query.get("method") == "select"


def _related_keys(schema: TableSchema, prefix: str = "", outer: tuple[int, ...] = ()) -> Iterator[str]:
    """Yield `author.*`, `author.books.*` and so on. Skip relationships that lead back to a table on the path."""
    if len(outer) == MAX_DEPTH:
        return
    path = (*outer, schema.sequence)
    for key, relation in schema.related.items():
        if relation.table_sequence not in path:
            yield f"{prefix}{key}.*"
            yield from _related_keys(schema.related_schema(relation), f"{prefix}{key}.", path)


# -- 1.9 ---------------------------------------------------------------------------------------------------------------


def _one_specification(payload: Payload, _: UrlParts) -> Payload:
    """Use `specification` for both builds and executions."""
    if not payload.get("specification"):
        return payload
    both = dict.fromkeys(("buildSpecification", "runtimeSpecification"), payload["specification"])
    return _without("specification")(payload, _) | both


def _identifier_from_key(name: str) -> Change:
    """Return a change that moves a platform's identifier from the parameter `key` to the parameter `name`.

    It also removes the store and the host name, which every platform has in older formats.
    """

    def change(payload: Payload, _: UrlParts) -> Payload:
        value = payload.get(name) if payload.get(name) is not None else payload.get("key")
        return _without("key", "store", "hostname")(payload, _) | {name: value}

    return change


def _platforms() -> dict[str, Change]:
    changes: dict[str, Change] = {}
    for kind, name in _IDENTIFIERS.items():
        change = _identifier_from_key(name) if name else _without("store")
        changes[f"project.create{kind}Platform"] = _all(_default(platformId="unique()"), change)
        changes[f"project.update{kind}Platform"] = change
    return changes


_IDENTIFIERS = {
    "Web": "",
    "Apple": "bundleIdentifier",
    "Android": "applicationId",
    "Windows": "packageIdentifierName",
    "Linux": "packageName",
}


def _no_scopes(payload: Payload, _: UrlParts) -> Payload:
    """Treat scopes that are not a list as an empty list."""
    return payload if isinstance(payload.get("scopes"), list) else payload | {"scopes": []}


def _websocket_for_realtime(payload: Payload, _: UrlParts) -> Payload:
    """Rename the `realtime` protocol to `websocket`."""
    return payload | {"protocolId": "websocket"} if payload.get("protocolId") == "realtime" else payload


def _zero_as_no_limit(payload: Payload, _: UrlParts) -> Payload:
    """Rename `limit` to `total`, and convert 0, which meant no limit, to null."""
    if payload.get("limit") is None:
        return payload
    return _without("limit")(payload, _) | {"total": payload["limit"] or None}


def _limited_to(total: int) -> Change:
    """Return a change for a list that was not paginated: by default, request up to `total` items."""
    return _default(queries=[json.dumps({"method": "limit", "values": [total]})])


def _for(operations: Iterable[str], change: Change) -> dict[str, Change]:
    return dict.fromkeys(operations, change)


_CHANGES: format_versions.Since[dict[str, Change]] = (
    (
        (1, 4, 0),
        {
            **_for(("functions.create", "functions.update"), _with_install_command),
            "functions.createExecution": _data_as_body,
        },
    ),
    ((1, 5, 0), {"account.updateRecovery": _without("passwordAgain"), **_for(_LISTS_BEFORE_1_5, _with_text_queries)}),
    (
        (1, 6, 0),
        {
            "account.deleteMFAAuthenticator": _without("otp"),
            "functions.create": _rename(templateBranch="templateVersion"),
        },
    ),
    (
        (1, 7, 0),
        {
            "functions.list": _renamed_in_queries("deployment", "deploymentId"),
            "functions.listDeployments": _renamed_in_queries("size", "deploymentSize"),
            "functions.create": _without(
                "templateRepository", "templateOwner", "templateRootDirectory", "templateVersion"
            ),
            "functions.listExecutions": _without("search"),
            **_for(_VARIABLES_BEFORE_1_7, _set(secret=False)),
        },
    ),
    ((1, 8, 0), _for(("databases.getDocument", "databases.listDocuments"), _with_related_documents)),
    (
        (1, 9, 0),
        {
            **_platforms(),
            "project.listPlatforms": _limited_to(5000),
            "project.createKey": _default(keyId="unique()"),
            "webhooks.create": _default(webhookId="unique()"),
            "project.createVariable": _default(variableId="unique()"),
            "project.listVariables": _limited_to(1000),
            **_for(("functions.create", "functions.update"), _one_specification),
        },
    ),
    (
        (1, 9, 1),
        {
            **_for(("project.createKey", "project.updateKey"), _no_scopes),
            "project.updateService": _rename(service="serviceId", status="enabled"),
            "project.updateProtocol": _all(_rename(api="protocolId", status="enabled"), _websocket_for_realtime),
            **_for(
                ("webhooks.create", "webhooks.update"),
                _rename(security="tls", httpUser="authUsername", httpPass="authPassword"),
            ),
        },
    ),
    (
        (1, 9, 2),
        {
            "project.getEmailTemplate": _rename(type="templateId"),
            "project.updateEmailTemplate": _rename(type="templateId", replyTo="replyToEmail"),
            "project.updateSMTP": _rename(replyTo="replyToEmail"),
            "project.updateMembershipPrivacyPolicy": _all(_set(userId=False, userPhone=False), _rename(mfa="userMFA")),
            "project.updateSessionAlertPolicy": _rename(alerts="enabled"),
            "project.updateAuthMethod": _rename(method="methodId", status="enabled"),
            **_for(
                (
                    "project.updateUserLimitPolicy",
                    "project.updatePasswordHistoryPolicy",
                    "project.updateSessionLimitPolicy",
                ),
                _zero_as_no_limit,
            ),
        },
    ),
    ((1, 9, 4), {"functions.createVariable": _default(variableId="unique()")}),
)
"""Version -> operation -> conversion of an older client's parameters to this version's format."""
