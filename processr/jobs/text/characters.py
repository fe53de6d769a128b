"""Characters as people see them: how many a text has, and whether it shows anything. Each function reads the text once."""

import unicodedata
from collections.abc import Sequence

BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that show nothing, though Unicode counts them as neither space nor control: Hangul fillers, blank Braille."""

_JOINER = "\u200d"
_MARKS = frozenset({"Mn", "Mc", "Me"})
_INVISIBLE = "Cf"
_SKIN_TONES = range(0x1F3FB, 0x1F400)


def seen(text: str) -> Sequence[str]:
    """Return the visible characters of the text, each with the marks on it.

    `é` is one character however it is written, and so is a family of emoji. Signs that only direct the writing,
    such as the right-to-left mark, are none.
    """
    if text.isascii():
        return text
    found: list[list[str]] = []
    joined = False
    for character in text:
        category = unicodedata.category(character)
        if found and (joined or category in _MARKS or ord(character) in _SKIN_TONES):
            found[-1].append(character)
        elif category != _INVISIBLE:
            found.append([character])
        joined = character == _JOINER
    return ["".join(parts) for parts in found]


def shows_nothing(text: str) -> bool:
    """Return whether the text consists of spaces, controls, direction marks and fillers only."""
    if text[:1].isalnum() and text[0] not in BLANK_LETTERS:
        return False  # the quick way out, for nearly every value
    return not any(character.isprintable() and character != " " and character not in BLANK_LETTERS for character in text)
