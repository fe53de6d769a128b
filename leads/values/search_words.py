"""Words by which leads are searched: those of a lead, and those of a text that is searched for. Both are folded and cut alike.

A word is a run of letters, their marks and digits. Beside words a lead has its whole address, which holds an @, and the
digits of its telephone number, which begin with `t:`; no word holds either sign.
"""

import re
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

import regex

from leads.values import emails, telephones, texts

LONGEST_WORD = 64
LONGEST_VALUE = 1_000
"""Characters of a value by which its lead is found."""
STORED_AT_MOST, WANTED_AT_MOST = 60, 10
"""Words of a lead, and of a text that is searched for."""
FEWEST_DIGITS = 5
"""Digits that may be a telephone number, or how one begins: fewer are an id or a word."""

_ASCII_WORD = re.compile(r"[a-z0-9]+")
_UNSTORED = re.compile("[\0\ud800-\udfff]")
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")


class SearchedText(NamedTuple):
    """The meaning of a text: leads that have, for each word, one that begins with it, or one of the numbers.

    Each word comes with the part of the text, between blanks, that it was cut from.
    """

    words: dict[str, str]
    numbers: list[str]

    @property
    def is_bare_number(self) -> bool:
        """Return whether the text is one short number: a word that begins with it is not meant."""
        return len(self.words) == 1 and all(word.isdecimal() and len(word) < FEWEST_DIGITS for word in self.words)


def clean(text: str) -> str:
    """Return a text that is searched for without blanks around it and without what PostgreSQL takes in no text."""
    return texts.strip(_UNSTORED.sub(" ", text))


def words_of_lead(values: Iterable[str], *, email: str, phone: str) -> list[str]:
    """Return the words of a lead: of values such as its name, of its canonical address, and of its telephone number by its key."""
    words = ["".join(email.split())] if "@" in email else []
    words += [f"t:{form}" for form in telephones.stored_forms(phone)]
    for value in values:
        words += _stored(value)
    words += _cut(texts.fold_accents(email))
    return list(dict.fromkeys(words))[:STORED_AT_MOST]


def read_search(text: str) -> SearchedText:
    """Return what is searched for. A text of more words than `WANTED_AT_MOST` has one more, so that it can be refused."""
    words: dict[str, str] = {}
    for part in text[:LONGEST_VALUE].split():
        address = emails.searched(part)
        is_address = "@" in address[1:]
        for word in [address] if is_address else _cut(texts.fold_accents(part)):
            words.setdefault(word, part)
    numbers = telephones.searched_forms(text) if telephones.is_searchable(text) else []
    return SearchedText(
        dict(islice(words.items(), WANTED_AT_MOST + 1)),
        [f"t:{digits}" for digits in numbers if len(digits.strip("+n")) >= FEWEST_DIGITS],
    )


def _stored(value: str) -> list[str]:
    """Return the words of a value. What signs join is found apart and together: O'Neil as `o`, `neil` and `oneil`."""
    words = []
    for part in texts.fold_accents(value[:LONGEST_VALUE]).split():
        pieces = [part[:LONGEST_WORD]] if part.isalnum() else _cut(part)
        words += pieces
        if len(pieces) > 1:
            words.append("".join(pieces)[:LONGEST_WORD])
    return words


def _cut(folded: str) -> list[str]:
    pattern = _ASCII_WORD if folded.isascii() else _WORD
    return [word[:LONGEST_WORD] for word in pattern.findall(folded)]
