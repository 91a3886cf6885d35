"""Convert responses to older formats, requested with `X-Appwrite-Response-Format`.

The rules are those of Appwrite's response filters, including their gaps. For example, these filters remove some fields
from single objects but not from lists, and do not convert the variables inside a function.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from appwrite_emulator.common import clock
from appwrite_emulator.common.php_values import is_numeric
from appwrite_emulator.common.project_state import PROJECTS, ProjectClosedError
from appwrite_emulator.db.models import Project
from appwrite_emulator.functions import schedules
from appwrite_emulator.http import format_versions, server_versions
from appwrite_emulator.http.responses.project import project_settings
from appwrite_emulator.http.route import Route

Model = dict[str, Any]
Change = Callable[[Model], Model]


def convert(body: Any, route: Route, version: format_versions.Version | None) -> Any:
    """Convert the body of a route's response to the format of `version`."""
    if isinstance(body, dict):
        body = _as_of_server(body, _model(route, body))
    changes = format_versions.newer_than(version, _CHANGES)
    if changes and isinstance(body, dict):
        model = _model(route, body)
        for by_model in changes:
            if change := by_model.get(model):
                body = change(body)
    return body


def _as_of_server(body: Model, model: str) -> Model:
    """Return the body with the fields of the version given by `--as`. If it is a list, change each item."""
    lacking, added = server_versions.fields(model.removesuffix("List"))
    if not lacking and not added:
        return body

    def change(item: Model) -> Model:
        return added | {name: value for name, value in item.items() if name not in lacking}

    return _in_lists(change)(body) if model.endswith("List") else change(body)


def _model(route: Route, body: Model) -> str:
    """Return the name of the body's model. A route with two models returns an object or a list of objects.

    Account routes return the Account model, although they declare User.
    """
    names = sorted(set(route.models.values()), key=len)
    name = names[-1 if "total" in body else 0]
    return "Account" if name == "User" and route.name.startswith("account.") else name


# -- kinds of changes --------------------------------------------------------------------------------------------------


def _without(*fields: str) -> Change:
    return lambda model: {name: value for name, value in model.items() if name not in fields}


def _rename(**names: str) -> Change:
    """Return a change that renames fields. Its argument maps new names to old names. Renamed fields move to the end."""

    def rename(model: Model) -> Model:
        kept = {name: value for name, value in model.items() if name not in names}
        return kept | {old: model[new] for new, old in names.items() if new in model}

    return rename


def _all(*changes: Change) -> Change:
    def apply(model: Model) -> Model:
        for change in changes:
            model = change(model)
        return model

    return apply


def _also_in_lists(name: str, change: Change) -> dict[str, Change]:
    """Return the change for a model and for lists of that model, where it applies to each item."""
    return {name: change, f"{name}List": _in_lists(change)}


def _in_lists(change: Change) -> Change:
    """Return a change that applies `change` to each item of a list."""

    def change_items(body: Model) -> Model:
        return {
            key: [change(item) for item in value] if isinstance(value, list) else value for key, value in body.items()
        }

    return change_items


# -- changes of single models ------------------------------------------------------------------------------------------


def _number_sequences(row: Model) -> Model:
    """Show `$sequence` as a number, including in related rows."""
    changed = {name: _in_related_rows(value) for name, value in row.items()}
    if changed.get("$sequence") is not None:
        changed["$sequence"] = int(row["$sequence"]) if is_numeric(row["$sequence"]) else 0
    return changed


def _in_related_rows(value: Any) -> Any:
    if isinstance(value, list):
        return [_number_sequences(item) if _is_row(item) else item for item in value]
    return _number_sequences(value) if _is_row(value) else value


def _is_row(value: Any) -> bool:
    return isinstance(value, dict) and value.get("$id") is not None


def _with_one_key(platform: Model) -> Model:
    """Show the platform's identifier as `key`, for all platform types."""
    identifiers = ("bundleIdentifier", "applicationId", "packageIdentifierName", "packageName")
    key = next((platform[name] for name in (*identifiers, "key") if platform.get(name)), "")
    return {"store": "", "hostname": "", **_without(*identifiers)(platform), "key": key}


def _with_size(deployment: Model) -> Model:
    """Show a single size, which is the sum of the source size and the build size."""
    size = deployment["size"] + deployment["buildSize"]
    return _without("buildSize", "buildLogs")(
        {**deployment, "size": size, "buildStdout": deployment["buildLogs"], "buildStderr": ""}
    )


def _with_schedule_times(function: Model) -> Model:
    """Add the times at which the function's schedule was last due and is next due."""
    previous, following = schedules.times_around(function["schedule"]) if function["schedule"] else (None, None)
    return function | {"schedulePrevious": clock.iso(previous), "scheduleNext": clock.iso(following)}


_oidc = _rename(tokenURL="tokenUrl", userInfoURL="userInfoUrl")


def _if_oidc(provider: Model) -> Model:
    return _oidc(provider) if provider["$id"] == "oidc" else provider


def _oidc_in_list(body: Model) -> Model:
    return body | {"providers": [_if_oidc(each) for each in body["providers"]]}


def _to_jwt(key: Model) -> Model:
    """Show an ephemeral key as a JWT with its project's ID."""
    import jwt  # imported late because the import is slow

    token = key["secret"].partition("_")[2]
    claims = jwt.decode(token, options={"verify_signature": False})
    return {"scopes": key["scopes"], "projectId": claims.get("projectId", ""), "jwt": key["secret"]}


def _with_settings(project: Model) -> Model:
    """Show a project's settings, platforms and keys as fields of the project."""
    with suppress(KeyError, ProjectClosedError), PROJECTS[project["$id"]].use():
        settings = project_settings(Project.objects.get())
        return _without("authMethods", "services", "protocols")(project) | settings
    return project  # the project has been deleted in the meantime


def _with_simple_platforms(project: Model) -> Model:
    return project | {"platforms": [_with_one_key(platform) for platform in project["platforms"]]}


_PLATFORMS = ("Platforms", "PlatformWeb", "PlatformApple", "PlatformAndroid", "PlatformWindows", "PlatformLinux")

_CHANGES: format_versions.Since[dict[str, Change]] = (
    ((1, 9, 5), _also_in_lists("Project", _with_settings)),
    ((1, 9, 4), {"OAuth2Oidc": _oidc, "OAuth2Providers": _if_oidc, "OAuth2ProviderList": _oidc_in_list}),
    ((1, 9, 3), {"EphemeralKey": _to_jwt}),
    (
        (1, 9, 2),
        {
            **_also_in_lists("Membership", _without("userPhone")),
            "EmailTemplate": _all(_rename(templateId="type", replyToEmail="replyTo"), _without("replyToName")),
            "MockNumber": _all(_rename(number="phone"), _without("$createdAt", "$updatedAt")),
            **_also_in_lists(
                "Project",
                _all(
                    _rename(smtpReplyToEmail="smtpReplyTo"),
                    _without("authMembershipsUserId", "authMembershipsUserPhone", "smtpReplyToName"),
                ),
            ),
        },
    ),
    (
        (1, 9, 1),
        {
            "Project": _without("protocolStatusForRest", "protocolStatusForGraphql", "protocolStatusForWebsocket"),
            **_also_in_lists(
                "Webhook",
                _rename(tls="security", authUsername="httpUser", authPassword="httpPass", secret="signatureKey"),  # noqa: S106 - names
            ),
        },
    ),
    (
        (1, 9, 0),
        {
            **dict.fromkeys(_PLATFORMS, _with_one_key),
            "PlatformList": _also_in_lists("Platform", _with_one_key)["PlatformList"],
            "Project": _with_simple_platforms,
            "Account": _without("impersonator", "impersonatorUserId"),
            **_also_in_lists("User", _without("impersonator", "impersonatorUserId")),
            **_also_in_lists(
                "Function", _all(_rename(buildSpecification="specification"), _without("runtimeSpecification"))
            ),
            **_also_in_lists("Document", _number_sequences),
            **_also_in_lists("Row", _number_sequences),
        },
    ),
    (
        (1, 7, 0),
        {
            **_also_in_lists(
                "Function",
                _all(
                    _rename(deploymentId="deployment"),
                    _without(
                        "deploymentCreatedAt",
                        "latestDeploymentId",
                        "latestDeploymentCreatedAt",
                        "latestDeploymentStatus",
                    ),
                ),
            ),
            **_also_in_lists(
                "Deployment",
                _all(
                    _rename(sourceSize="size", buildDuration="buildTime"),
                    _without("totalSize", "screenshotLight", "screenshotDark"),
                ),
            ),
            **_also_in_lists("Variable", _without("secret")),
            "Project": _without("devKeys"),
        },
    ),
    (
        (1, 6, 0),
        {
            "Function": _without("scopes", "specification"),
            "Execution": _without("scheduledAt"),
            "Project": _without("authMockNumbers", "authSessionAlerts"),
        },
    ),
    (
        (1, 5, 0),
        {
            **_also_in_lists("User", _without("targets", "mfa")),
            **_also_in_lists("Membership", _without("mfa")),
            **_also_in_lists("Session", _without("factors", "secret")),
            "Token": _without("phrase"),
            **_also_in_lists("Webhook", _without("enabled", "logs", "attempts")),
            "Project": _rename(oAuthProviders="providers"),
        },
    ),
    (
        (1, 4, 0),
        {
            **_also_in_lists("Deployment", _with_size),
            **_also_in_lists(
                "Execution",
                _rename(responseStatusCode="statusCode", responseBody="response", logs="stdout", errors="stderr"),
            ),
            **_also_in_lists("Function", _with_schedule_times),
            "Project": lambda project: project | {"domains": []},
            **_also_in_lists("Variable", _rename(resourceId="functionId")),
        },
    ),
)
"""Version (newest first) -> model -> conversion to the format that older clients expect."""
