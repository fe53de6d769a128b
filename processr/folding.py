"""The folded forms in which values are compared: those of lists with those of leads, and those of leads with each other."""

import sys
import unicodedata
from functools import cache

from config.core.pg_text import is_storable

LONGEST = 500
"""The most characters of a value on a list, and of its key."""
_READ = 4 * LONGEST
"""Characters that are read of a longer text: its key would be too long anyway, and normalising many combining marks is slow."""


def fold(text: str) -> str:
    """Return the text without surrounding spaces and without case, in one Unicode form. Folding is idempotent."""
    return folded_inside(text).strip()


def folded_inside(text: str) -> str:
    """Return the folded text with the spaces around it."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text[:_READ]).casefold())


def storable(text: str) -> str:
    """Return the text without characters that the database cannot store: no list has them, so the rest can still match."""
    return text if is_storable(text) else "".join(filter(is_storable, text))


def fold_text(text: str) -> str:
    """Fold a text: without case, accents, invisible signs and doubled spaces.

    Marks are dropped before letters are decomposed, because putting many of them in order takes long.
    """
    if not text.isascii():
        text = _without_marks(unicodedata.normalize("NFKD", _without_marks(text)).casefold())
    return " ".join(text.lower().split())


def _without_marks(text: str) -> str:
    return text.translate(_marks())


@cache
def _marks() -> dict[int, None]:
    """Return the marks that combine with letters, and signs that only direct the writing, such as the soft hyphen and the joiner."""
    characters = map(chr, range(0x80, sys.maxunicode + 1))
    return {ord(char): None for char in characters if unicodedata.combining(char) or unicodedata.category(char) == "Cf"}
