"""The proxy and sites routes that deployment tools use."""

import hashlib
import re

import pytest
from appwrite.enums.proxy_resource_type import ProxyResourceType
from appwrite.enums.runtime import Runtime
from appwrite.enums.status_code import StatusCode
from appwrite.exception import AppwriteException
from appwrite.query import Query
from appwrite.services.functions import Functions
from appwrite.services.proxy import Proxy
from appwrite.services.sites import Sites

from tests.conftest import INVALID, client

DOMAIN = "abc.functions.localhost"


@pytest.fixture
def proxy(server):
    Functions(server).create("hello", "Hello", Runtime.NODE_22)
    return Proxy(server)


def test_create_function_rule_get_rule_list_rules_and_delete_rule(proxy, expect_error):
    rule = proxy.create_function_rule(DOMAIN, "hello", branch="main")
    assert rule.id == hashlib.md5(DOMAIN.encode(), usedforsecurity=False).hexdigest()
    assert (rule.type, rule.trigger, rule.status.value, rule.logs) == ("deployment", "manual", "verified", "")
    assert (rule.deploymentresourcetype.value, rule.deploymentresourceid, rule.deploymentvcsproviderbranch) == (
        "function",
        "hello",
        "main",
    )
    assert proxy.get_rule(rule.id) == rule
    assert proxy.update_rule_status(rule.id) == rule
    with expect_error("rule_already_exists", 409):
        proxy.create_api_rule(DOMAIN)
    proxy.delete_rule(rule.id)
    with expect_error("rule_not_found", 404):
        proxy.get_rule(rule.id)
    assert proxy.list_rules().total == 0


def test_create_api_rule_create_redirect_rule_and_update_rule_status_of_unverified_domains(proxy, emulator):
    api = proxy.create_api_rule("api.example.com")
    assert (api.type, api.status.value, api.deploymentresourcetype, api.redirectstatuscode) == (
        "api",
        "unverified",
        None,
        301,
    )
    assert "DNS" in api.logs
    emulator.clock.advance(1)
    with pytest.raises(AppwriteException, match=re.escape(api.logs)) as failure:
        proxy.update_rule_status(api.id)
    assert (failure.value.type, failure.value.code) == ("rule_verification_failed", 400)
    checked = proxy.get_rule(api.id)
    assert checked.updatedat > api.updatedat
    assert (checked.logs, checked.createdat) == (api.logs, api.createdat)
    redirect = proxy.create_redirect_rule(
        "old.example.com", "https://example.com/", StatusCode.TEMPORARYREDIRECT, "hello", ProxyResourceType.FUNCTION
    )
    assert (redirect.type, redirect.redirecturl, redirect.redirectstatuscode) == (
        "redirect",
        "https://example.com/",
        307,
    )
    for query, domains in (
        (Query.equal("deploymentResourceType", "function"), ["old.example.com"]),
        (Query.equal("deploymentResourceId", "hello"), ["old.example.com"]),
        (Query.equal("type", "api"), ["api.example.com"]),
        (Query.equal("trigger", "manual"), ["api.example.com", "old.example.com"]),
        (Query.equal("deploymentId", "none"), []),
        (Query.limit(1), ["api.example.com"]),
    ):
        assert [rule.domain for rule in proxy.list_rules([query]).rules] == domains


def test_deleting_a_function_deletes_its_rules(proxy, server):
    proxy.create_function_rule(DOMAIN, "hello")
    Functions(server).delete("hello")
    assert proxy.list_rules().total == 0


def test_create_site_rule_and_others_reject_unknown_resources_and_the_servers_own_domains(
    proxy, call_api, expect_error, emulator
):
    for create in (
        lambda: proxy.create_function_rule(DOMAIN, "unknown"),
        lambda: proxy.create_site_rule(DOMAIN, "unknown"),
        lambda: proxy.create_redirect_rule(
            DOMAIN, "https://example.com", StatusCode.FOUND, "hello", ProxyResourceType.SITE
        ),
    ):
        with expect_error("rule_resource_not_found", 404):
            create()
    for domain in (
        *("localhost", "127.0.0.1", "functions.localhost", "sites.localhost", "a.b.functions.localhost"),
        *("http://example.com", "example.com/path", "example.com:80", "-a.example.com", "a..b", "", "ø.no"),
    ):
        assert call_api("POST", "/proxy/rules/api", json={"domain": domain})[:2] == INVALID, domain
    body = {"domain": "x.example.com", "url": "https://a.example", "resourceId": "hello", "resourceType": "function"}
    assert call_api("POST", "/proxy/rules/redirect", json={**body, "statusCode": 303})[:2] == INVALID
    with expect_error("general_unauthorized_scope", 401):
        Proxy(client(emulator)).list_rules()


def test_sites_list_is_empty(server, call_api):
    assert Sites(server).list([Query.limit(1), Query.equal("framework", "nextjs")]).total == 0
    assert call_api("GET", "/sites", params={"queries[0]": Query.equal("nonsense", "x")})[:2] == INVALID
