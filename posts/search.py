"""Split a search into words, and check whether a post contains them.

Appwrite's full-text indexes find most words. The indexes omit words of one or two letters and InnoDB's stop words, and
they split words at punctuation, so `posts.queries` finds these words with LIKE. Both kinds of query treat “å” like “a”.
Therefore this module checks which of the returned rows really contain the words.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core.text_fields import decomposed, forms_of, normal, without_invisible

# Quotation marks, brackets and sentence punctuation around a word are not part of the word.
OPENING = "\"'“”„‟‘’‚‛«»‹›([{¿¡"
CLOSING = "\"'“”„‟‘’‚‛«»‹›)]}.,;:!?…"
# All apostrophes are treated as the same character, and so are all hyphens, because keyboards and phones produce
# different variants.
ALIKE = [*((sign, "'") for sign in "‘’ʼ´`′"), *((sign, "-") for sign in "‐‑‒–−")]
VARYING = "[" + "".join(sign for sign, _ in ALIKE) + r"'\\-]"
PLAIN = re.compile(r"[A-Za-z0-9]{3,84}")  # InnoDB indexes words of 3 to 84 characters
# InnoDB's default stop words that match PLAIN. Full-text indexes omit them.
_STOP_WORDS = """
about are com for from how that the this und was what when where who will with www
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
ACCENTS = re.compile("[\u0300-\u0309\u030b-\u036f]")
SHORT = 3  # characters; shorter words match only whole words: “BI” does not find “bil”
MAX_PIECE = 25  # characters of a word in a LIKE query; a query may have 4,096, and an escaped character can take twelve


@dataclass(frozen=True)
class Word:
    """One search word as typed, in NFC."""

    text: str

    @property
    def is_plain(self) -> bool:
        """Return whether to ignore accents in the text: “cafe” finds “café”, but “mal” does not find “mål”."""
        return PLAIN.fullmatch(self.text) is not None

    @property
    def is_indexed(self) -> bool:
        """Return whether the full-text indexes find all posts with words that begin with this word."""
        return self.is_plain and self.text.lower() not in STOP_WORDS

    @property
    def pieces(self) -> list[str]:
        """Return texts for LIKE queries. Every post with this word contains at least one of these texts.

        They are in NFC and NFD, because old rows may be in NFD, and they contain no apostrophes or hyphens, which vary,
        and no backslashes, which LIKE interprets.
        """
        parts = re.split(VARYING, self.text)
        piece = max(parts, key=len)[:MAX_PIECE]
        return forms_of(piece)

    def is_in(self, text: "Text") -> bool:
        """Return whether the title, text or excerpt contains this word, or a word that begins with it.

        In a title, a word of letters and digits also matches inside another word, because Norwegian has compounds such
        as “studenthytte”.
        """
        fields = text.without_accents if self.is_plain else text.folded
        if self._is_compound_part and self._folded in fields[0]:
            return True
        return any(self._begins_a_word(field) for field in fields)

    @cached_property
    def _folded(self) -> str:
        return _folded(self.text)

    @property
    def _is_compound_part(self) -> bool:
        return len(self._folded) >= SHORT and self._folded.isalnum()

    @cached_property
    def _is_short(self) -> bool:
        """Return whether this word ends with fewer than SHORT letters or digits. They match only at a word's end."""
        end = len(self._folded) - len(self._folded.rstrip("".join(filter(_separates, self._folded))))
        return 0 < end < SHORT

    def _begins_a_word(self, text: str) -> bool:
        """Return whether `text` contains this word, or a longer word that begins with it unless this word is short."""
        start = text.find(self._folded)
        while start >= 0:
            end = start + len(self._folded)
            is_inside = _separates(self._folded[0]) and _separates(text[start - 1 : start])
            if not is_inside and not (self._is_short and _separates(text[end : end + 1])):
                return True
            start = text.find(self._folded, start + 1)
        return False


def words_of(search: str) -> list[Word]:
    """Return the distinct words of a search. A word contains at least one letter or digit."""
    words = []
    for typed in without_invisible(normal(search)).split():
        text = typed.lstrip(OPENING).rstrip(CLOSING)
        if any(sign.isalnum() for sign in text):
            words.append(Word(text))
    return list({_folded(word.text): word for word in words}.values())


def contains(row: Mapping[str, Any], sought: Iterable[Word]) -> bool:
    """Return whether the row contains each of these words."""
    text = Text(row)
    return all(word.is_in(text) for word in sought)


class Text:
    """The searched fields of a row (title, text and excerpt), prepared once for comparison with all words."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self._row = row

    @cached_property
    def folded(self) -> list[str]:
        values = [self._row.get(name) for name in ("title", "content", "excerpt")]
        return [_folded(value) if isinstance(value, str) else "" for value in values]

    @cached_property
    def without_accents(self) -> list[str]:
        """Return the fields without accents, but keep “å”, which is a separate letter in Norwegian."""
        return [field if field.isascii() else normal(ACCENTS.sub("", decomposed(field))) for field in self.folded]


def _separates(sign: str) -> bool:
    """Return whether a character is a cased letter or a digit. Next to a word, it makes the word part of a longer one.

    Scripts without case (Chinese, Thai, Arabic) separate words differently, so a search finds any part of their words.
    """
    return bool(sign) and unicodedata.category(sign) in ("Lu", "Ll", "Lt", "Nd")


def _folded(text: str) -> str:
    """Return `text` normalised for comparison: NFC, case folded, with one kind of apostrophe and hyphen."""
    text = normal(text)
    for written, alike in ALIKE:
        text = text.replace(written, alike)
    return normal(text.casefold())
