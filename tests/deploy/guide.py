"""The commands and files in docs/deploy.md and docs/several-machines.md, so that tests run the guide itself."""

import re
from dataclasses import dataclass

from tests.site import ROOT

GUIDE = "\n".join((ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("deploy", "several-machines"))
COMMANDS = "sh"  # the language of blocks with commands; other blocks are files


@dataclass(frozen=True)
class Block:
    """A block of code under `heading`.

    `path` is the first path in the paragraph above the block. If the block is a file, the guide saves it at this path.
    """

    heading: str
    language: str
    path: str
    text: str


def _blocks() -> list[Block]:
    found, heading, paragraph = [], "", ""
    for part in re.split(r"(^```\w*\n.*?^```$|^#+ [^\n]+$)", GUIDE, flags=re.MULTILINE | re.DOTALL):
        if part.startswith("#"):
            heading, paragraph = part.lstrip("# "), ""
        elif part.startswith("```"):
            language, _, text = part.removeprefix("```").removesuffix("```").partition("\n")
            path = re.search(r"`(/(?:etc|usr)/[^`]+)`", paragraph)
            found.append(Block(heading, language, path[1] if path else "", text))
        else:
            paragraph = part.strip().rpartition("\n\n")[2]
    return found


BLOCKS = _blocks()


def commands(heading: str) -> str:
    """Return the commands under `heading`. Raise LookupError if there are none."""
    found = [block.text for block in BLOCKS if block.heading == heading and block.language == COMMANDS]
    if not found:
        raise LookupError(f"the guide has no commands under “{heading}”")
    return "".join(found)


def file(path: str) -> str:
    """Return the content of the file `path`. Raise LookupError unless the guide contains it exactly once."""
    found = [block.text for block in BLOCKS if block.path == path and block.language != COMMANDS]
    if len(found) != 1:
        raise LookupError(f"the guide contains the file {path} {len(found)} times")
    return found[0]


def upstream() -> str:
    """Return the block of nginx's configuration that lists the machines."""
    (text,) = [block.text for block in BLOCKS if block.language == "nginx" and block.text.startswith("upstream")]
    return text
