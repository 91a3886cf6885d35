"""Routes of the Proxy service, which routes domains to functions or the API, or redirects them to other URLs."""

from appwrite_emulator.http.rate_limits import RateLimit
from appwrite_emulator.http.route import Route
from appwrite_emulator.services import proxy

RULE = "proxy/rules/<rule_id>"
TEN_RULES = RateLimit(10, 60, keys=("userId:{userId},url:{url}",))

# fmt: off
ROUTES = (
    Route("GET", "proxy/rules", proxy.list_rules,
          operation="proxy.listRules", scope="rules.read", model="ProxyRuleList"),
    # `writes=False`: the handlers write in their own transactions, because they check the domain in all projects.
    Route("POST", "proxy/rules/api", proxy.create_api_rule,
          operation="proxy.createAPIRule", scope="rules.write", model="ProxyRule", limit=TEN_RULES,
          writes=False, event="rules.[ruleId].create"),
    Route("POST", "proxy/rules/function", proxy.create_function_rule,
          operation="proxy.createFunctionRule", scope="rules.write", model="ProxyRule", limit=TEN_RULES,
          writes=False, event="rules.[ruleId].create"),
    Route("POST", "proxy/rules/redirect", proxy.create_redirect_rule,
          operation="proxy.createRedirectRule", scope="rules.write", model="ProxyRule", limit=TEN_RULES,
          writes=False, event="rules.[ruleId].create"),
    Route("POST", "proxy/rules/site", proxy.create_site_rule,
          operation="proxy.createSiteRule", scope="rules.write", model="ProxyRule", limit=TEN_RULES,
          event="rules.[ruleId].create"),
    Route("GET", RULE, proxy.get_rule,
          operation="proxy.getRule", scope="rules.read", model="ProxyRule"),
    Route("DELETE", RULE, proxy.delete_rule,
          operation="proxy.deleteRule", scope="rules.write",
          event="rules.[ruleId].delete"),
    Route("PATCH", f"{RULE}/status", proxy.update_rule_status,
          operation="proxy.updateRuleStatus", scope="rules.write", model="ProxyRule",
          event="rules.[ruleId].update"),
    Route("PATCH", f"{RULE}/verification", proxy.update_rule_status,
          operation="proxy.updateRuleStatus", scope="rules.write", model="ProxyRule", deprecated=True,
          event="rules.[ruleId].update"),
)
