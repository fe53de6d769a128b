"""The words that count as profanities: the list of the product, the words a job adds and removes, and disguised spellings."""

import re
from collections.abc import Iterable, Iterator, Sequence

from leads.values.texts import fold_accents
from processr.jobs.text.words import word_list

MAY_BE_A_NAME, AS_WRITTEN = "*", "="
WORD = re.compile(r"[^\W_]+")
DISGUISED_WORD = re.compile(r"(?:[^\W_]|[@$!])+")
DISGUISE = re.compile(r"[^\W\d_][0-9@$!]|[0-9@$!][^\W\d_]")
"""A letter beside a digit or sign, as in the disguised spellings of users who expect their words to be looked for."""

_READ = str.maketrans("01345@$7!i", "oleasastll")
"""Digits and signs as the letters they stand for. A one may be an i or an l, so these are taken as one letter."""
_LETTERS = 2
_SHORTEST_DISGUISED = 4
"""The shortest length of a disguised word. Shorter ones occur in road numbers and postcodes: the A55, T1T."""


class Profanities:
    """The profanities of one job.

    Only whole words count, so Scunthorpe and Cockburn contain none. Words that are also names count depending on
    the field.
    """

    def __init__(self, *, more: Iterable[str] = (), fine: Iterable[str] = ()) -> None:
        listed, allowed = word_list("profanities"), {fold_accents(word) for word in fine}
        added = {fold_accents(word) for word in more} - allowed
        self._always = {fold_accents(word) for word in listed if word[0] not in (MAY_BE_A_NAME, AS_WRITTEN)} - allowed | added
        self._outside_names = self._always | {fold_accents(word[1:]) for word in listed if word[0] == MAY_BE_A_NAME} - allowed
        self._always_undisguised = {word.translate(_READ) for word in self._always}
        self._outside_names_undisguised = {word.translate(_READ) for word in self._outside_names}
        self._as_written = {word[1:] for word in listed if word[0] == AS_WRITTEN and fold_accents(word[1:]) not in allowed}
        self._phrases = [f" {' '.join(words)} " for phrase in added if len(words := WORD.findall(phrase)) > 1]

    def are_in(self, texts: Sequence[str], *, may_be_names: bool) -> bool:
        """Return whether one or more of the texts contain a profanity.

        A phrase is also found across the end of one text and the beginning of the next, so pass a single text to be
        sure.
        """
        plain = "\n".join([text.lower() if text.isascii() else fold_accents(text) for text in texts])
        words = WORD.findall(plain)
        if not (self._always if may_be_names else self._outside_names).isdisjoint(words):
            return True
        if DISGUISE.search(plain) is not None:
            undisguised = self._always_undisguised if may_be_names else self._outside_names_undisguised
            if not undisguised.isdisjoint(_undisguised_words(plain)):
                return True
        if any(not text.isascii() and not self._as_written.isdisjoint(WORD.findall(text.lower())) for text in texts):
            return True
        if not self._phrases:
            return False
        joined_words = f" {' '.join(words)} "
        return any(phrase in joined_words for phrase in self._phrases)


def _undisguised_words(text: str) -> Iterator[str]:
    """Yield disguised words such as `sh1t` and `a$$hole` in plain letters. Only words that also have letters count."""
    for disguised in DISGUISED_WORD.findall(text):
        word = disguised.rstrip("!")
        if len(word) >= _SHORTEST_DISGUISED and not word.isalpha() and sum(map(str.isalpha, word)) >= _LETTERS:
            yield word.translate(_READ)
