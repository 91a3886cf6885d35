"""Text comparison as in Appwrite's MariaDB (utf8mb4_general_ci), which ignores case, accents and trailing spaces.

Every SQLite connection has these functions, so that SQL statements and expression indexes can use them.
"""

import re
import sqlite3
import unicodedata
from functools import cache

# InnoDB's default stop words (information_schema.INNODB_FT_DEFAULT_STOPWORD) and minimum word length.
_STOP_WORDS = """a about an are as at be by com de en for from how i in is it la of on or that the this to was what when
where who will with und www"""
STOP_WORDS = frozenset(_STOP_WORDS.upper().split())
MIN_WORD_LENGTH = 3
MAX_WORD_LENGTH = 84

_WORD = re.compile(r"\w+")
# Appwrite replaces each operator of boolean mode with a space, and then each run of ASCII whitespace with one space.
_OPERATORS = re.compile(r'[@+\-*()<>~"]')
_SPACES = re.compile(r"[\t-\r ]+")
# In InnoDB's lexer, a percent sign ends the term but does not belong to it.
_TERM = re.compile(r"[^ %]+")


class _Weights(dict[int, str]):
    """Code point -> the character that represents all characters equal to it. Computed on first use.

    The collation follows Unicode's decompositions (é equals e) for Latin, Greek, Cyrillic, Armenian and Hebrew. Other
    scripts, and letters without a decomposition, are compared unchanged: ø does not equal o, and æ does not equal ae.
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
    """Return `text` in the form that LIKE compares: without case and accents, but with trailing spaces."""
    return text.upper() if text.isascii() else text.translate(_WEIGHTS)


def fold(text: str) -> str:
    """Return the sort key of `text`. Strings that compare as equal have the same key."""
    return letters(text).rstrip(" ")


def words(text: str) -> str:
    """Return the words of `text` as one string, separated by spaces, for a full-text index."""
    return " ".join(word for word in _WORD.findall(letters(text)) if is_indexed(word))


def is_indexed(word: str) -> bool:
    return len(word) >= MIN_WORD_LENGTH and word not in STOP_WORDS


def has_phrase(text: str, phrase: str) -> bool:
    """Return whether `text` contains the words of `phrase` next to each other, in this order."""
    return f" {' '.join(_WORD.findall(letters(phrase)))} " in f" {' '.join(_WORD.findall(letters(text)))} "


class SearchError(ValueError):
    """A search that MariaDB cannot parse."""


class Search:
    """A parsed `search` query. It follows the rules of Appwrite's MariaDB adapter and of InnoDB's boolean mode.

    Text in quotes is a phrase. Otherwise one matching word is enough. Spaces separate terms. Appwrite appends a `*` to
    the text, so the last word of the last term matches as a prefix: `sal` finds "salt", but `salt &` does not find
    "salty". Within a term (`don't`), words after the first are ignored if they have fewer than MIN_WORD_LENGTH letters.

    Raise SearchError if the text contains only percent signs, because the `*` then has no term to apply to.
    """

    def __init__(self, text: str) -> None:
        quoted = text.startswith('"') and text.endswith('"')
        text = _SPACES.sub(" ", _OPERATORS.sub(" ", text)).strip("\0 ")
        if text == "0":  # PHP treats "0" as empty
            text = ""
        self.is_phrase = quoted and text != ""
        self.words = _WORD.findall(letters(text)) if self.is_phrase else []
        self.whole: list[str] = []
        self.beginning = ""
        """The word before the `*`. Empty if the last term contains no word."""
        if self.is_phrase or not text:
            return
        terms = _TERM.findall(letters(text))
        if not terms:
            raise SearchError(text)
        *rest, last = [_words_of_term(term) for term in terms]
        if last:
            *last, self.beginning = last
        self.whole = [word for word in [*(word for term in rest for word in term), *last] if is_indexed(word)]

    @property
    def match(self) -> str:
        """FTS5 expression for the index. Empty if nothing can match."""
        if self.is_phrase:
            return " AND ".join(f'"{word}"' for word in self.words if is_indexed(word))
        terms = [f'"{word}"' for word in self.whole]
        return " OR ".join([*terms, f'"{self.beginning}"*'] if self.beginning else terms)

    @property
    def phrase(self) -> str:
        return " ".join(self.words)

    def finds(self, text: str) -> bool:
        """Return whether `text` matches this search, without using a full-text index."""
        if self.is_phrase:
            return self.match != "" and has_phrase(text, self.phrase)
        present = set(words(text).split())
        if not present.isdisjoint(self.whole):
            return True
        return self.beginning != "" and any(word.startswith(self.beginning) for word in present)


def _words_of_term(term: str) -> list[str]:
    """Return the words of a term that InnoDB searches for."""
    words = [word for word in _WORD.findall(term) if len(word) <= MAX_WORD_LENGTH]
    return [word for n, word in enumerate(words) if n == 0 or len(word) >= MIN_WORD_LENGTH]


@cache
def _search(sought: str) -> Search:
    return Search(sought)


# -- SQL functions, which return null for null
# ------------------------------------------------------------------------------------

SqlValue = str | bytes | int | float | None
"""A value in the form that SQLite stores."""


def _sql_fold(value: SqlValue) -> SqlValue:
    return fold(value) if isinstance(value, str) else value


def _sql_letters(value: SqlValue) -> SqlValue:
    return letters(value) if isinstance(value, str) else value


def _sql_words(value: SqlValue) -> str:
    return words(value) if isinstance(value, str) else ""


def _sql_has_phrase(value: SqlValue, phrase: str) -> bool:
    return isinstance(value, str) and has_phrase(value, phrase)


def _sql_finds(value: SqlValue, sought: str) -> bool:
    return isinstance(value, str) and _search(sought).finds(value)


def register(connection: sqlite3.Connection) -> None:
    """Register the SQL functions fold, letters, words, has_phrase and finds with an SQLite connection."""
    connection.create_function("fold", 1, _sql_fold, deterministic=True)
    connection.create_function("letters", 1, _sql_letters, deterministic=True)
    connection.create_function("words", 1, _sql_words, deterministic=True)
    connection.create_function("has_phrase", 2, _sql_has_phrase, deterministic=True)
    connection.create_function("finds", 2, _sql_finds, deterministic=True)
