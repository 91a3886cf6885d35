"""What is typed into one line: a title, a topic, a name."""

import unicodedata
from typing import Any

from django import forms

# Spaces, signs that only steer others, accents without a letter; and what counts as a letter and is blank all the same:
# Hangul's fillers, Braille's empty cell.
UNSEEN = {"Zs", "Zl", "Zp", "Cc", "Cf", "Mn"}
BLANK = "\u115f\u1160\u2800\u3164\uffa0"


def line(text: str) -> str:
    """`text` as one line; "" where nobody would see anything of it, for a link to it has to have words."""
    if all(sign in BLANK or unicodedata.category(sign) in UNSEEN for sign in text):
        return ""
    return " ".join(text.split())


class OneLine(forms.CharField):
    """A field of one line. Its length is that of what was typed; a required one has words that can be seen."""

    def clean(self, value: Any) -> str:
        text = line(super().clean(value))
        if self.required and not text:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return text
