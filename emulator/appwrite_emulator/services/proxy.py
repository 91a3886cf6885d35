"""Proxy rules: domains that are routed to functions or the API, or redirected to other URLs.

The emulator stores rules, so that deployment tools can create and list them, but it does not serve their domains.
"""

import hashlib
import re
import threading
from contextlib import suppress
from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock, hosts
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.project_state import PROJECTS, ProjectClosedError, ProjectState
from appwrite_emulator.db import state
from appwrite_emulator.db.models import Function, ProxyRule
from appwrite_emulator.db.queries import Attribute
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Id, Integer, Param, ParameterError, Text, Url, accepts
from appwrite_emulator.services import lists

_TABLE, _FUNCTIONS = ProxyRule._meta.db_table, Function._meta.db_table
_FUNCTION = f'"{_TABLE}"."function_id"'
_DEPLOYMENT = f'(SELECT "deployment_id" FROM "{_FUNCTIONS}" WHERE "{_FUNCTIONS}"."id" = {_FUNCTION})'  # noqa: S608 - table names
ATTRIBUTES = (
    lists.attributes(ProxyRule, domain="domain", type="type", deploymentVcsProviderBranch="branch")
    | lists.constants(trigger="manual")
    | {
        "deploymentResourceType": Attribute(
            "deploymentResourceType", "text", f"CASE WHEN {_FUNCTION} IS NOT NULL THEN 'function' END"
        ),
        "deploymentResourceId": Attribute("deploymentResourceId", "text", _FUNCTION),
        "deploymentId": Attribute("deploymentId", "text", _DEPLOYMENT),
    }
)
_creation = threading.Lock()
"""Held from the check of a domain until its rule is committed, because all projects of a server share the domains."""
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.ASCII | re.IGNORECASE)


class Domain(Param):
    """A domain name. Reject the server's own names and their subdomains, except `NAME.functions.localhost`."""

    description = "Value must be a valid domain"

    def clean(self, value: Any) -> str:
        labels = value.split(".") if isinstance(value, str) else []
        if not labels or len(value) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
            raise ParameterError
        domain = str(value).lower()
        if domain in (*hosts.LOOPBACK, hosts.FUNCTIONS_DOMAIN, hosts.SITES_DOMAIN):
            raise ParameterError("This domain name is not allowed. Please use a different domain.")
        if hosts.is_own_domain(domain) and len(labels) != 3:
            raise ParameterError("This domain name is not allowed. Please use a different domain.")
        return str(value)


@accepts(queries=lists.Queries(ATTRIBUTES), total=Boolean(default=True), search=Text(256, min=0, default=""))
def list_rules(request: Request, *, queries: list[str], total: bool, search: str) -> dict[str, Any]:
    """GET /proxy/rules."""
    rules = request.project.proxy_rules.select_related("function")
    page = lists.page(rules, queries, ATTRIBUTES, search=search, searched=("id", "domain", "branch"), total=total)
    return {"total": page.total, "rules": [responses.proxy_rule(rule) for rule in page.items]}


@accepts(domain=Domain(required=True))
def create_api_rule(request: Request, *, domain: str) -> dict[str, Any]:
    """POST /proxy/rules/api."""
    return _create(request, domain, "api")


@accepts(domain=Domain(required=True), function_id=Id(required=True), branch=Text(255, min=0, default=""))
def create_function_rule(request: Request, *, domain: str, function_id: str, branch: str) -> dict[str, Any]:
    """POST /proxy/rules/function."""
    return _create(request, domain, "deployment", function=_find_function(function_id), branch=branch)


@accepts(
    domain=Domain(required=True),
    url=Url(required=True),
    status_code=Integer(301, 308, required=True),
    resource_id=Id(required=True),
    resource_type=Text(choices=("site", "function"), required=True),
)
def create_redirect_rule(
    request: Request, *, domain: str, url: str, status_code: int, resource_id: str, resource_type: str
) -> dict[str, Any]:
    """POST /proxy/rules/redirect."""
    if status_code not in (301, 302, 307, 308):
        raise AppwriteError(
            "general_argument_invalid", "Invalid `statusCode` param: Value must be one of (301, 302, 307, 308)"
        )
    function = _find_function(resource_id if resource_type == "function" else "")
    return _create(request, domain, "redirect", function=function, redirect_url=url, redirect_status_code=status_code)


@accepts(domain=Domain(required=True), site_id=Id(required=True), branch=Text(255, min=0, default=""))
def create_site_rule(request: Request, *, domain: str, site_id: str, branch: str) -> dict[str, Any]:
    """POST /proxy/rules/site: always an error, because there are no sites."""
    raise AppwriteError("rule_resource_not_found")


def get_rule(request: Request, *, rule_id: str) -> dict[str, Any]:
    """GET /proxy/rules/{ruleId}."""
    return responses.proxy_rule(_find(request, rule_id))


def delete_rule(request: Request, *, rule_id: str) -> None:
    """DELETE /proxy/rules/{ruleId}."""
    _find(request, rule_id).delete()


def update_rule_status(request: Request, *, rule_id: str) -> dict[str, Any]:
    """PATCH /proxy/rules/{ruleId}/status: verify the domain. This succeeds only for the server's own domains.

    After a failed verification, the rule has a new `$updatedAt`.
    """
    rule = _find(request, rule_id)
    model = responses.proxy_rule(rule)
    if not hosts.is_own_domain(rule.domain):
        error = AppwriteError("rule_verification_failed", model["logs"])
        rule.updated_at = clock.now()
        error.after_rollback = rule.save
        raise error
    return model


def _find_function(function_id: str) -> Function:
    function = Function.objects.filter(id=function_id).first()
    if function is None:
        raise AppwriteError("rule_resource_not_found")
    return function


def _create(request: Request, domain: str, type: str, **fields: Any) -> dict[str, Any]:
    """Create a rule in a transaction of its own. As on the real server, its ID is the MD5 hash of the domain."""
    rule_id = hashlib.md5(domain.lower().encode(), usedforsecurity=False).hexdigest()
    with _creation, state.writing():
        if any(_has_rule(project, rule_id) for project in list(PROJECTS.values())):
            raise AppwriteError("rule_already_exists")
        return responses.proxy_rule(request.project.proxy_rules.create(id=rule_id, domain=domain, type=type, **fields))


def _has_rule(project: ProjectState, rule_id: str) -> bool:
    """Return whether the project has the rule."""
    with suppress(ProjectClosedError), project.use():
        return ProxyRule.objects.filter(id=rule_id).exists()
    return False


def _find(request: Request, rule_id: str) -> ProxyRule:
    rule = request.project.proxy_rules.select_related("function").filter(id=rule_id).first()
    if rule is None:
        raise AppwriteError("rule_not_found")
    return rule
