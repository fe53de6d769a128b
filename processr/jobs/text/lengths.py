"""The length of a text in letters. An ideograph or a Korean syllable counts as two letters of an alphabet."""

import unicodedata

from processr.jobs.text import characters

_WIDE = "W"


def letters_of(text: str) -> int:
    """Return the number of visible letters and digits, without spaces and signs."""
    if text.isascii():
        return sum(map(str.isalnum, text))
    return sum(_weight(character) for character in characters.seen(text) if character[0].isalnum())


def length_of(text: str) -> int:
    """Return the number of visible characters, without the spaces around the text."""
    text = text.strip()
    if text.isascii():
        return len(text)
    return sum(_weight(character) for character in characters.seen(text))


def _weight(character: str) -> int:
    return 2 if character[0].isalpha() and unicodedata.east_asian_width(character[0]) == _WIDE else 1
