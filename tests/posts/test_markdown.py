"""Markdown as readers get it: what is allowed, and that nothing else comes through."""

import re
from urllib.parse import quote

import html5lib
import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    assert_harmless(markdown.render(text))


# What a scheme may hide behind: references of HTML, escapes of addresses and Markdown, signs that browsers pass over.
ENCODINGS = [
    lambda text: text,
    str.upper,
    str.swapcase,
    lambda text: "".join(f"&#{ord(sign)};" for sign in text),
    lambda text: "".join(f"&#x{ord(sign):x};" for sign in text),
    lambda text: "".join(f"&#{ord(sign):07d}" for sign in text),
    lambda text: text.replace(":", "&colon;"),
    lambda text: text.replace("a", "&#97;", 1),
    quote,
    lambda text: "".join(f"%{ord(sign):02x}" for sign in text),
    lambda text: "\\".join(text),
    lambda text: "\t".join(text),
    lambda text: text.replace("s", "s\n"),
    lambda text: "\x01" + text,
    lambda text: " " + text,
    lambda text: "\u200b".join(text),
    lambda text: text.replace("a", "\uff41"),
    lambda text: "//" + text,
]
SCHEMES = st.sampled_from(
    ["javascript:alert(1)", "data:text/html,<b>", "vbscript:x", "file:///etc/passwd", "blob:x", "about:blank"]
)
ADDRESSES = st.builds(lambda text, encode: encode(text), SCHEMES, st.sampled_from(ENCODINGS))
HTML = st.sampled_from(
    [
        *(
            "<script>",
            "</script>",
            "<style>*{color:red}</style>",
            "<svg onload=alert(1)>",
            "<img src=x onerror=y>",
            "<!--",
        ),
        *("-->", "<![CDATA[", "]]>", "<?php", "<math><mtext>", "<template>", "<noscript>", "<a href='x' onclick=y>"),
        *(
            "style=color:red",
            " onmouseover=alert(1) ",
            "</p><script>",
            "<iframe srcdoc='<script>'>",
            "<base href=//evil>",
        ),
    ]
)
SIGNS = st.sampled_from(
    [*"[]()<>!*_~`#|&;:\\\"'=-+.\n\r\t \x00\x0b\u2028", "\n\n", "\n    ", "\n> ", "\n- ", "|---|\n", "```\n"]
)
LINKS = st.builds(
    lambda shape, address: shape.replace("*", address),
    st.sampled_from(
        [
            *(
                "[x](*)",
                "[x](<*>)",
                "![x](*)",
                "<*>",
                '[x](https://a.example "*")',
                "[x](* 'y')",
                "[x]: *\n\n[x]",
                "[*](*)",
            ),
            *(
                "| [x](*) |\n|---|\n",
                "# [x](*)",
                "[x](https://a.example/*)",
                "[x](*\n)",
                "[[x](*)](https://a.example)",
                "~~[x](*)~~",
            ),
        ]
    ),
    ADDRESSES,
)
TEXTS = st.lists(st.one_of(LINKS, HTML, SIGNS, ADDRESSES, st.text(max_size=5)), max_size=25).map("".join)


@given(TEXTS)
@hypothesis.settings(max_examples=600, derandomize=True, deadline=None, database=None)
def test_whatever_is_written_nothing_that_runs_comes_through(text):
    """In a post, and with the whole links that a feed has."""
    assert_harmless(markdown.render(text))
    assert_harmless(markdown.render(text, base="https://posts.example.org/posts/x/"))
    assert isinstance(markdown.plain(text), str)


def assert_harmless(html: str) -> None:
    """As a browser reads it: only the tags and attributes that are written down, and no scheme that is not."""
    tree = html5lib.parseFragment(html, namespaceHTMLElements=False)
    for element in tree.iter():
        assert element.tag in markdown.TAGS | {"DOCUMENT_FRAGMENT"}, html
        allowed = markdown.ATTRIBUTES.get(element.tag, set()) | ({"rel"} if element.tag == "a" else set())
        assert set(element.attrib) <= allowed, html
        # A browser drops these signs before it looks for the scheme (URL standard, basic URL parser, 1 to 3).
        address = re.sub(r"[\t\n\r]", "", element.get("href", "").strip("".join(map(chr, range(33)))))
        if scheme := re.match(r"([a-z][a-z0-9+.-]*):", address, re.IGNORECASE):
            assert scheme[1].lower() in markdown.SCHEMES, html


def test_the_check_is_loud():
    """A test that cannot fail proves nothing."""
    for html in ("<script>x</script>", "<p onclick=x>", "<a href='jav&#9;ascript:x'>", "<img src=x>", "<p style=x>"):
        with pytest.raises(AssertionError):
            assert_harmless(html)


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


def test_a_little_text_makes_no_endless_table():
    assert len(markdown.render("|a" * 60 + "\n" + "|-" * 60 + "\n" + "x\n" * 2300)) < 50_000


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
