"""Text as people see it: how many characters it has, and whether it shows anything at all. One pass over the text, however long."""

import unicodedata
from collections.abc import Sequence

BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that show nothing, though Unicode counts them as neither space nor control: fillers of Hangul, blank Braille."""

_JOINER = "\u200d"
_MARKS = frozenset({"Mn", "Mc", "Me"})
_INVISIBLE = "Cf"
_SKIN_TONES = range(0x1F3FB, 0x1F400)


def seen(text: str) -> Sequence[str]:
    """The characters of the text, each with the marks that stand on it: `é` is one, however it is written, and so is a family of emoji.
    What only directs the writing (the mark of right to left) is none.
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
    """Nothing but spaces, controls, marks of direction and fillers."""
    if text[:1].isalnum() and text[0] not in BLANK_LETTERS:
        return False  # as nearly every value begins
    return not any(character.isprintable() and character != " " and character not in BLANK_LETTERS for character in text)
