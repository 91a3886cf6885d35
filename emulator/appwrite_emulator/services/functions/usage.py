"""The number of functions, deployments and executions over time. The emulator does not measure memory use."""

from typing import Any

from django.db.models import QuerySet

from appwrite_emulator.auth.request import Request
from appwrite_emulator.db.models import Deployment, Execution, Function
from appwrite_emulator.http.parameters import accepts
from appwrite_emulator.services import usage
from appwrite_emulator.services.functions.lookup import find_function
from appwrite_emulator.services.usage import Measure


@accepts(range=usage.RANGE)
def list_usage(request: Request, *, range: str) -> dict[str, Any]:
    """GET /functions/usage: return the total usage of all functions."""
    functions = usage.count(Function.objects.all())
    return usage.report(range, functions=functions, **_measures(Deployment.objects.all(), Execution.objects.all()))


@accepts(range=usage.RANGE)
def get_usage(request: Request, *, function_id: str, range: str) -> dict[str, Any]:
    """GET /functions/{functionId}/usage."""
    function = find_function(function_id)
    report = usage.report(range, **_measures(function.deployments.all(), function.executions.all()))
    return report | {"buildsTimeAverage": 0}


def _measures(deployments: QuerySet[Deployment], executions: QuerySet[Execution]) -> dict[str, Measure]:
    return {
        "deployments": usage.count(deployments),
        "deploymentsStorage": usage.total(deployments, "source_size"),
        "builds": usage.count(deployments),
        "buildsSuccess": usage.count(deployments.filter(status="ready")),
        "buildsFailed": usage.count(deployments.filter(status="failed")),
        "buildsStorage": usage.total(deployments, "build_size"),
        "buildsTime": usage.not_measured,
        "buildsMbSeconds": usage.not_measured,
        "executions": usage.count(executions),
        "executionsTime": usage.total(executions, "duration"),
        "executionsMbSeconds": usage.not_measured,
    }
