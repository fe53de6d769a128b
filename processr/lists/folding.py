"""The one form in which the value of a list and the value of a lead are compared."""

import unicodedata

from config.core.pg_text import is_storable

LONGEST = 500
"""Characters of a value on a list, and of its key."""
_READ = 4 * LONGEST
"""Of a longer text no spelling has a key that fits; and putting the marks of a very long one in order takes long."""


def fold(text: str) -> str:
    """Without the spaces around it and without case; two ways of writing the same letter are one. Folding it again changes nothing."""
    return folded_inside(text).strip()


def folded_inside(text: str) -> str:
    """The same, with the spaces around it."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text[:_READ]).casefold())


def storable(text: str) -> str:
    """Without what the database cannot keep: no list has it, and it must not keep the rest from being found."""
    return text if is_storable(text) else "".join(filter(is_storable, text))
