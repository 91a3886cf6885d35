"""Convert the HTML of another blog's posts to Markdown, with markdownify."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import SplitResult, quote, urlsplit

EMBEDDED = ("iframe", "video", "audio", "embed", "object")
LOST = ("form", "input", "button", "select", "textarea", "canvas", "svg", "math")
INVISIBLE = ("script", "style", "noscript", "template", "head", "title")
CAPTION = re.compile(r"\[caption[^\]]*\](.*?)\[/caption\]", re.DOTALL)
EMBED = re.compile(r"\[embed[^\]]*\](.*?)\[/embed\]", re.DOTALL)
SHORTCODE = re.compile(r"\[/?(?:gallery|audio|video|playlist|contact-form[\w-]*|vc_\w+|et_pb_\w+)\b[^\]]*\]")
# At the start of a line, these characters would start a list, a heading, a quotation or a horizontal rule.
AT_START = re.compile(r"^(\s*)(#{1,6}(?=\s)|[-+>](?=\s)|[-=]+(?=\s*$))", re.MULTILINE)
NUMBER_AT_START = re.compile(r"^(\s*[0-9]{1,9})([.)](?=\s))", re.MULTILINE)
SPECIAL = re.compile(r"[\\\[\]]|~(?=~)|&(?=#?\w+;)")  # would start an escape, a link, struck-out text or an entity
BLOCK = re.compile(r"\s*</?(?:p|div|h[1-6]|ul|ol|li|table|blockquote|pre|figure|hr|iframe|!--)", re.IGNORECASE)


class Text(NamedTuple):
    """A post's text as Markdown, and a message about each part that is lost."""

    content: str
    losses: list[str]


def markdown_of(html: str, add_image: Callable[[str], str | None]) -> Text:
    """Return `html` as Markdown. `add_image` receives an image's URL, and returns the new URL or None.

    Raise ValueError if the HTML is nested too deeply.
    """
    from bs4 import BeautifulSoup, Comment  # installed only on sites that import blogs

    losses: list[str] = []
    try:
        soup = BeautifulSoup(html, "html.parser")
        for comment in soup.find_all(string=lambda text: isinstance(text, Comment)):
            comment.extract()
        for tag in soup.find_all(INVISIBLE):
            tag.decompose()
        for name in LOST:
            if soup.find(name):
                losses.append(f"<{name}> was left out.")
        for tag in soup.find_all(LOST):
            tag.decompose()
        _link_embedded(soup, losses)
        _replace_images(soup, add_image, losses)
        for link in soup.find_all("a", href=True):
            link["href"] = quote(str(link["href"]), safe="%/:=&?~#+!$,;'@()*[]-._")
        content = _converter().convert_soup(soup)
    except RecursionError:
        raise ValueError("The HTML is nested too deeply.") from None
    return Text(re.sub(r"\n{3,}", "\n\n", str(content)).strip(), losses)


def split_url(url: str) -> SplitResult:
    """Return the parts of a URL. If the URL is not valid, the parts are empty."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _link_embedded(soup: Any, losses: list[str]) -> None:
    """Replace videos and other embedded content with links."""
    for tag in soup.find_all(EMBEDDED):
        if tag.decomposed:
            continue
        source = tag.find("source")
        url = str(tag.get("src") or tag.get("data") or (source and source.get("src")) or "")
        if split_url(url).scheme in ("http", "https"):
            link = soup.new_tag("a", href=url)
            link.string = url
            paragraph = soup.new_tag("p")
            paragraph.append(link)
            tag.replace_with(paragraph)
            losses.append(f"<{tag.name}> became a link: {url}")
        else:
            losses.append(f"<{tag.name}> was left out.")
            tag.decompose()


def _replace_images(soup: Any, add_image: Callable[[str], str | None], losses: list[str]) -> None:
    for tag in soup.find_all("img"):
        url = str(tag.get("src") or "")
        new = add_image(url) if url else None
        if tag.get("alt"):
            tag["alt"] = re.sub(r"[\\\[\]]", r"\\\g<0>", str(tag["alt"]))
        if new:
            tag["src"] = new
            link = tag.parent
            if link is not None and link.name == "a" and link.get_text(strip=True) == "":
                link.unwrap()  # the link only opened the full-size image
        elif split_url(url).scheme in ("http", "https"):
            losses.append(f"The image {url} became a link.")
            tag["src"] = quote(url, safe="%/:=&?~#+!$,;'@*-._")
        else:
            losses.append(f"The image {url[:100] or 'without an address'} was left out.")
            tag.decompose()


def _converter() -> Any:
    import markdownify

    base: Any = markdownify.MarkdownConverter

    class Converter(base):  # type: ignore[misc]
        def escape(self, text: str, parent_tags: Any) -> str:
            text = str(base.escape(self, SPECIAL.sub(r"\\\g<0>", text), parent_tags)).replace("`", "\\`")
            if {"td", "th"} & set(parent_tags):
                text = text.replace("|", "\\|")
            return NUMBER_AT_START.sub(r"\1\\\2", AT_START.sub(r"\1\\\2", text))

    return Converter(heading_style="ATX", bullets="-", code_language_callback=_language)


def _language(pre: Any) -> str:
    """Return the programming language of a code block, which Ghost and WordPress put in a class."""
    code = pre.find("code") or pre
    names = [*(pre.get("class") or []), *(code.get("class") or [])]
    return next((name.removeprefix("language-") for name in names if name.startswith("language-")), "")


def wordpress_html(text: str, losses: list[str]) -> str:
    """Convert a WordPress text to HTML. It may contain shortcodes, and blank lines instead of paragraph tags."""
    text = EMBED.sub(r"\n\n\1\n\n", CAPTION.sub(r"\1", text))
    if names := {match[0].strip("[]/").split()[0] for match in SHORTCODE.finditer(text)}:
        losses.append(f"These shortcodes were left out: {', '.join(sorted(names))}.")
        text = SHORTCODE.sub("", text)
    if "<!-- wp:" in text or re.search(r"<p[\s>]", text):
        return text
    parts = (part.strip() for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")))
    return "\n".join(
        part if BLOCK.match(part) else f"<p>{part.replace(chr(10), '<br>' + chr(10))}</p>" for part in parts if part
    )
