"""Characters as people see them, and how many a text has. Each function reads the text once.

In lengths, an ideograph or a Korean syllable counts as two letters of an alphabet.
"""

import unicodedata
from collections.abc import Sequence

from leads.values import texts

_JOINER = "\u200d"
_MARKS = frozenset({"Mn", "Mc", "Me"})
_INVISIBLE = "Cf"
_SKIN_TONES = range(0x1F3FB, 0x1F400)


def visible_characters(text: str) -> Sequence[str]:
    """Return the visible characters of the text, each with the marks on it.

    `é` is one character however it is written, and so is a family of emoji. Signs that only direct the writing,
    such as the right-to-left mark, are none.
    """
    if text.isascii():
        return text
    visible: list[list[str]] = []
    joined = False
    for character in text:
        category = unicodedata.category(character)
        if visible and (joined or category in _MARKS or ord(character) in _SKIN_TONES):
            visible[-1].append(character)
        elif category != _INVISIBLE:
            visible.append([character])
        joined = character == _JOINER
    return ["".join(parts) for parts in visible]


def letters_of(text: str) -> int:
    """Return the number of visible letters and digits, without spaces and signs."""
    if text.isascii():
        return sum(map(str.isalnum, text))
    return sum(_weight(character) for character in visible_characters(text) if character[0].isalnum())


def length_of(text: str) -> int:
    """Return the number of visible characters, without the blanks around the text."""
    text = texts.strip(text)
    if text.isascii():
        return len(text)
    return sum(_weight(character) for character in visible_characters(text))


def _weight(character: str) -> int:
    return 2 if character[0].isalpha() and unicodedata.east_asian_width(character[0]) == "W" else 1
