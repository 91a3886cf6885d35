"""Markdown as readers get it: what is allowed, and that nothing else comes through."""

import html5lib
import pytest

from posts import markdown

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    "<javascript:alert(1)>",
    "![x](https://tracker.example/pixel.png)",
    '[x](https://example.org "onmouseover=alert(1)")',
    "<style>body{display:none}</style>",
    "<iframe src=//evil.example></iframe>",
    "<a href='x' onclick='y'>z</a>",
    "[x]: javascript:alert(1)\n\n[x]",
    "| <script> |\n|---|\n| <b onclick=x> |",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_runs_comes_through(text):
    tree = html5lib.parseFragment(markdown.render(text), namespaceHTMLElements=False)
    for element in tree.iter():
        assert element.tag in markdown.TAGS | {"DOCUMENT_FRAGMENT"}
        allowed = markdown.ATTRIBUTES.get(element.tag, set()) | ({"rel"} if element.tag == "a" else set())
        assert set(element.attrib) <= allowed
        assert element.get("href", "https:").partition(":")[0] in markdown.SCHEMES


def test_a_text_that_takes_long_takes_it_once(settings, monkeypatch):
    text = "[" * 20_000
    first = markdown.render(text)
    monkeypatch.setattr(markdown, "_rendered", lambda _: pytest.fail("rendered again"))
    assert markdown.render(text) == first
    assert hasattr(markdown.render(text), "__html__")


def test_headings_begin_below_the_pages_own():
    assert markdown.render("# A\n\n## B") == "<h2>A</h2>\n<h3>B</h3>\n"
    assert markdown.render("### A\n\n#### B") == "<h2>A</h2>\n<h3>B</h3>\n"


def test_tables_and_strikethrough_are_understood():
    assert "<td>2</td>" in markdown.render("| a | b |\n|---|---|\n| 1 | 2 |")
    assert markdown.render("~~nei~~") == "<p><s>nei</s></p>\n"


def test_tables_can_be_scrolled_with_the_keyboard():
    assert markdown.render("| a |\n|---|").startswith('<table tabindex="0">')


def test_columns_stand_as_the_author_says():
    table = markdown.render("| a | b | c |\n|:--|:-:|--:|\n| 1 | 2 | 3 |")
    assert '<th align="left">a</th>' in table
    assert '<td align="center">2</td>' in table
    assert '<td align="right">3</td>' in table


def test_links_say_that_we_do_not_vouch_for_them():
    assert 'rel="nofollow noopener ugc"' in markdown.render("[x](https://example.org)")


def test_plain_words_for_summaries():
    assert markdown.plain("# Hei\n\nDet er **kaffe** & [te](https://x.example) < 5") == "Hei Det er kaffe & te < 5"
