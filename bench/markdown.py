"""Measure the CPU time for rendering a post of maximum length, with ordinary text and the worst known inputs.

    python -m bench.markdown

No post may take more than 0.5 s (docs/security.md). A post that would take too long is shown as plain text.
"""

import os
import time

import django

from bench.measuring import show

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "biso_site.settings")
django.setup()

from django.core.cache import cache  # noqa: E402 - these imports need the settings

from posts import markdown, models  # noqa: E402

SHOWN = 20  # rows for the slowest inputs
PROSE = "Det er kaffe igjen på lesesalen, og alle er velkomne fra klokka 8. Ta med kopp og venner! "
RICH = (
    "Det er **kaffe** igjen, og *alle* er velkomne til [biso](https://biso.no/kaffe) fra `klokka 8`. https://biso.no "
)
MIXED = f"## Hei\n\n{RICH}\n\n- en\n- **to**\n  - [ ] tre\n\n> sitat *her*\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
ORDINARY = {"prose": f"{PROSE * 5}\n\n", "rich": f"{RICH * 5}\n\n", "mixed": MIXED}

REPEATED = [
    *(
        "[",
        "![",
        "*",
        "_",
        "a_",
        "**a ",
        "*a_ ",
        "*a **a ",
        "a**",
        "`",
        "`a",
        "~~",
        "~~a ",
        "***a_",
        "*_**__",
        "\\",
        "\\[",
    ),
    *(">", "> ", "- ", "1. ", "> 1. > - a\n", "> - a\n", "- a\n", "-\n", "- - - a\n", "- [ ] a\n", "1) [x] a\n\n"),
    *("<", "<a", "<http:", "<http:a>", "<a@a", "<!--", "<?", "<![CDATA[", "&", "&#", "&amp;", "&#12;", "&nbsp;"),
    *(
        "[a](",
        "[a][",
        "[]",
        "[ ",
        "[a] ",
        "[a](b)",
        "[[a]](b)",
        "[a](<b",
        "[x](y '",
        '[a](b "c")',
        "![a](b)",
        "![[a](b)](c)",
    ),
    *("[a]: b\n", "[a]:\n", "[a]: b 'c\n", "[\n", "|", "a|\n", "-|\n", "a|b\n-|-\n", "a\n-|-\n", "|a|\n|-|\n|b|\n\n"),
    *("a\n", "a\n\n", "a\n=\n", "# a\n", "***\n", "```\n", "~~~\na\n", "\t", " ", "\n", "\x00", "a  \n", "a\\\n"),
    *("http://", "https://a", "https://a ", "https://a)", "https://(", "://", "a@a.a ", "https://å.no/ø "),
]
BUILT = {
    "brackets around a link": "[" * 20_000 + "a" + "](b)" * 20_000,
    "unclosed parentheses": "[a](" + "(" * 100_000,
    "growing runs of backticks": "".join("a" + "`" * length for length in range(440)),
    "lazy lines in deep quotes": "> " * 50 + "a\n" + "b\n" * 50_000,
    "lazy lines in deep lists": "- " * 20 + "a\n" + "b\n" * 50_000,
    "growing quotes": "".join(">" * depth + "a\n" for depth in range(440)),
    "growing lists": "".join("  " * depth + "- a\n" for depth in range(310)),
    "one long title": "[a]: b '" + "c\n" * 50_000,
    "many references": "".join(f"[{number}]: /x\n" for number in range(9000)),
    "a wide table": "|a" * 25_000 + "\n" + "|-" * 25_000,
    "a long table": "|a|b|c|d|\n|-|-|-|-|\n" + "|a|b|c|d|\n" * 10_000,
    "a table within quotes": "> " * 9 + "|a\n" + "> " * 9 + "|-\n" + ("> " * 9 + "|a\n") * 5000,
    "nested emphasis": "*a **a " * 7000 + "a** a*" * 7000,
}


def texts() -> dict[str, str]:
    """Return the inputs by name. No input is longer than the longest possible post."""
    limit = models.MAX_CONTENT
    repeated = {repr(part): part for part in REPEATED} | ORDINARY
    return {name: (part * limit)[:limit] for name, part in repeated.items()} | {n: t[:limit] for n, t in BUILT.items()}


def main() -> None:
    times = {}
    for name, text in texts().items():
        cache.clear()
        begun = time.thread_time()
        html = markdown.render(text)
        seconds = time.thread_time() - begun
        times[name] = seconds, len(html), "plain text" if isinstance(html, markdown.PlainText) else "Markdown"
    ordinary = [name for name in times if name in ORDINARY]
    worst = sorted(times, key=lambda name: times[name], reverse=True)
    rows = [
        (name, f"{times[name][0]:.3f}", f"{times[name][1]:,}", times[name][2]) for name in [*ordinary, *worst[:SHOWN]]
    ]
    show("Markdown, 100,000 characters: seconds of CPU", rows, ("seconds", "bytes", "shown as"))


if __name__ == "__main__":
    main()
