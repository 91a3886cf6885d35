"""The stylesheets that visitors get mean the same as the files in static/css/."""

import json
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.browser

# Returns each rule's selector or condition and its declarations, as the browser understands them. Spaces in values and
# the addresses of fonts and pictures may differ.
RULES = """async address => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(await (await fetch(address)).text());
    const read = rule => [
        rule.selectorText ?? rule.conditionText ?? rule.name ?? "",
        (rule.style?.cssText ?? "").replaceAll(/url\\([^)]*\\)/g, "").replaceAll(/\\s/g, ""),
        ...[...rule.cssRules ?? []].flatMap(read),
    ];
    return [...sheet.cssRules].flatMap(read);
}"""


@pytest.mark.parametrize("name", sorted(path.name for path in Path(settings.BASE_DIR, "static/css").glob("*.css")))
def test_minified_stylesheet_has_the_same_rules(page, name):
    """A minifier that removes the space in `td :is(a)` changes the meaning."""
    page.goto("/")
    minified_name = json.loads((settings.STATIC_ROOT / "staticfiles.json").read_text())["paths"][f"css/{name}"]
    source, minified = (page.evaluate(RULES, f"/static/{each}") for each in (f"css/{name}", minified_name))
    assert source
    assert minified == source
