"""Countries by their ISO 3166 codes and their names, in English and in the languages that people write forms in."""

import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

from babel.core import get_global

NAMES = Path(__file__).parent / "data" / "country_names.txt"
LONGEST = 80
"""The longest name of a country. Longer texts are not cached either."""

_SHORTEST_JOINED = 8
_FLAGS = {0x1F1E6 + place: letter for place, letter in enumerate("abcdefghijklmnopqrstuvwxyz")}
_IN_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_SILENT = str.maketrans(dict.fromkeys("'`´‘’ʼʻ＇.·", ""))
_LETTERS = str.maketrans({"ı": "i", "ø": "o", "ł": "l", "đ": "d", "&": " and "})
_WORDS = {"the": "", "st": "saint", "rep": "republic"}
_FORMAL = (
    re.compile(r"(?:[a-z]+ ){0,3}(?:republic|kingdom|commonwealth|principality|sultanate|duchy|union) of (.+)"),
    re.compile(r"(.+?) (?:[a-z]+ ){0,2}(?:republic|kingdom|state|states|federation) of"),
)
"""Formal names, such as *Kingdom of Spain* and *Moldova, Republic of*, with the short name in a group."""


def code_of(country: str) -> str | None:
    """Return the code of two letters of a country, or None if it is unknown: `GB`, `gbr`, `U.K.` and `Vereinigtes Königreich` are one."""
    return _code_of(country) if len(country) <= LONGEST else None


@cache
def codes() -> frozenset[str]:
    """Return the codes of ISO 3166, and Kosovo's."""
    return frozenset(_names().values())


@lru_cache(maxsize=4096)
def _code_of(country: str) -> str | None:
    code = _find(fold(country)) or _find(fold(_IN_BRACKETS.sub(" ", country)))
    if code or "/" not in country:
        return code
    parts = {_find(fold(part)) for part in country.split("/")}  # the name in two languages
    return parts.pop() if len(parts) == 1 else None


def _find(name: str) -> str | None:
    """Return the code for a folded name, which may be in its formal form or stand beside its own code."""
    if not name:
        return None
    joined = name.replace(" ", "")
    code = _codes().get(name) or _names().get(name) or _joined_names().get(joined)
    if not code and len(joined) == len(name.split()) == 3:  # U S A
        code = _codes().get(joined) or _names().get(joined)
    if code:
        return code
    for form in _FORMAL:
        if match := form.fullmatch(name):
            return _find(match[1])
    first, _, after = name.partition(" ")
    before, _, last = name.rpartition(" ")
    beside = {(_codes().get(first, ""), _names().get(after)), (_codes().get(last, ""), _names().get(before))}
    return next((code for code, named in beside if code and code == named), None)


@cache
def _codes() -> dict[str, str]:
    """Map codes of two and three letters and of three digits to those of two letters, without codes of countries that were divided."""
    aliases = {alias.lower(): targets[0] for alias, targets in get_global("territory_aliases").items() if len(targets) == 1}
    longer = {alias: code for alias, code in aliases.items() if len(alias) == 3 and code in codes()}
    return {**longer, "uk": "GB", "el": "GR", **{code.lower(): code for code in codes()}}


@cache
def _names() -> dict[str, str]:
    """Map folded names to codes."""
    lines = (line.split("\t") for line in NAMES.read_text("utf-8").splitlines() if not line.startswith("#"))
    return {name: code for code, names in lines for name in names.split("|")}


@cache
def _joined_names() -> dict[str, str]:
    """Map the names of several words, written as one, to codes, such as `unitedkingdom`: programs write them so."""
    return {name.replace(" ", ""): code for name, code in _names().items() if name.count(" ") and len(name) >= _SHORTEST_JOINED}


def fold(name: str) -> str:
    """Fold a name: without case, accents, invisible signs, apostrophes, dots and *the*, with `&`, *St* and *Rep* in full.

    A flag is its code, and is left out beside a name.
    """
    lettered = name.translate(_FLAGS)
    if lettered != name and (beside := name.translate(dict.fromkeys(_FLAGS))).strip():
        lettered = beside
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", lettered).casefold()).translate(_SILENT)
    bare = "".join(char for char in apart if unicodedata.category(char) not in {"Mn", "Me", "Cf"}).translate(_LETTERS)
    words = "".join(char if char.isalnum() or unicodedata.category(char) == "Mc" else " " for char in bare).split()
    return unicodedata.normalize("NFC", " ".join(filter(None, (_WORDS.get(word, word) for word in words))))
