"""Search in posts: which words a person asks for, and whether a post contains them.

Most words are found by Appwrite's full-text indexes. Those leave out words of one or two letters and InnoDB's stop
words, and split words at signs, so `posts.repository` looks for such words with LIKE. Both take “å” for “a”. So this
module decides which of the rows that come back really contain the words.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from biso_site.lines import decomposed, forms_of, normal, without_invisible

# Quotation marks and brackets around a word, and what ends a sentence, are not part of the word.
OPENING = "\"'“”„‟‘’‚‛«»‹›([{¿¡"
CLOSING = "\"'“”„‟‘’‚‛«»‹›)]}.,;:!?…"
# One apostrophe and one hyphen, whichever a keyboard or a phone has written.
ALIKE = [*((sign, "'") for sign in "‘’ʼ´`′"), *((sign, "-") for sign in "‐‑‒–−")]
VARYING = "[" + "".join(sign for sign, _ in ALIKE) + r"'\\-]"
PLAIN = re.compile(r"[A-Za-z0-9]{3,84}")  # InnoDB indexes words of 3 to 84 characters
# Of InnoDB's default stop words those that PLAIN takes: no full-text index contains them.
_STOP_WORDS = """
about are com for from how that the this und was what when where who will with www
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
ACCENTS = re.compile("[\u0300-\u0309\u030b-\u036f]")
SHORT = 3  # characters: a shorter end of a word has to be the whole word, “BI” is not the beginning of “bil”
PIECE_MAX = 25  # characters of a word for LIKE: a query string takes 4,096, of which some characters use twelve


@dataclass(frozen=True)
class Word:
    """One word of a search, in NFC and as it was typed."""

    text: str

    @property
    def is_plain(self) -> bool:
        """Whether accents do not matter: “cafe” finds “café”, but “mal” does not find “mål”, nor “kafé” “kafe”."""
        return PLAIN.fullmatch(self.text) is not None

    @property
    def is_indexed(self) -> bool:
        """Whether the full-text indexes find the posts with words that begin with it."""
        return self.is_plain and self.text.lower() not in STOP_WORDS

    @property
    def pieces(self) -> list[str]:
        """Texts of which every post with this word contains one, for LIKE: old rows may be in NFD, and apostrophes,
        hyphens and backslashes (LIKE's own sign) vary."""
        parts = re.split(VARYING, self.text)
        piece = max(parts, key=len)[:PIECE_MAX]
        return forms_of(piece)

    def is_in(self, text: "Text") -> bool:
        """Return whether the title, text or excerpt has this word, or one that begins with it.

        In a title a word of letters alone may stand anywhere: Norwegian writes “studenthytte” in one word.
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
        """Whether it ends with so few letters or digits that they have to be a whole word."""
        end = len(self._folded) - len(self._folded.rstrip("".join(filter(_separates, self._folded))))
        return 0 < end < SHORT

    def _begins_a_word(self, text: str) -> bool:
        """Whether `text` has the word outside a longer one, or at the beginning of one if it is not short."""
        start = text.find(self._folded)
        while start >= 0:
            end = start + len(self._folded)
            is_inside = _separates(self._folded[0]) and _separates(text[start - 1 : start])
            if not is_inside and not (self._is_short and _separates(text[end : end + 1])):
                return True
            start = text.find(self._folded, start + 1)
        return False


def words_of(search: str) -> list[Word]:
    """The words of a search, each once. What has neither letter nor digit is no word."""
    found = []
    for typed in without_invisible(normal(search)).split():
        text = typed.lstrip(OPENING).rstrip(CLOSING)
        if any(sign.isalnum() for sign in text):
            found.append(Word(text))
    return list({_folded(word.text): word for word in found}.values())


def contains(row: Mapping[str, Any], sought: Iterable[Word]) -> bool:
    """Return whether the row contains each of these words."""
    text = Text(row)
    return all(word.is_in(text) for word in sought)


class Text:
    """What is searched of a row: title, text and excerpt, made comparable once for all words."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self._row = row

    @cached_property
    def folded(self) -> list[str]:
        values = [self._row.get(name) for name in ("title", "content", "excerpt")]
        return [_folded(value) if isinstance(value, str) else "" for value in values]

    @cached_property
    def without_accents(self) -> list[str]:
        """The ring of “å” is no accent: in Norwegian that is another letter than “a”."""
        return [field if field.isascii() else normal(ACCENTS.sub("", decomposed(field))) for field in self.folded]


def _separates(sign: str) -> bool:
    """Return whether `sign` is of a kind that makes words longer: a letter with case, or a digit.

    Scripts without case (Chinese, Thai, Arabic) join words in other ways, and there any part of a word counts.
    """
    return bool(sign) and unicodedata.category(sign) in ("Lu", "Ll", "Lt", "Nd")


def _folded(text: str) -> str:
    """Return `text` in NFC, without case, and with one kind of apostrophes and hyphens."""
    text = normal(text)
    for written, alike in ALIKE:
        text = text.replace(written, alike)
    return normal(text.casefold())
