"""Rendering Markdown: allowed HTML is kept, and everything else is removed."""

import itertools
import re
import sys
from urllib.parse import quote

import html5lib
import hypothesis
import pytest
from django.core.cache import cache
from hypothesis import given
from hypothesis import strategies as st

from bench import markdown as bench_markdown
from posts import markdown, models

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
def test_rendered_html_is_harmless(text):
    assert_harmless(markdown.render(text))


# Ways to disguise a URL scheme: HTML entities, URL and Markdown escapes, and characters that browsers ignore.
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
@hypothesis.settings(derandomize=True, deadline=None, database=None)
def test_rendered_random_text_is_harmless(text):
    """Render the text as on a post's page and, with absolute links, as in a feed."""
    assert_harmless(markdown.render(text))
    assert_harmless(markdown.render(text, base="https://posts.example.org/posts/x/"))
    assert isinstance(markdown.plain(text), str)


def assert_harmless(html: str) -> None:
    """Check that browsers find only allowed tags, attributes and URL schemes in the HTML."""
    tree = html5lib.parseFragment(html, namespaceHTMLElements=False)
    for element in tree.iter():
        assert element.tag in markdown.TAGS | {"DOCUMENT_FRAGMENT"}, html
        allowed = markdown.ATTRIBUTES.get(element.tag, set()) | ({"rel"} if element.tag == "a" else set())
        assert set(element.attrib) <= allowed, html
        # Browsers remove these characters before they parse the scheme (URL standard, basic URL parser, steps 1 to 3).
        address = re.sub(r"[\t\n\r]", "", element.get("href", "").strip("".join(map(chr, range(33)))))
        if scheme := re.match(r"([a-z][a-z0-9+.-]*):", address, re.IGNORECASE):
            assert scheme[1].lower() in markdown.SCHEMES, html


def test_check_for_harmless_html_fails_on_harmful_html():
    """If `assert_harmless` accepted this HTML, the tests above could not fail."""
    for html in ("<script>x</script>", "<p onclick=x>", "<a href='jav&#9;ascript:x'>", "<img src=x>", "<p style=x>"):
        with pytest.raises(AssertionError):
            assert_harmless(html)


def test_rendered_text_is_cached(slow, monkeypatch):
    slow(0)  # stop the clock, because even this text may use up its budget on a busy machine
    text = "**ord** og flere " * 300
    first = markdown.render(text)
    assert "<strong>ord</strong>" in first
    monkeypatch.setattr(markdown, "PARSER", None)
    assert markdown.render(text) == first
    assert hasattr(markdown.render(text), "__html__")


@pytest.fixture
def slow(monkeypatch):
    """Return a function `tick(seconds)`, after which the renderer's clock advances by `seconds` at each reading."""

    def tick(seconds: float) -> None:
        cache.clear()
        times = itertools.count()
        monkeypatch.setattr(markdown, "clock", lambda: next(times) * seconds)

    return tick


COSTLY = ["[" * 3000, "> " * 500 + "a", "- a\n" * 2000, "**a " * 2000, "|a" * 500 + "\n" + "|-" * 500, "[a]: b\n" * 900]


@pytest.mark.parametrize("text", COSTLY, ids=[text[:4] for text in COSTLY])
def test_text_that_takes_too_long_is_shown_as_plain_text(text, slow):
    slow(0.02)
    html = markdown.render(f"<b>\n{text}\n\nto\n\x0ctre")
    assert html.is_plain_text
    assert html.startswith("<p>&lt;b&gt;<br>")
    assert html.endswith("<p>to<br>tre</p>")
    assert_harmless(html)
    assert text.split("\n")[0][:4].strip() in markdown.plain(text)


def test_ordinary_text_of_the_maximum_length_is_rendered(slow):
    """The clock advances by 10 microseconds per check, which is about what `python -m bench.markdown` measures."""
    texts = bench_markdown.texts()
    for name in ("prose", "rich", "mixed"):
        slow(10e-6)
        assert len(texts[name]) == models.MAX_CONTENT
        assert not isinstance(markdown.render(texts[name]), markdown.PlainText)


@pytest.mark.parametrize(
    "text", [each for name, each in bench_markdown.texts().items() if "lazy" in name or len(name) < 4]
)
def test_rendering_budget_is_checked_often_for_every_text(text, monkeypatch):
    """Rendering can exceed its budget between two checks. The test counts the lines that the parser executes there."""
    steps, most = [0], [0]

    def look() -> float:
        most[0], steps[0] = max(most[0], steps[0]), 0
        return 0.0

    def count(frame, event, _argument):
        steps[0] += "markdown_it" in frame.f_code.co_filename
        return count

    monkeypatch.setattr(markdown, "clock", look)
    before = sys.gettrace()
    sys.settrace(count)
    try:
        markdown.plain(text[:2000])
    finally:
        sys.settrace(before)
    look()
    assert most[0] < 150_000


def test_plain_text_is_cached_if_the_text_is_too_complex(slow, monkeypatch):
    slow(0.01)
    html = markdown.render("[" * 6000)
    monkeypatch.setattr(markdown, "PARSER", None)
    assert markdown.render("[" * 6000) == html
    assert markdown.render("[" * 6000).is_plain_text


def test_all_posts_on_a_page_share_one_rendering_budget(slow):
    slow(0.0)
    page = markdown.Budget(0.0)
    slow(0.001)
    for text in ("**kort**", "**lang** og mer " * 320):
        assert isinstance(markdown.render(text, page=page), markdown.PlainText)
    slow(0.0)
    for text in ("**kort**", "**lang** og mer " * 320):  # each call's own budget is not used up
        assert "<strong>" in markdown.render(text)


def test_long_texts_are_rendered_one_at_a_time(slow, monkeypatch):
    slow(0)
    monkeypatch.setattr(markdown, "MAX_WAIT", 0)
    text = "**et ord** og mer " * 300
    with markdown._long_rendering:
        assert isinstance(markdown.render(text), markdown.PlainText)
        assert markdown.render("**et ord**") == "<p><strong>et ord</strong></p>\n"
    assert "<strong>et ord</strong>" in markdown.render(text)


def test_headings_start_below_the_page_heading():
    assert markdown.render("# A\n\n## B") == "<h2>A</h2>\n<h3>B</h3>\n"
    assert markdown.render("### A\n\n#### B") == "<h2>A</h2>\n<h3>B</h3>\n"


def test_tables_and_strikethrough_are_rendered():
    assert "<td>2</td>" in markdown.render("| a | b |\n|---|---|\n| 1 | 2 |")
    assert markdown.render("~~nei~~") == "<p><s>nei</s></p>\n"


def test_short_text_cannot_produce_a_huge_table():
    assert len(markdown.render("|a" * 60 + "\n" + "|-" * 60 + "\n" + "x\n" * 2300)) < 50_000


def test_tables_can_be_scrolled_with_the_keyboard():
    assert markdown.render("| a |\n|---|").startswith('<table tabindex="0">')


def test_columns_are_aligned_as_written():
    table = markdown.render("| a | b | c |\n|:--|:-:|--:|\n| 1 | 2 | 3 |")
    assert '<th align="left">a</th>' in table
    assert '<td align="center">2</td>' in table
    assert '<td align="right">3</td>' in table


def test_links_have_rel_nofollow_and_ugc():
    assert 'rel="nofollow noopener ugc"' in markdown.render("[x](https://example.org)")


def test_plain_text_contains_no_markup():
    assert markdown.plain("# Hei\n\nDet er **kaffe** & [te](https://x.example) < 5") == "Hei Det er kaffe & te < 5"


# -- characters that XML does not allow --------------------------------------------------------------------------------
BROKEN = ["\x0c", "\x00", "\x0b", "\x1f", "\x7f", "\ud800", "\ufffe", "\uffff"]
WRITTEN = [
    *("{}", "&#{0};", "&#x{1};", "`{}`", "    {}", "[x](/y '{}')", "[x](/y '&#{0};')", "<https://a.example/{2}>"),
    *(
        "```{}\n{}\n```",
        "| {} |\n|---|\n| &#{0}; |",
        "![&#{0};](/x.png)",
        "https://a.example/{}",
        "[&#x{1};]: /x\n\n[&#x{1};]",
    ),
]


@pytest.mark.parametrize("sign", BROKEN, ids=[f"{ord(sign):x}" for sign in BROKEN])
@pytest.mark.parametrize("written", WRITTEN)
def test_character_references_forbidden_in_xml_are_removed(written, sign):
    encoded = "".join(f"%{byte:02X}" for byte in sign.encode(errors="surrogatepass"))
    text = (
        f"før {written} etter".replace("{0}", str(ord(sign))).replace("{1}", f"{ord(sign):x}").replace("{2}", encoded)
    )
    text = text.replace("{}", sign)
    for output in (markdown.render(text), markdown.render(text, base="https://a.example/"), markdown.plain(text)):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]", output)
        assert output.encode()


# -- images, bare links, task lists ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("![alt](https://a.example/x.png)", '<a href="https://a.example/x.png">alt</a>'),
        ("![*alt* &amp; mer](/x.png 'Tittel')", '<a href="/x.png" title="Tittel">alt &amp; mer</a>'),
        ("![](/x.png)", '<a href="/x.png">/x.png</a>'),
        ("![a][b]\n\n[b]: /x.png", '<a href="/x.png">a</a>'),
        ("![a [b](/c)](/x.png)", '<a href="/x.png">a b</a>'),
        ("[![alt](/x.png)](/side)", '<a href="/side">alt</a>'),
        ("![alt](data:image/png;base64,AAAA)", "alt"),
        ("Hei![alt](/x.png)!", 'Hei<a href="/x.png">alt</a>!'),
        ("Hei! [a](/b)", 'Hei! <a href="/b">a</a>'),
    ],
)
def test_image_is_rendered_as_a_link(text, html):
    assert markdown.render(text).replace(' rel="nofollow noopener ugc"', "") == f"<p>{html}</p>\n"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://biso.no", "https://biso.no"),
        ("Se HTTP://biso.no/a.", "HTTP://biso.no/a"),
        ("(https://biso.no/a_(b))", "https://biso.no/a_(b)"),
        ("«https://biso.no/å?a=1&b=2#c», sa hun", "https://biso.no/å?a=1&amp;b=2#c"),
        ("https://biso.no/a?!…", "https://biso.no/a"),
        ('"https://biso.no/a"', "https://biso.no/a"),
        ("**https://biso.no/a**", "https://biso.no/a"),
        ("~~https://biso.no/a_b_c~~", "https://biso.no/a_b_c"),
        ("https://biso.no/_a_*b*", "https://biso.no/_a_*b"),
        ("https://localhost:8000/x", "https://localhost:8000/x"),
        ("https://blåbær.example/", "https://blåbær.example/"),
        ("- [ ] https://biso.no/a", "https://biso.no/a"),
        ("[https://biso.no/a]", "https://biso.no/a"),
        ("a\nhttps://biso.no/a\nb", "https://biso.no/a"),
        ("# https://biso.no/a", "https://biso.no/a"),
        ("https://biso.no&nbsp;er siden", "https://biso.no"),
        ("&lt;https://biso.no/a&gt;", "https://biso.no/a"),
        ("https://biso.no/a?b=1&quot;", "https://biso.no/a?b=1"),
        ("https://biso.no|a", "https://biso.no"),
        ("https://biso.no\\*", "https://biso.no"),
        ("（https://biso.no）", "https://biso.no"),
        ("https://biso.no{a}", "https://biso.no"),
        ("https://biso.no:8000:", "https://biso.no:8000"),
        ("https://biso.no:a", "https://biso.no"),
        ("https://ola@biso.no/a", "https://ola@biso.no/a"),
        ("https://biso.no?a=1", "https://biso.no?a=1"),
        ("https://biso.no#a", "https://biso.no#a"),
    ],
)
def test_bare_url_becomes_a_link(text, address):
    assert re.findall(r"<a [^>]*>(.*?)</a>", markdown.render(text)) == [address]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "`https://biso.no`",
            "    https://biso.no",
            "\\https://biso.no",
            "xhttps://biso.no",
            "https://",
            "https:// a",
            "ftp://a.example",
        ),
        *("javascript://a.example", "https:/a.example", "//a.example", "biso.no"),
    ],
)
def test_text_that_is_not_a_bare_url_is_not_linked(text):
    assert "<a " not in markdown.render(text)


def test_urls_separated_by_a_comma_become_two_links():
    html = markdown.render("https://a.example,https://b.example/c")
    assert re.findall('href="([^"]*)"', html) == ["https://a.example", "https://b.example/c"]


def test_url_in_link_text_does_not_become_a_second_link():
    links = re.findall(r'href="([^"]*)"', markdown.render("[https://a.example](https://b.example) <https://c.example>"))
    assert links == ["https://b.example", "https://c.example"]


def test_international_url_links_to_its_ascii_form():
    assert 'href="https://xn--blbr-roah.example/%C3%B8"' in markdown.render("https://blåbær.example/ø")


def test_task_list_has_checkboxes():
    html = markdown.render(
        "- [ ] handle **brød**\n- [x] vaske\n  1. [X] gulv\n- ikke [ ] denne\n- [x](/y) heller\n- [ ]\n"
    )
    assert html.count('<label><input type="checkbox" disabled="">') == 1
    assert html.count('<label><input type="checkbox" disabled="" checked="">') == 2
    assert "handle <strong>brød</strong></label>" in html
    assert "ikke [ ] denne" in html
    assert '<a href="/y"' in html
    assert markdown.plain("- [ ] a\n- [x] b") == "a b"


def test_feed_uses_characters_for_checkboxes():
    html = markdown.render("- [ ] a\n- [x] b", base="https://a.example/")
    assert html == "<ul>\n<li>☐ a</li>\n<li>☑ b</li>\n</ul>\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("This is **important**, really: see [the plan](https://biso.no).", "This is important, really: see the plan."),
        ("a*b*c `d`e ~~f~~!", "abc de f!"),
        ("a\nb  \nc\\\nd", "a b c d"),
        (
            "# A\n\nb\n\n- c\n- d\n\n> e\n\n| f | g |\n|---|---|\n| h | i |\n\n    j\n\n```\nk\n```\n\n---\nl",
            "A b c d e f g h i j k l",
        ),
        ("![bilde](/x.png), og ![](/y.png)", "bilde, og /y.png"),
        ("AT&amp;T &lt;b&gt; <b>", "AT&T <b> <b>"),
        ("https://biso.no, ja", "https://biso.no, ja"),
    ],
)
def test_only_blocks_and_line_breaks_separate_words(text, words):
    assert markdown.plain(text) == words
