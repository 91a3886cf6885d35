"""Cleaning of text that people type or paste: forbidden characters, NFC, single lines and e-mail addresses."""

import re
import unicodedata
from typing import Any, ClassVar, Literal

import regex
from django import forms
from django.core.validators import EmailValidator

# Unicode categories of characters that are invisible on their own: spaces, control and format characters, combining
# accents. BLANK lists invisible letters and symbols: Hangul fillers and the blank Braille pattern.
INVISIBLE_CATEGORIES = {"Zs", "Zl", "Zp", "Cc", "Cf", "Mn"}
BLANK = "\u115f\u1160\u2800\u3164\uffa0"

# Control characters except tab and line feed, and every other character that XML 1.0 forbids. One such character makes
# a whole feed invalid.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def xml_safe(text: str) -> str:
    """Return `text` without control characters and characters that XML forbids. Keep tabs and line feeds."""
    return CONTROL.sub("", text)


# Invisible characters that are often pasted with text: soft hyphens, zero-width spaces, direction marks, byte order
# marks and fillers.
INVISIBLE = "".join(
    map(
        chr,
        [
            *(0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x200B, 0x200E, 0x200F),
            *(*range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x3164, 0xFEFF, 0xFFA0, *range(0xFFF9, 0xFFFC)),
            *range(0x1BCA0, 0x1BCA4),
        ],
    )
)
# Joiners, variation selectors and flag tags: in ordinary text, they change how the adjacent characters look.
SHAPING = "".join(map(chr, [0x200C, 0x200D, *range(0xFE00, 0xFE10), *range(0xE0000, 0xE1000)]))
_NO_INVISIBLE = str.maketrans("", "", INVISIBLE)
_NOT_IN_ADDRESSES = str.maketrans("", "", INVISIBLE + SHAPING + BLANK + "".join(map(chr, range(0xFFF0, 0xFFF9))))
MANY_ACCENTS = regex.compile(r"\p{M}{30}(?=\p{M})")  # includes marks such as U+0F73 that decompose into accents


def normal(text: str) -> str:
    """Return `text` in NFC, where “å” is one character."""
    return _normalized("NFC", text)


def decomposed(text: str) -> str:
    """Return `text` in NFD, where “å” is “a” and a combining ring."""
    return _normalized("NFD", text)


def forms_of(text: str) -> list[str]:
    """Return `text` in NFC and in NFD, without duplicates. Rows from before normalisation may use either form."""
    return list(dict.fromkeys([normal(text), decomposed(text)]))


def _normalized(form: Literal["NFC", "NFD"], text: str) -> str:
    """Return `text` in this form. Normalise it in pieces with at most 30 accents on one letter.

    Python sorts the accents on a letter in quadratic time. A letter in malicious text may have a hundred thousand
    accents. No language uses more than 30 (Unicode's stream-safe text format).
    """
    if text.isascii():
        return text
    pieces, start = [], 0
    for accents in MANY_ACCENTS.finditer(text):
        pieces.append(text[start : accents.end()])
        start = accents.end()
    return "".join(unicodedata.normalize(form, piece) for piece in [*pieces, text[start:]])


def without_invisible(text: str) -> str:
    """Return `text` without invisible characters. Keep joiners, which emoji and some scripts need."""
    return text.translate(_NO_INVISIBLE)


def clean_pasted(text: str) -> str:
    """Return an e-mail address or a code in NFC, without invisible characters or surrounding white space.

    Remove control and format characters as well. Keep inner spaces, line breaks and NULs, so that validation rejects
    them.
    """
    return "".join(char for char in normal(text).translate(_NOT_IN_ADDRESSES) if _stays_in_address(char)).strip()


def _stays_in_address(char: str) -> bool:
    return char.isspace() or char == "\0" or unicodedata.category(char) not in ("Cc", "Cf")


def line(text: str) -> str:
    """Return `text` in NFC, on one line and without invisible characters at either end, or "" if nothing is visible."""
    text = normal(text)
    if all(char in BLANK or unicodedata.category(char) in INVISIBLE_CATEGORIES for char in text):
        return ""
    return " ".join(text.split()).strip(INVISIBLE + " ")


def shorten(text: str, limit: int) -> str:
    """Return `text`, shortened to at most `limit` characters with “…” at the end if it is longer.

    Cut after a word. If that would leave less than half of `limit`, cut between two grapheme clusters, so that flags
    and emoji stay whole.
    """
    if len(text) <= limit:
        return text
    clusters = [cluster.start() for cluster in regex.finditer(r"\X", text[:limit])]
    end = clusters[-1] or limit - 1
    words = text[:end].rstrip() if text[end].isspace() else text[:end].rpartition(" ")[0].rstrip()
    return (words if len(words) > limit // 2 else text[:end]) + "…"


class NormalField(forms.CharField):
    """A text field that normalises its value to NFC."""

    def to_python(self, value: Any) -> str:
        return normal(str(super().to_python(value)))


class OneLine(NormalField):
    """A one-line text field. `max_length` applies to the text as typed. A required field needs visible text."""

    def clean(self, value: Any) -> str:
        text = line(super().clean(value))
        if self.required and not text:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return text


class AddressField(forms.EmailField):
    """An e-mail field that calls `clean_pasted` before validation. Appwrite accepts only ASCII addresses."""

    default_error_messages: ClassVar = {"invalid": EmailValidator.message}

    def to_python(self, value: Any) -> str:
        return clean_pasted(str(super().to_python(value)))

    def validate(self, value: str) -> None:
        super().validate(value)
        if not value.isascii():
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
