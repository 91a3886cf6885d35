"""What is typed into one line: a title, a topic, a name; and the characters that no text may contain."""

import re
import unicodedata
from typing import Any

import regex
from django import forms

# Spaces, signs that only steer others, accents without a letter; and what counts as a letter and is blank all the same:
# Hangul's fillers, Braille's empty cell.
UNSEEN = {"Zs", "Zl", "Zp", "Cc", "Cf", "Mn"}
BLANK = "\u115f\u1160\u2800\u3164\uffa0"

# Control characters except tab and line feed, and what else XML 1.0 does not allow: one of them breaks a whole feed.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def xml_safe(text: str) -> str:
    """Return `text` without control characters and characters that XML does not allow."""
    return CONTROL.sub("", text)


def line(text: str) -> str:
    """`text` as one line; "" where nobody would see anything of it, for a link to it has to have words."""
    if all(sign in BLANK or unicodedata.category(sign) in UNSEEN for sign in text):
        return ""
    return " ".join(text.split())


def shorten(text: str, limit: int) -> str:
    """Return `text` in at most `limit` characters, with “…” at the end if something is cut.

    Cut after a word, or, where a word is too long for that, between two grapheme clusters: flags and emoji stay whole.
    """
    if len(text) <= limit:
        return text
    clusters = [cluster.start() for cluster in regex.finditer(r"\X", text[:limit])]
    end = clusters[-1] or limit - 1
    words = text[:end].rstrip() if text[end].isspace() else text[:end].rpartition(" ")[0].rstrip()
    return (words if len(words) > limit // 2 else text[:end]) + "…"


class OneLine(forms.CharField):
    """A field of one line. Its length is that of what was typed; a required one has words that can be seen."""

    def clean(self, value: Any) -> str:
        text = line(super().clean(value))
        if self.required and not text:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return text
