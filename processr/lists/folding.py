"""The folded form in which list values and lead values are compared."""

import unicodedata

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
