"""Text as people type and paste it: characters that no text may contain, NFC, one line, addresses."""

import re
import unicodedata
from typing import Any, ClassVar

import regex
from django import forms
from django.core.validators import EmailValidator

# Spaces, signs that only steer others, accents without a letter; and what counts as a letter and is blank all the same:
# Hangul's fillers, Braille's empty cell.
UNSEEN = {"Zs", "Zl", "Zp", "Cc", "Cf", "Mn"}
BLANK = "\u115f\u1160\u2800\u3164\uffa0"

# Control characters except tab and line feed, and what else XML 1.0 does not allow: one of them breaks a whole feed.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def xml_safe(text: str) -> str:
    """Return `text` without control characters and characters that XML does not allow."""
    return CONTROL.sub("", text)


# Characters that nobody sees and that are pasted along: soft hyphens, zero-width spaces, marks of direction, byte order
# marks, fillers.
_UNSEEN = (
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff"
)
_UNSEEN += r"\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3"
INVISIBLE = re.compile(f"[{_UNSEEN}]+")
ENDS = re.compile(rf"^[\s{_UNSEEN}]+|[\s{_UNSEEN}]+$")
# In ordinary text these shape what is beside them: joiners, variation selectors, and the tags of some flags.
_SHAPING = r"\u200c\u200d\ufe00-\ufe0f\U000e0000-\U000e0fff"
NOT_IN_ADDRESSES = re.compile(f"[{_UNSEEN}{_SHAPING}]+")


def normal(text: str) -> str:
    """Return `text` in NFC: “å” is one character, and not “a” with a ring."""
    return unicodedata.normalize("NFC", text)


def forms_of(text: str) -> list[str]:
    """Return `text` in NFC and in NFD, once if they are the same: rows from before we normalised have either."""
    return list(dict.fromkeys(unicodedata.normalize(form, text) for form in ("NFC", "NFD")))


def without_invisible(text: str) -> str:
    """Return `text` without characters that nobody sees. Emoji and scripts that need joiners stay whole."""
    return INVISIBLE.sub("", text)


def address(text: str) -> str:
    """Return an e-mail address in NFC, without invisible characters, and without spaces around it."""
    return NOT_IN_ADDRESSES.sub("", normal(text)).strip()


def line(text: str) -> str:
    """Return `text` in NFC and on one line, without invisible characters around it; "" if nothing visible remains."""
    text = normal(text)
    if all(sign in BLANK or unicodedata.category(sign) in UNSEEN for sign in text):
        return ""
    return ENDS.sub("", " ".join(text.split()))


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


class NormalField(forms.CharField):
    """Text in NFC."""

    def to_python(self, value: Any) -> str:
        return normal(str(super().to_python(value)))


class OneLine(NormalField):
    """A field of one line. Its length is that of what was typed; a required one has words that can be seen."""

    def clean(self, value: Any) -> str:
        text = line(super().clean(value))
        if self.required and not text:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return text


class AddressField(forms.EmailField):
    """An e-mail address, cleaned by `address` before it is checked. Appwrite takes ASCII only."""

    default_error_messages: ClassVar = {"invalid": EmailValidator.message}

    def to_python(self, value: Any) -> str:
        return address(str(super().to_python(value)))

    def validate(self, value: str) -> None:
        super().validate(value)
        if not value.isascii():
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
