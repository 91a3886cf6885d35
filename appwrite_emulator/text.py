"""Text as Appwrite's MariaDB compares it (utf8mb4_general_ci): no letter case, no accents, no spaces at the end.

The functions are registered with every SQLite connection, so that SQL and expression indexes can use them.
"""

import re
import sqlite3
import unicodedata
from functools import cache

from django.db.backends.signals import connection_created
from django.dispatch import receiver

# InnoDB's own list (information_schema.INNODB_FT_DEFAULT_STOPWORD) and its shortest word.
_STOP_WORDS = """a about an are as at be by com de en for from how i in is it la of on or that the this to was what when
where who will with und www"""
STOP_WORDS = frozenset(_STOP_WORDS.upper().split())
SHORTEST_WORD = 3

_WORD = re.compile(r"\w+")
# What Appwrite blanks out of a search, since boolean mode would read it as an operator.
_SIGNS = re.compile(r'[@+\-*()<>~"]')


class _Weights(dict[int, str]):
    """Code point -> the character that stands for all that compare equal, worked out when first met.

    The collation was made from Unicode's decompositions (é is e), for Latin, Greek, Cyrillic, Armenian and Hebrew; all
    other letters are compared as they are. So are letters that Unicode does not decompose: ø is no o, æ no ae.
    """

    def __missing__(self, point: int) -> str:
        char = chr(point)
        if point < 0x600 or 0x1E00 <= point < 0x2000:
            char = "s" if char == "ß" else unicodedata.normalize("NFD", char)[0]
        known = point < 0x600 or 0x1E00 <= point < 0x2500 or 0xFF00 <= point < 0x10000
        upper = char.upper() if known else char
        self[point] = upper if len(upper) == 1 else char
        return self[point]


_WEIGHTS = _Weights()


def letters(text: str) -> str:
    """`text` without case and accents; what LIKE compares, where spaces count."""
    return text.upper() if text.isascii() else text.translate(_WEIGHTS)


def fold(text: str) -> str:
    """What two texts have in common when they are equal; its order is theirs."""
    return letters(text).rstrip(" ")


def words(text: str) -> str:
    """The words a full-text index keeps of `text`, separated by spaces."""
    return " ".join(word for word in _WORD.findall(letters(text)) if is_indexed(word))


def is_indexed(word: str) -> bool:
    return len(word) >= SHORTEST_WORD and word not in STOP_WORDS


def has_phrase(text: str, phrase: str) -> bool:
    """Whether the words of `phrase` stand in `text` one after another."""
    return f" {' '.join(_WORD.findall(letters(phrase)))} " in f" {' '.join(_WORD.findall(letters(text)))} "


class Search:
    """What `search` looks for: words joined by OR, the last one as a beginning; or, in quotes, a phrase."""

    def __init__(self, sought: str) -> None:
        sought = sought.strip()
        self.is_phrase = len(sought) > 1 and sought.startswith('"') and sought.endswith('"')
        self.words = _WORD.findall(letters(_SIGNS.sub(" ", sought)))

    @property
    def match(self) -> str:
        """The FTS5 expression over indexed words; empty when nothing can be found."""
        if self.is_phrase:
            return " AND ".join(f'"{word}"' for word in self.words if is_indexed(word))
        *whole, last = self.words or [""]
        terms = [f'"{word}"' for word in whole if is_indexed(word)]
        return " OR ".join([*terms, f'"{last}"*'] if last else terms)

    @property
    def phrase(self) -> str:
        return " ".join(self.words)

    def finds(self, text: str) -> bool:
        """The same judgement on one text, for lists that have no full-text index of their own."""
        if self.is_phrase:
            return has_phrase(text, self.phrase)
        present = _WORD.findall(letters(text))
        *whole, last = self.words or [""]
        return any(word in present for word in whole) or bool(last and any(w.startswith(last) for w in present))


@cache
def _search(sought: str) -> Search:
    return Search(sought)


# -- in SQL: null stays null ------------------------------------------------------------------------------------------


def _sql_fold(value: object) -> object:
    return fold(value) if isinstance(value, str) else value


def _sql_letters(value: object) -> object:
    return letters(value) if isinstance(value, str) else value


def _sql_words(value: object) -> str:
    return words(value) if isinstance(value, str) else ""


def _sql_has_phrase(value: object, phrase: str) -> bool:
    return isinstance(value, str) and has_phrase(value, phrase)


def _sql_finds(value: object, sought: str) -> bool:
    return isinstance(value, str) and _search(sought).finds(value)


def register(connection: sqlite3.Connection) -> None:
    """Teach one SQLite connection the functions fold, letters, words, has_phrase and finds."""
    connection.create_function("fold", 1, _sql_fold, deterministic=True)
    connection.create_function("letters", 1, _sql_letters, deterministic=True)
    connection.create_function("words", 1, _sql_words, deterministic=True)
    connection.create_function("has_phrase", 2, _sql_has_phrase, deterministic=True)
    connection.create_function("finds", 2, _sql_finds, deterministic=True)


@receiver(connection_created)
def _register_when_connected(connection: object, **_: object) -> None:
    register(connection.connection)  # type: ignore[attr-defined]
