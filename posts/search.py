"""Search in posts: read the words of a search, and decide whether a post contains them.

Appwrite's full-text indexes find most words. They leave out words of one or two letters and InnoDB's stop words, and
split words at punctuation, so `posts.queries` looks for such words with LIKE. Both treat “å” like “a”. Therefore
this module checks which of the returned rows really contain the words.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core.text_fields import decomposed, forms_of, normal, without_invisible

# Quotation marks and brackets around a word, and what ends a sentence, are not part of the word.
OPENING = "\"'“”„‟‘’‚‛«»‹›([{¿¡"
CLOSING = "\"'“”„‟‘’‚‛«»‹›)]}.,;:!?…"
# All apostrophes count as one character, and all hyphens: keyboards and phones write different ones.
ALIKE = [*((sign, "'") for sign in "‘’ʼ´`′"), *((sign, "-") for sign in "‐‑‒–−")]
VARYING = "[" + "".join(sign for sign, _ in ALIKE) + r"'\\-]"
PLAIN = re.compile(r"[A-Za-z0-9]{3,84}")  # InnoDB indexes words of 3 to 84 characters
# InnoDB's default stop words that match PLAIN: full-text indexes leave them out.
_STOP_WORDS = """
about are com for from how that the this und was what when where who will with www
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
ACCENTS = re.compile("[\u0300-\u0309\u030b-\u036f]")
SHORT = 3  # characters; a shorter word must be a whole word: “BI” does not find “bil”
MAX_PIECE = 25  # characters of a word in a LIKE query, which may have 4,096; escaped, some take twelve


@dataclass(frozen=True)
class Word:
    """One word of a search, in NFC and as it was typed."""

    text: str

    @property
    def is_plain(self) -> bool:
        """Return whether accents do not matter: “cafe” finds “café”, but “mal” not “mål”, and “kafé” not “kafe”."""
        return PLAIN.fullmatch(self.text) is not None

    @property
    def is_indexed(self) -> bool:
        """Return whether the full-text indexes find all posts with words that begin with it."""
        return self.is_plain and self.text.lower() not in STOP_WORDS

    @property
    def pieces(self) -> list[str]:
        """Return texts for LIKE: every post with this word contains one of them.

        Old rows may be in NFD, apostrophes and hyphens vary, and backslashes have a meaning in LIKE.
        """
        parts = re.split(VARYING, self.text)
        piece = max(parts, key=len)[:MAX_PIECE]
        return forms_of(piece)

    def is_in(self, text: "Text") -> bool:
        """Return whether the title, text or excerpt has this word, or one that begins with it.

        In a title, a word of letters and digits is also found inside another word: Norwegian writes “studenthytte” as
        one word.
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
        """Return whether the letters or digits at its end are fewer than SHORT, so that they must end a word."""
        end = len(self._folded) - len(self._folded.rstrip("".join(filter(_separates, self._folded))))
        return 0 < end < SHORT

    def _begins_a_word(self, text: str) -> bool:
        """Return whether `text` has this as a word, or at the beginning of a longer word unless it is short."""
        start = text.find(self._folded)
        while start >= 0:
            end = start + len(self._folded)
            is_inside = _separates(self._folded[0]) and _separates(text[start - 1 : start])
            if not is_inside and not (self._is_short and _separates(text[end : end + 1])):
                return True
            start = text.find(self._folded, start + 1)
        return False


def words_of(search: str) -> list[Word]:
    """Return the words of a search, each once. Only what has a letter or a digit is a word."""
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
    """The searched fields of a row (title, text and excerpt), prepared for comparison once for all words."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self._row = row

    @cached_property
    def folded(self) -> list[str]:
        values = [self._row.get(name) for name in ("title", "content", "excerpt")]
        return [_folded(value) if isinstance(value, str) else "" for value in values]

    @cached_property
    def without_accents(self) -> list[str]:
        """Return the fields without accents. The ring of “å” stays, because “å” is a letter of its own in Norwegian."""
        return [field if field.isascii() else normal(ACCENTS.sub("", decomposed(field))) for field in self.folded]


def _separates(sign: str) -> bool:
    """Return whether a character next to a word makes it part of a longer word: a letter with case, or a digit.

    Scripts without case (Chinese, Thai, Arabic) join words in other ways, so there any part of a word is found.
    """
    return bool(sign) and unicodedata.category(sign) in ("Lu", "Ll", "Lt", "Nd")


def _folded(text: str) -> str:
    """Return `text` for comparison: NFC, case folded, one kind of apostrophe and hyphen."""
    text = normal(text)
    for written, alike in ALIKE:
        text = text.replace(written, alike)
    return normal(text.casefold())
