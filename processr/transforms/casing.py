"""Conversions between capital and small letters that respect names and sentences."""

import re
from collections.abc import Callable

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_ENDS_OR_WORD = re.compile(r"(?P<end>[.!?…](?=\s))|\w+")
_ONE_LETTER_BEFORE = re.compile(r"([^\W\d_])(['’])([^\W\d_]{2,})")


def title(text: str) -> str:
    """Capitalize every word: `JEAN-LUC O'NEIL's` becomes `Jean-Luc O'Neil's`."""
    return _WORD.sub(lambda found: _word(found[0]), text)


def _word(word: str) -> str:
    name = _ONE_LETTER_BEFORE.match(word)
    if name is None:
        return word.capitalize()
    return f"{name[1].upper()}{name[2]}{name[3].capitalize()}{word[name.end() :].lower()}"


def sentence(text: str) -> str:
    """Write small letters, with a capital at the beginning of each sentence."""
    begins = True

    def set_right(found: re.Match[str]) -> str:
        nonlocal begins
        capital, begins = begins and not found["end"], bool(found["end"])
        return found[0].capitalize() if capital else found[0]

    return _ENDS_OR_WORD.sub(set_right, text.lower())


CASES: dict[str, tuple[str, Callable[[str], str]]] = {
    "upper": ("UPPER CASE", str.upper),
    "lower": ("lower case", str.lower),
    "title": ("Title Case", title),
    "sentence": ("Sentence case", sentence),
}
