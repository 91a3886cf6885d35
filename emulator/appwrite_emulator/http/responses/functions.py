"""Functions, variables, deployments, executions, runtimes and specifications."""

from typing import Any

from appwrite_emulator.common.clock import iso
from appwrite_emulator.db import models
from appwrite_emulator.functions.runner import Outcome
from appwrite_emulator.functions.templates import Template

_VISIBLE_REQUEST_HEADERS = ("content-type", "agent", "content-length", "host", "x-appwrite-client-ip")


def function(function: models.Function) -> dict[str, Any]:
    active, latest = function.deployment, function.latest_deployment
    return {
        "$id": function.id,
        "$createdAt": iso(function.created_at),
        "$updatedAt": iso(function.updated_at),
        "execute": function.execute,
        "name": function.name,
        "enabled": function.enabled,
        "live": function.live,
        "logging": function.logging,
        "runtime": function.runtime,
        "deploymentRetention": function.deployment_retention,
        "deploymentId": active.id if active else "",
        "deploymentCreatedAt": iso(active.created_at) if active else "",
        "latestDeploymentId": latest.id if latest else "",
        "latestDeploymentCreatedAt": iso(latest.created_at) if latest else "",
        "latestDeploymentStatus": latest.status if latest else "",
        "scopes": function.scopes,
        "vars": [variable(each) for each in function.variables.all()],
        "events": function.events,
        "schedule": function.schedule,
        "timeout": function.timeout,
        "entrypoint": function.entrypoint,
        "commands": function.commands,
        "version": "v5",
        "installationId": function.installation_id,
        "providerRepositoryId": function.provider_repository_id,
        "providerBranch": function.provider_branch,
        "providerRootDirectory": function.provider_root_directory,
        "providerSilentMode": function.provider_silent_mode,
        "providerBranches": function.provider_branches,
        "providerPaths": function.provider_paths,
        "buildSpecification": function.build_specification,
        "runtimeSpecification": function.runtime_specification,
    }


def variable(variable: models.Variable) -> dict[str, Any]:
    """Return a function's variable, without its value if it is secret."""
    return _variable(variable) | {"resourceType": "function", "resourceId": variable.function_id}


def project_variable(variable: models.ProjectVariable) -> dict[str, Any]:
    """Return a variable of the project, without its value if it is secret."""
    return _variable(variable) | {"resourceType": "project", "resourceId": ""}


def _variable(variable: models.Variable | models.ProjectVariable) -> dict[str, Any]:
    return {
        "$id": variable.id,
        "$createdAt": iso(variable.created_at),
        "$updatedAt": iso(variable.updated_at),
        "key": variable.key,
        "value": "" if variable.secret else variable.value,
        "secret": variable.secret,
    }


def deployment(deployment: models.Deployment) -> dict[str, Any]:
    return {
        "$id": deployment.id,
        "$createdAt": iso(deployment.created_at),
        "$updatedAt": iso(deployment.updated_at),
        "type": deployment.type,
        "resourceId": deployment.function_id,
        "resourceType": "functions",
        "entrypoint": deployment.entrypoint,
        "sourceSize": deployment.source_size,
        "buildSize": deployment.build_size,
        "totalSize": deployment.source_size + deployment.build_size,
        "buildId": "",
        "activate": deployment.activate,
        "screenshotLight": "",
        "screenshotDark": "",
        "status": deployment.status,
        "buildLogs": deployment.build_logs,
        "buildDuration": deployment.build_duration,
        "providerRepositoryName": "",
        "providerRepositoryOwner": "",
        "providerRepositoryUrl": "",
        "providerCommitHash": "",
        "providerCommitAuthorUrl": "",
        "providerCommitAuthor": "",
        "providerCommitMessage": "",
        "providerCommitUrl": "",
        "providerBranch": "",
        "providerBranchUrl": "",
    }


def execution(execution: models.Execution, *, private: bool, outcome: Outcome | None = None) -> dict[str, Any]:
    """Return an execution. `private` includes logs and errors, for API keys.

    `outcome` adds the response body and all response headers, for synchronous calls.
    """
    headers = outcome.headers if outcome else execution.response_headers
    request_headers = {
        name: text for name, text in execution.request_headers.items() if name in _VISIBLE_REQUEST_HEADERS
    }
    return {
        "$id": execution.id,
        "$createdAt": iso(execution.created_at),
        "$updatedAt": iso(execution.updated_at),
        "$permissions": [f'read("user:{execution.user_id}")'] if execution.user_id else [],
        "functionId": execution.function_id,
        "deploymentId": execution.deployment_id,
        "trigger": execution.trigger,
        "status": execution.status,
        "requestMethod": execution.request_method,
        "requestPath": execution.request_path,
        "requestHeaders": _headers(request_headers),
        "responseStatusCode": execution.response_status_code,
        "responseBody": outcome.body.decode("utf-8", "replace") if outcome else "",
        "responseHeaders": _headers(headers),
        "logs": execution.logs if private else "",
        "errors": execution.errors if private else "",
        "duration": execution.duration,
        "scheduledAt": iso(execution.scheduled_at) or None,
    }


def _headers(headers: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": text} for name, text in headers.items()]


def template(template: Template) -> dict[str, Any]:
    return {
        "icon": f"icon-{template.icon}",
        "id": template.id,
        "name": template.name,
        "tagline": template.tagline,
        "permissions": ["any"],
        "events": list(template.events),
        "cron": "",
        "timeout": template.timeout,
        "useCases": [template.use_case],
        "runtimes": template.runtimes(),
        "instructions": "",
        "vcsProvider": "github",
        "providerRepositoryId": "templates",
        "providerOwner": "appwrite",
        "providerVersion": template.repository_version,
        "variables": template.variable_models(),
        "scopes": template.scopes.split(),
    }


def runtime(id: str, key: str, name: str, version: str) -> dict[str, Any]:
    return {
        "$id": id,
        "key": key,
        "name": name,
        "version": version,
        "base": f"{key}:{version}",
        "image": f"openruntimes/{key}:v5-{version}",
        "logo": f"{key}.png",
        "supports": ["x86", "arm64"],
    }


def specification(slug: str, memory: int, cpus: float) -> dict[str, Any]:
    return {"memory": memory, "cpus": cpus, "enabled": True, "slug": slug}
