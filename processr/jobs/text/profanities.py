"""Which words are profanities: the list that comes with the product, what a job adds and takes away, and how such words are dressed up."""

import re
from collections.abc import Iterable, Iterator, Sequence

from processr.jobs.text.words import folded, known

MAY_BE_A_NAME, AS_WRITTEN = "*", "="
WORD = re.compile(r"[^\W_]+")
DRESSED = re.compile(r"(?:[^\W_]|[@$!])+")
DRESS = re.compile(r"[^\W\d_][0-9@$!]|[0-9@$!][^\W\d_]")
"""What stands beside letters with people who know that their words are looked for."""

_READ = str.maketrans("01345@$7!i", "oleasastll")
"""A one may be an i or an l, so these are taken for one letter."""
_LETTERS = 2
_DRESSED_FROM = 4
"""Shorter ones are found in road numbers and postcodes: the A55, T1T."""


class Profanities:
    """Whole words only: Scunthorpe and Cockburn hold nothing. Words that are names as well are told apart by where they stand."""

    def __init__(self, *, more: Iterable[str] = (), fine: Iterable[str] = ()) -> None:
        listed, allowed = known("profanities"), {folded(word) for word in fine}
        added = {folded(word) for word in more} - allowed
        self._always = {folded(word) for word in listed if word[0] not in (MAY_BE_A_NAME, AS_WRITTEN)} - allowed | added
        self._no_names = self._always | {folded(word[1:]) for word in listed if word[0] == MAY_BE_A_NAME} - allowed
        self._dressed = {kind: {word.translate(_READ) for word in words} for kind, words in ((True, self._always), (False, self._no_names))}
        self._as_written = {word[1:] for word in listed if word[0] == AS_WRITTEN and folded(word[1:]) not in allowed}
        self._phrases = [f" {' '.join(words)} " for phrase in added if len(words := WORD.findall(phrase)) > 1]

    def are_in(self, texts: Sequence[str], *, may_be_names: bool) -> bool:
        """In one or more of them. A phrase is found across their ends too, so ask of one at a time to be sure."""
        plain = "\n".join([text.lower() if text.isascii() else folded(text) for text in texts])
        looked_for, words = self._always if may_be_names else self._no_names, WORD.findall(plain)
        return (
            not looked_for.isdisjoint(words)
            or (DRESS.search(plain) is not None and not self._dressed[may_be_names].isdisjoint(_undressed(plain)))
            or any(not text.isascii() and not self._as_written.isdisjoint(WORD.findall(text.lower())) for text in texts)
            or (bool(self._phrases) and self._has_phrase(words))
        )

    def _has_phrase(self, words: list[str]) -> bool:
        text = f" {' '.join(words)} "
        return any(phrase in text for phrase in self._phrases)


def _undressed(text: str) -> Iterator[str]:
    """`sh1t`, `a$$hole`: signs and digits read as the letters they look like, in words that have letters of their own."""
    for dressed in DRESSED.findall(text):
        word = dressed.rstrip("!")
        if len(word) >= _DRESSED_FROM and not word.isalpha() and sum(map(str.isalpha, word)) >= _LETTERS:
            yield word.translate(_READ)
