"""Split a search into words, check whether posts contain them, rank the matches, and find the matching text.

Appwrite's full-text indexes find most words. They omit words of one or two letters and InnoDB's stop words, and they
split words at punctuation, so `posts.queries` finds such words with LIKE. Both kinds of query treat “å” like “a”.
Therefore this module checks which of the returned rows contain the words as typed.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice
from typing import Any, NamedTuple

from core.text_fields import decomposed, forms_of, normal, shorten, without_invisible
from posts import markdown, models

# Quotation marks, brackets and sentence punctuation around a word are not part of the word.
OPENING = "\"'“”„‟‘’‚‛«»‹›([{¿¡"
CLOSING = "\"'“”„‟‘’‚‛«»‹›)]}.,;:!?…"
# All apostrophes are treated as the same character, and so are all hyphens, because keyboards and phones produce
# different ones.
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
MAX_PIECE = 25  # characters of a word in a LIKE query; a query has at most 4,096, and escaping can turn 1 into 12
MAX_HITS = 20  # hits per word and field that count towards the rank
MAX_WINDOWS = 5  # parts of a post's text that are compared to find the best excerpt
BEFORE_HIT, AFTER_HIT = 300, 700  # the excerpt is made from this many characters of Markdown before and after a hit
LEAD = 60  # characters of the excerpt before its first hit
LAST_CASED = 0x20000  # all cased letters and digits have smaller code points
SENTENCE_END = re.compile(r"[.!?]\s|\n")


@dataclass(frozen=True)
class Word:
    """One search word as typed, in NFC."""

    text: str

    @property
    def is_plain(self) -> bool:
        """Return whether accents in the text are ignored: “cafe” finds “café”, but “mal” does not find “mål”."""
        return PLAIN.fullmatch(self.text) is not None

    @property
    def is_indexed(self) -> bool:
        """Return whether the full-text indexes find all posts with words that begin with this word."""
        return self.is_plain and self.text.lower() not in STOP_WORDS

    @property
    def pieces(self) -> list[str]:
        """Return strings for LIKE queries. Every post with this word contains at least one of them.

        They are in NFC and NFD, because old rows may be in NFD. They contain no apostrophes or hyphens, which vary, and
        no backslashes, which are special in LIKE.
        """
        parts = re.split(VARYING, self.text)
        piece = max(parts, key=len)[:MAX_PIECE]
        return forms_of(piece)

    def is_in(self, text: "Text") -> bool:
        """Return whether the title, text or excerpt contains this word, or a word that begins with it.

        In a title, a word of letters and digits also matches inside a longer word, because Norwegian has compounds such
        as “studenthytte”.
        """
        title, *others = text.fields(self)
        return self._is_hit(title, within=True) or any(self._is_hit(field) for field in others)

    def _is_hit(self, field: str, *, within: bool = False) -> bool:
        return next(self.hits(field, within=within), None) is not None

    @cached_property
    def _folded(self) -> str:
        return _folded(self.text)

    @property
    def _is_compound_part(self) -> bool:
        return len(self._folded) >= SHORT and self._folded.isalnum()

    @cached_property
    def _is_short(self) -> bool:
        """Return whether this word ends in fewer than SHORT letters or digits. Such a word matches only whole words."""
        end = len(self._folded) - len(self._folded.rstrip("".join(filter(_separates, self._folded))))
        return 0 < end < SHORT

    def hits(self, field: str, *, within: bool = False) -> "Iterator[Hit]":
        """Yield each place in a folded text where this word, or a longer word that begins with it, occurs.

        A short word matches only whole words. If `within` is true, a word of letters and digits also matches inside a
        longer word.
        """
        start = field.find(self._folded)
        while start >= 0:
            end = start + len(self._folded)
            is_inside = _separates(self._folded[0]) and _separates(field[start - 1 : start])
            is_continued = _separates(field[end : end + 1])
            if (within and self._is_compound_part) or not (is_inside or (self._is_short and is_continued)):
                yield Hit(start, end, is_whole=not is_inside and not is_continued)
                start += 1
            else:  # the rest of this run of letters cannot contain a hit either
                run = _runs().match(field, start)
                start = run.end() if run else start + 1
            start = field.find(self._folded, start)


class Hit(NamedTuple):
    """A place in a folded text.

    If `is_whole` is true, the search word is the whole word in the text, not only its beginning.
    """

    start: int
    end: int
    is_whole: bool


class Rank(NamedTuple):
    """How well a row matches. A greater rank is a better match. The first field in which two ranks differ decides."""

    in_title: int  # how many search words are in the title
    whole_in_title: int  # how many search words are whole words in the title
    in_excerpt: int
    whole: int  # how many search words are whole words anywhere
    hits: int  # at most MAX_HITS for each word and field


def words_of(search: str) -> tuple[Word, ...]:
    """Return the distinct words of a search. A word contains at least one letter or digit."""
    words = []
    for typed in without_invisible(normal(search)).split():
        text = typed.lstrip(OPENING).rstrip(CLOSING)
        if any(sign.isalnum() for sign in text):
            words.append(Word(text))
    return tuple({_folded(word.text): word for word in words}.values())


def contains(text: "Text", sought: Iterable[Word]) -> bool:
    """Return whether `text` contains each word in `sought`."""
    return all(word.is_in(text) for word in sought)


def rank(text: "Text", sought: Iterable[Word]) -> Rank:
    """Return how well `text` matches the words `sought`."""
    total = Rank(0, 0, 0, 0, 0)
    for word in sought:
        title, content, excerpt = (
            list(islice(word.hits(field, within=field_number == 0), MAX_HITS))
            for field_number, field in enumerate(text.fields(word))
        )
        hits = [*title, *content, *excerpt]
        is_whole_in_title = any(hit.is_whole for hit in title)
        of_word = bool(title), is_whole_in_title, bool(excerpt), any(hit.is_whole for hit in hits), len(hits)
        total = Rank(*(int(old + new) for old, new in zip(total, of_word, strict=True)))
    return total


def excerpt(row: Mapping[str, Any], sought: Sequence[Word]) -> str:
    """Return the row's excerpt, or the text around a hit if the excerpt lacks a word that the text contains.

    The text around a hit has no markup and at most MAX_SUMMARY characters. If the excerpt lacks several words, compare
    the first hits of up to MAX_WINDOWS of them, and choose the hit with the most search words around it.
    """
    text = Text(row)
    stored = row.get("excerpt")
    stored = stored if isinstance(stored, str) else ""
    first_hits = []
    for word in sought:
        _, content, in_excerpt = text.fields(word)
        hit = next(word.hits(content), None)
        if hit and next(word.hits(in_excerpt), None) is None:
            first_hits.append((hit.start, len(content)))
    parts = [_part(row, start, length, sought) for start, length in sorted(first_hits)[:MAX_WINDOWS]]
    return max(parts, key=lambda part: _count(part, sought), default="") or stored


def _part(row: Mapping[str, Any], start: int, length: int, sought: Sequence[Word]) -> str:
    """Return the text around a hit, or "" if the hit is not in visible text.

    `start` is the position of the hit in the folded text. `length` is the length of the folded text.
    """
    content = normal(str(row.get("content")))
    slack = abs(len(content) - length)  # folding makes a few letters longer, such as “ß”, and others shorter
    if slack > AFTER_HIT:
        return ""
    begin = _beginning(content, max(start - BEFORE_HIT - slack, 0), max(start - slack, 0))
    end = start + AFTER_HIT + slack
    if end < len(content):
        end = max(content.rfind(" ", start, end), content.rfind("\n", start, end), start + 1)
    plain = markdown.plain(content[begin:end])
    places = spans(plain, sought)
    if not places:  # for example, the hit is in a link's URL
        return ""
    first = places[0][0]
    from_ = _beginning(plain, first - LEAD, first, sentences=False) if first > LEAD else 0
    return ("…" if begin or from_ else "") + shorten(plain[from_:], models.MAX_SUMMARY)


def _beginning(text: str, earliest: int, latest: int, *, sentences: bool = True) -> int:
    """Return the start of the first sentence or word between `earliest` and `latest` in the text."""
    if not earliest:
        return 0
    sentence = SENTENCE_END.search(text, earliest, latest) if sentences else None
    space = text.find(" ", earliest, latest)
    return sentence.end() if sentence else space + 1 or latest


def _count(part: str, sought: Iterable[Word]) -> int:
    return sum(bool(spans(part, [word])) for word in sought)


def spans(text: str, sought: Iterable[Word]) -> list[tuple[int, int]]:
    """Return the start and end of each part of `text` that matches a search word, in order and without overlaps."""
    folded = {is_plain: _folded_with_origins(text, without_accents=is_plain) for is_plain in (True, False)}
    found = []
    for word in sought:
        field, origins = folded[word.is_plain]
        found += [(origins[hit.start], origins[hit.end - 1] + 1) for hit in word.hits(field, within=True)]
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _folded_with_origins(text: str, *, without_accents: bool) -> tuple[str, list[int]]:
    """Return the folded text, and for each of its characters the position in `text` from which it comes."""
    signs, origins = [], []
    for position, sign in enumerate(text):
        folded = _folded(sign)
        if without_accents:
            folded = _without_accents(folded)
        signs.append(folded)
        origins += [position] * len(folded)
    return "".join(signs), origins


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
        return [_without_accents(field) for field in self.folded]

    def fields(self, word: Word) -> list[str]:
        """Return the title, text and excerpt, without accents if accents do not matter for this word."""
        return self.without_accents if word.is_plain else self.folded


def _without_accents(text: str) -> str:
    return text if text.isascii() else normal(ACCENTS.sub("", decomposed(text)))


def _separates(sign: str) -> bool:
    """Return whether a character is a cased letter or a digit.

    Next to a search word, such a character belongs to the same word. Scripts without case (Chinese, Thai, Arabic)
    separate words differently, so a search in them also finds parts of words.
    """
    return bool(sign) and unicodedata.category(sign) in ("Lu", "Ll", "Lt", "Nd")


@cache
def _runs() -> re.Pattern[str]:
    """Return a pattern for a run of cased letters and digits, to skip a run of 100,000 letters in one step."""
    signs = "".join(filter(_separates, map(chr, range(LAST_CASED))))
    return re.compile(f"[{signs}]+")


def _folded(text: str) -> str:
    """Return `text` normalised for comparison: NFC, case folded, with one kind of apostrophe and hyphen."""
    text = normal(text)
    for written, alike in ALIKE:
        text = text.replace(written, alike)
    return normal(text.casefold())
