"""Formatting text with the toolbar, the keyboard and pasted text."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.users import Person

pytestmark = pytest.mark.browser

# Pastes as a browser does: if no script handles the paste, the browser inserts the plain text.
PASTE = """(field, [html, plain]) => {
    const data = new DataTransfer();
    if (html) data.setData("text/html", html);
    data.setData("text/plain", plain);
    const event = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
    if (field.dispatchEvent(event)) document.execCommand("insertText", false, plain);
}"""


@pytest.fixture
def ada(people) -> Person:
    return people["Ada"]


@pytest.fixture
def form(browse, ada) -> Page:
    page: Page = browse(as_=ada)
    page.goto("/posts/new/")
    page.evaluate("document.querySelector('form.editor').dataset.saveAfter = 10 ** 8")
    return page


def text_of(page: Page) -> Locator:
    return page.get_by_label("Tekst", exact=True)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("toolbar", name="Formatering").get_by_role("button", name=name, exact=True)


def fill(page: Page, marked: str) -> None:
    """Fill in `marked` without its bars, and select the part between them. A single bar marks the caret instead."""
    start, end = marked.find("|"), marked.rfind("|")
    plain = marked.replace("|", "")
    text_of(page).fill(plain)
    last = end if start == end else end - 1
    text_of(page).evaluate("(field, [start, end]) => field.setSelectionRange(start, end)", [start, last])


def shown(page: Page) -> str:
    """Return the field's text with a bar on each side of the selection, or with one bar at the caret."""
    value, start, end = text_of(page).evaluate("field => [field.value, field.selectionStart, field.selectionEnd]")
    if start == end:
        return f"{value[:start]}|{value[start:]}"
    return f"{value[:start]}|{value[start:end]}|{value[end:]}"


TOGGLES = [
    ("Fet", "Ta med |kake|.", "Ta med **|kake|**."),
    ("Kursiv", "Ta med |kake |nå.", "Ta med *|kake|* nå."),
    ("Fet", "Ta med *|kake|*.", "Ta med ***|kake|***."),
    ("Kursiv", "Ta med **|kake|**.", "Ta med ***|kake|***."),
    ("Fet", "|En\n\n- To|", "|**En**\n\n- **To**|"),
    ("Liste", "|En\nTo|\n\nTre", "|- En\n- To|\n\nTre"),
    ("Nummerert", "|En\nTo|", "|1. En\n2. To|"),
    ("Sitat", "|En|", "|> En|"),
    ("Overskrift", "|En|", "|## En|"),
]


def test_toolbar_button_adds_the_format_and_removes_it(form):
    for name, before, after in TOGGLES:
        fill(form, before)
        button(form, name).click()
        assert shown(form) == after, name
        button(form, name).click()
        if name == "Overskrift":
            assert shown(form) == "|### En|"
            button(form, name).click()
        assert shown(form).replace("|", "") == before.replace("|", ""), name


def test_toolbar_button_formats_the_word_or_line_at_the_caret(form):
    for name, before, after in [
        ("Fet", "Ta med ka|ke.", "Ta med **|kake|**."),
        ("Kursiv", "Ta |", "Ta *|*"),
        ("Liste", "|", "- |"),
        ("Liste", "En|\nTo", "- En|\n\nTo"),
        ("Nummerert", "- |En|", "1. |En|"),
    ]:
        fill(form, before)
        button(form, name).click()
        assert shown(form).replace("|", "") == after.replace("|", ""), before


def test_formatting_is_undone_with_the_keyboard(form):
    fill(form, "")
    form.keyboard.type("Ta med kake")
    form.keyboard.press("Control+Shift+ArrowLeft")
    form.keyboard.press("Control+b")
    assert shown(form) == "Ta med **|kake|**"
    form.keyboard.press("Control+i")
    assert shown(form) == "Ta med ***|kake|***"
    for expected in ("Ta med **kake**", "Ta med kake"):
        form.keyboard.press("Control+z")
        expect(text_of(form)).to_have_value(expected)
    form.keyboard.press("Control+Shift+z")
    expect(text_of(form)).to_have_value("Ta med **kake**")


def test_link_is_inserted_changed_and_removed(form):
    fill(form, "Les |mer| her")
    form.keyboard.press("Control+k")
    address = form.get_by_label("Nettadresse")
    expect(address).to_be_focused()
    address.fill("biso.no/oslo")
    address.press("Enter")
    assert shown(form) == "Les [mer](https://biso.no/oslo)| her"
    expect(form.get_by_role("heading", level=1)).to_have_text("Skriv innlegg")  # Enter did not submit the form
    expect(address).to_be_hidden()
    form.keyboard.press("ArrowLeft")
    button(form, "Lenke").click()
    expect(address).to_have_value("https://biso.no/oslo")
    address.press("Escape")
    expect(text_of(form)).to_be_focused()
    form.keyboard.press("Control+k")
    form.get_by_role("button", name="Fjern lenken").click()
    expect(text_of(form)).to_have_value("Les mer her")


def test_toolbar_is_one_tab_stop_with_arrow_keys(form):
    form.get_by_label("Tittel").press("Tab")
    expect(button(form, "Fet")).to_be_focused()
    form.keyboard.press("ArrowLeft")
    form.keyboard.press("ArrowRight")
    form.keyboard.press("ArrowRight")
    expect(button(form, "Kursiv")).to_be_focused()
    form.keyboard.press("Tab")
    expect(text_of(form)).to_be_focused()
    form.keyboard.press("Shift+Tab")
    expect(button(form, "Kursiv")).to_be_focused()
    form.keyboard.press("Enter")
    expect(text_of(form)).to_be_focused()
    expect(text_of(form)).to_have_value("**")


def test_lists_and_quotations_continue_on_enter(form):
    for before, keys, after in [
        ("- En|", ["Enter"], "- En\n- |"),
        ("9. En|", ["Enter"], "9. En\n10. |"),
        ("  * [x] En|", ["Enter"], "  * [x] En\n  * [ ] |"),
        ("> En|", ["Enter"], "> En\n> |"),
        ("- En|", ["Enter", "Enter"], "- En\n|"),
        ("- En|", ["Shift+Enter"], "- En\n|"),
        ("|- En", ["Enter"], "\n|- En"),
        ("En|", ["Enter"], "En\n|"),
    ]:
        fill(form, before)
        for key in keys:
            form.keyboard.press(key)
        assert shown(form) == after, before


def test_enter_in_the_title_moves_to_the_text(form):
    form.get_by_label("Tittel").fill("En tittel")
    form.keyboard.press("Enter")
    expect(text_of(form)).to_be_focused()
    expect(form.get_by_label("Tittel")).to_have_value("En tittel")


def test_title_grows_with_its_text(form):
    title = form.get_by_label("Tittel")
    height: Callable[[], float] = lambda: title.bounding_box()["height"]  # noqa: E731
    title.fill("Kort")
    short = height()
    title.fill("Kakebytte på mandag " * 8)
    assert height() > short * 1.5


def test_words_and_reading_time_are_counted_while_typing(form):
    text_of(form).fill("ord " * 401)
    expect(form.get_by_text("401 ord · 3 min lesetid")).to_be_visible()
    text_of(form).fill("")
    expect(form.locator("[data-count]")).to_be_empty()


# -- pasting ----------------------------------------------------------------------------------------------------------
DOCS = """<meta charset='utf-8'><b style="font-weight:normal;" id="docs-internal-guid-1"><h1 dir="ltr"><span
style="font-weight:400;">Tur</span></h1><p dir="ltr"><span style="font-weight:400;">Vi g&aring;r </span><span
style="font-weight:700;">opp </span><span style="font-weight:700;font-style:italic;">og ned</span><span>, se </span><a
href="https://www.google.com/url?q=https://biso.no/a_(b)&amp;sa=D"><span>her</span></a>.</p><h2><span>Pakk</span></h2>
<ul><li dir="ltr"><p role="presentation"><span>Sko</span></p></li><ul><li><p><span>Sokker</span></p></li></ul><li><p>
<span>Mat</span></p></li></ul></b><br class="Apple-interchange-newline">"""
WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal {font-size:11pt}</style>
</head><body lang=NO-BOK><!--StartFragment--><p class=MsoTitle>Referat<o:p></o:p></p><p class=MsoNormal>Alle
<b style='mso-bidi-font-weight:normal'>m&oslash;tte</b>.<o:p></o:p></p><p class=MsoListParagraphCxSpFirst
style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span style='font-family:Symbol'><span
style='mso-list:Ignore'>·<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp; </span></span></span><![endif]>Kake
<o:p></o:p></p><p class=MsoListParagraphCxSpLast style='mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='mso-list:Ignore'>·<span>&nbsp; </span></span><![endif]>Kaffe<o:p></o:p></p><!--EndFragment--></body></html>"""
PASTED = {
    "Google Docs": (
        DOCS,
        "## Tur\n\nVi går **opp *og ned***, se [her](https://biso.no/a_%28b%29).\n\n### Pakk\n\n"
        "- Sko\n   - Sokker\n- Mat",
    ),
    "Word": (WORD, "## Referat\n\nAlle **møtte**.\n\n- Kake\n- Kaffe"),
    "a web page": (
        "<div><h3>To</h3><blockquote><p>Sagt</p><p>igjen</p></blockquote><ol start=3><li>En<li>To <em>nå</em></ol>"
        "<pre>a\n  b</pre><p>x<br>y <code>a`b</code> <del>nei</del></p><script>alert(1)</script><img src=x onerror=x>"
        "<p><a href='javascript:alert(1)'>lenke</a></p></div>",
        "### To\n\n> Sagt\n>\n> igjen\n\n3. En\n4. To *nå*\n\n```\na\n  b\n```\n\nx  \ny `` a`b `` ~~nei~~\n\nlenke",
    ),
    "a table": (
        "<table><tr><th>A<th>B<tr><td>1|2<td><b>3</b></table>",
        "| A | B |\n| --- | --- |\n| 1\\|2 | **3** |",
    ),
    "signs that are no marks": (
        "<p><b>2 * 3</b> [a] _b_ snake_case 1. e</p><p># f</p><p>1. g</p>",
        "**2 \\* 3** \\[a\\] \\_b\\_ snake_case 1. e\n\n\\# f\n\n1\\. g",
    ),
    "paragraphs": ("<p>En * to</p><p>Tre</p>", "En * to\n\nTre"),
}
PLAIN = {
    "one line": ("<meta charset=utf-8><span style='font-weight:400'>Bare *tekst*</span>", "Bare *tekst*"),
    "code from an editor": (
        "<div style=\"font-family: 'Droid Sans Mono', monospace; white-space: pre;\"><div><b>if</b> x:</div></div>",
        "if x:\n    y",
    ),
    "no HTML": ("", "- **a**\n- b"),
}


def paste(page: Page, html: str, plain: str) -> None:
    text_of(page).evaluate(PASTE, [html, plain])


def test_pasted_html_becomes_markdown(form):
    for name, (html, markdown) in PASTED.items():
        fill(form, "")
        paste(form, html, "ren tekst")
        assert json.dumps(text_of(form).input_value(), ensure_ascii=False) == json.dumps(
            markdown, ensure_ascii=False
        ), name


def test_plain_text_and_code_are_pasted_unchanged(form):
    for name, (html, plain) in PLAIN.items():
        fill(form, "")
        paste(form, html, plain)
        assert text_of(form).input_value() == plain, name
    fill(form, "```\n|")
    paste(form, "<p>a <b>b</b></p>", "a b")
    expect(text_of(form)).to_have_value("```\na b")


def test_pasted_blocks_are_separated_from_the_text(form):
    fill(form, "Før| etter")
    paste(form, "<ul><li>En</ul>", "En")
    assert shown(form) == "Før\n\n- En\n\n| etter"
    form.keyboard.press("Control+z")
    expect(text_of(form)).to_have_value("Før etter")


def test_pasted_url_links_the_selected_words(form):
    address = "https://biso.no/"
    fill(form, "Les |mer| her")
    paste(form, f'<a href="{address}">{address}</a>', address)
    assert shown(form) == f"Les [mer]({address})| her"
    fill(form, "Les |")
    paste(form, f'<a href="{address}">BISO</a>', address)
    assert shown(form) == f"Les {address}|"


def test_toolbar_is_hidden_without_scripts(browse, ada):
    page = browse(as_=ada, java_script_enabled=False)
    page.goto("/posts/new/")
    expect(text_of(page)).to_be_visible()
    expect(page.get_by_role("toolbar")).to_have_count(0)
