"""Texts: blanks at their ends, what shows nothing, and the forms in which two texts are compared.

What was captured is never changed by these forms. ASCII, which nearly every value is, takes a short way through each.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping

import regex

_SPACES = "".join(character for character in map(chr, range(0x3001)) if character.isspace())
_CONTROLS = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0)]))
_BLANK_LETTERS = "\u2800\u3164\uffa0\U00013441\U00013442"
"""Blank Braille, the fillers of Hangul that stand alone, the blanks of hieroglyphs: people type them for a space."""


def _characters(*ranges: tuple[int, int]) -> str:
    return "".join(chr(number) for first, last in ranges for number in range(first, last + 1))


_DIRECTING = _characters(
    (0xAD, 0xAD), (0x61C, 0x61C), (0x180E, 0x180E), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0xFEFF, 0xFEFF),
    (0xFFF0, 0xFFFC), (0x13430, 0x1343F), (0x1BCA0, 0x1BCA3), (0x1D159, 0x1D159), (0x1D173, 0x1D17A), (0xE0000, 0xE001F),
    (0xE0080, 0xE00FF), (0xE01F0, 0xE0FFF),
)  # fmt: skip
"""Signs that only direct the writing, and those that Unicode says to ignore: soft hyphens, joiners, direction marks, the byte order mark,
the place of an object that was not copied (U+FFFC), the head of a note that is none (U+1D159)."""
_ATTACHED = _characters(
    (0x34F, 0x34F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180D), (0x180F, 0x180F), (0xFE00, 0xFE0F), (0x16FE4, 0x16FE4),
    (0xE0100, 0xE01EF),
)  # fmt: skip
"""Invisible signs that belong to a letter beside them, such as the choice of a variant: at the end of a text they stay."""
_TAGS = _characters((0xE0020, 0xE007F))
"""The end of a flag such as that of Scotland, and invisible alone."""
_AT_THE_ENDS = _SPACES + _DIRECTING + _BLANK_LETTERS
_NONCHARACTERS = _characters((0xFDD0, 0xFDEF), *((plane + 0xFFFE, plane + 0xFFFF) for plane in range(0, 0x110000, 0x10000)))
_SHOWS_NOTHING = _AT_THE_ENDS + _ATTACHED + _TAGS + _CONTROLS + _NONCHARACTERS

_APOSTROPHES = "`\u00b4\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u055a\u05f3\u2018\u2019\u201b\u2032\ua78b\ua78c\uff07"
_HYPHENS = "\u058a\u05be\u1806\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d"
_QUOTATION_MARKS = "\u201c\u201d\u201e\u201f\u2033\u02ba\uff02"
_INVISIBLE = dict.fromkeys(_DIRECTING + _ATTACHED, "")
_PLAIN = {
    **dict.fromkeys(_APOSTROPHES, "'"), **dict.fromkeys(_QUOTATION_MARKS, '"'), **dict.fromkeys(_HYPHENS, "-"),
    **dict.fromkeys(_BLANK_LETTERS, " "), **_INVISIBLE,
}  # fmt: skip
"""Each typographic sign as the plain one that keyboards have; invisible signs as nothing."""
_SIGNS = {**_PLAIN, "\u309b": "\u3099", "\u309c": "\u309a"}
"""The same, and the voicing marks of Japanese that stand after a letter as those that belong to it."""
_STROKED = {
    letter: plain
    for letters, plain in (
        ("đðɖɗ", "d"), ("ħɦ", "h"), ("ıɨ", "i"), ("łƚɫ", "l"), ("øɵ", "o"), ("ŧⱦ", "t"), ("ƀɓ", "b"), ("ǥɠ", "g"), ("ƙ", "k"), ("ɇ", "e"),
        ("ɉ", "j"), ("ɍ", "r"), ("ʉ", "u"), ("ƴɏ", "y"), ("ƶ", "z"), ("ȼ", "c"), ("ⱥ", "a"), ("ɲ", "n"),
        ("æ", "ae"), ("œ", "oe"), ("þ", "th"),
    )
    for letter in letters
}  # fmt: skip
"""Latin letters whose stroke or hook Unicode does not take for a mark, and joined ones."""
_POINTS = _characters(
    (0x591, 0x5BD), (0x5BF, 0x5BF), (0x5C1, 0x5C2), (0x5C4, 0x5C5), (0x5C7, 0x5C7), (0x640, 0x640), (0x64B, 0x652), (0x656, 0x65F),
    (0x670, 0x670), (0x6D6, 0x6DC), (0x6DF, 0x6E4), (0x6E7, 0x6E8), (0x6EA, 0x6ED), (0x8D3, 0x8E1), (0x8E3, 0x8FF),
)  # fmt: skip
"""The points of Hebrew and Arabic, which people write or leave out, and the stroke that lengthens an Arabic word."""
_LETTERS = {**_PLAIN, **_STROKED, **dict.fromkeys(_POINTS, "")}

_MARKS = r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f]"
_ACCENTS = re.compile(rf"(?<![^\sa-z\u00c0-\u02af\u0370-\u03ff\u1d00-\u1dbf\u1e00-\u1fff\u2c60-\u2c7f\ua720-\ua7ff\uab30-\uab6f]){_MARKS}+")
"""Marks on letters of Latin and Greek, and on none. In other scripts a mark makes another letter: か and が, и and й, ක and කා."""
_CYRILLIC = re.compile(rf"([\u0400-\u052f])(?={_MARKS}*[\u0300\u0301\u0308\u030f\u0311])({_MARKS}+)")
_STRESS = frozenset("\u0300\u0301\u030f\u0311")
_ALEF = re.compile("\u0627[\u0653-\u0655]+")
_DOT_ON_I = re.compile("i\u0307+")
_MANY_MARKS = regex.compile(r"\p{M}{30}\K\p{M}+")
"""Marks beyond those that Unicode allows on one letter: putting many of them in order takes long."""
_SHORT = 100
_WHITE = re.compile(r"\s+")


def _replacer(replacements: Mapping[str, str]) -> Callable[[str], str]:
    """Return the function that replaces these characters. Most texts have none, which a search finds sooner than `str.translate`."""
    pattern = re.compile(f"[{''.join(_ranges(replacements))}]")
    return lambda text: pattern.sub(lambda match: replacements[match[0]], text)


def _ranges(characters: Iterable[str]) -> Iterable[str]:
    """Yield ranges for a pattern, as many as there are neighbours. A pattern looks through characters beyond 16 bits one by one."""
    numbers = set(map(ord, characters))
    firsts = sorted(number for number in numbers if number - 1 not in numbers)
    lasts = sorted(number for number in numbers if number + 1 not in numbers)
    return (f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in zip(firsts, lasts, strict=True))


_VISIBLE = re.compile(f"[^{''.join(_ranges(_SHOWS_NOTHING))}]")
_HIDDEN = re.compile(f"[{''.join(_ranges(set(_CONTROLS + _DIRECTING + _BLANK_LETTERS) - set(_SPACES)))}]")
_without_invisible, _plain_signs, _joined_signs, _plain_letters = map(_replacer, (_INVISIBLE, _PLAIN, _SIGNS, _LETTERS))


def strip(text: str) -> str:
    """Return the text without the blanks and invisible signs around it: nothing where the whole text shows nothing."""
    stripped = text.strip() if text.isascii() else text.strip(_AT_THE_ENDS)
    return "" if is_blank(stripped) else stripped


def is_blank(text: str) -> bool:
    """Return whether the text shows nothing: it consists of spaces, controls, direction marks and fillers."""
    if "0" <= text[:1] <= "z":
        return False  # the quick way out, for nearly every value
    return _VISIBLE.search(text) is None


def fold(text: str) -> str:
    """Return the form in which texts are compared.

    Without case and invisible signs, in one Unicode form, each run of white space as one space, typographic apostrophes,
    quotation marks and hyphens as plain ones. Accents stay. Folding is idempotent.
    """
    return " ".join((_ascii_fold(text) if text.isascii() else _without_case(text)).split())


def fold_inside(text: str) -> str:
    """Return the folded text with the white space around it as one space."""
    return _WHITE.sub(" ", _ascii_fold(text) if text.isascii() else _without_case(text))


def fold_keeping_case(text: str) -> str:
    """Return the form in which texts are compared where their case counts."""
    return " ".join((text.replace("`", "'") if text.isascii() else _plain(text)).split())


def fold_accents(text: str) -> str:
    """Return the form in which texts are searched: folded, and without accents and variants of letters.

    So `josé  NÚÑEZ` is found as `Jose Nunez`, `Łódź` as `lodz`. A mark is dropped only where it is an accent. In Cyrillic
    these are the signs of stress, and the dots of ё, which Russian writes as е as well; й and ї stay.
    """
    return " ".join((_ascii_fold(text) if text.isascii() else _without_accents(text)).split())


def without_invisible(text: str) -> str:
    return text if text.isascii() else _without_invisible(text)


def invisible_in(text: str) -> str:
    """Return the first control or invisible sign of the text that is not white space, empty where there is none."""
    if text.isascii() and text.isprintable():
        return ""  # the quick way out, for nearly every value
    found = _HIDDEN.search(text)
    return found[0] if found else ""


def plain_signs(text: str) -> str:
    """Return the text with plain apostrophes, hyphens and spaces, without invisible signs."""
    return text.replace("`", "'") if text.isascii() else _WHITE.sub(" ", _plain_signs(text))


def cut(folded: str, length: int) -> str:
    """Return the beginning of a folded text, which is folded too."""
    return folded[:length].rstrip(" ")


def _ascii_fold(text: str) -> str:
    return text.lower().replace("`", "'")


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", _plain_signs(unicodedata.normalize("NFD", _with_few_marks(text))))


def _without_case(text: str) -> str:
    apart = _plain_signs(unicodedata.normalize("NFD", _with_few_marks(text)).casefold())
    # The dot of the Turkish capital I is no other letter than the small one has. Marks are in order again before it is looked for.
    return unicodedata.normalize("NFC", _DOT_ON_I.sub("i", unicodedata.normalize("NFD", apart)))


def _without_accents(text: str) -> str:
    # Signs are made plain before letters are decomposed, as ´ is made of a space and a mark, and again after it, as ŉ holds one.
    # Decomposed before and after case: 𝐀 decomposes to a letter with case, ß casefolds to letters without.
    apart = unicodedata.normalize("NFKD", _joined_signs(_with_few_marks(text))).casefold()
    apart = unicodedata.normalize("NFD", _plain_letters(unicodedata.normalize("NFKD", apart)))
    bare = _ALEF.sub("\u0627", _CYRILLIC.sub(_without_stress, _ACCENTS.sub("", apart)))
    return unicodedata.normalize("NFC", bare)


def _without_stress(match: re.Match[str]) -> str:
    """Return a Cyrillic letter with those of its marks that make it another letter: й, ї, ў; ѓ and ќ of Macedonian."""
    letter, marks = match[1], match[2]
    dropped = _STRESS - {"\u0301"} if letter in "гк" else _STRESS | {"\u0308"} if letter == "е" else _STRESS
    return letter + "".join(mark for mark in marks if mark not in dropped)


def _with_few_marks(text: str) -> str:
    return text if len(text) <= _SHORT else _MANY_MARKS.sub("", text)
