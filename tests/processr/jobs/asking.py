"""One job and one lead, without a database, and leads with unusual values."""

from typing import Any

import pytest
from hypothesis import strategies as st

from processr.job_types.base import JobType
from processr.job_types.outcomes import Outcome
from tests.processr.planned import job, lead

MEGABYTE = 1_000_000
VERY_LONG = 200_000
"""Characters, for checks that take seconds for a megabyte: a time that grows with their square is one of minutes here too."""
in_no_time = pytest.mark.usefixtures("three_seconds_at_most")

_ODD = [
    "\u0301", "\u200d", "\u200f", "\u3164", "\U0001f3fd", "👩‍👩‍👧", "🇬🇧", "١٢٣", "０００", "مرحبا", "ß", "İ", "\x00", "\ud800", " ", "aaa", "III", "+", "00",
]  # fmt: skip
_PRIVATE = {0xE000 + place: odd for place, odd in enumerate(_ODD)}
"""Hypothesis draws a text at once, and a list of texts piece by piece, which takes most of the time of a test: so each odd text is drawn as
one character, of those that mean nothing.
"""
TEXT = st.tuples(st.text([*map(chr, _PRIVATE), *"aAeEoxXzZ019@._-\n"], max_size=12), st.text(max_size=8)).map(
    lambda parts: "".join(parts).translate(_PRIVATE)
)
_NAMES = st.sampled_from(["firstName", "lastName", "email", "telephone", "country", "company", "work_phone", "*", ""])
LEADS = st.dictionaries(st.one_of(_NAMES, TEXT), st.one_of(TEXT, st.none(), st.integers(), st.booleans()), max_size=8)
NAMES = st.lists(st.one_of(_NAMES, TEXT), max_size=4)


def outcome(job_type: type[JobType], captured: dict[str, Any], **config: Any) -> Outcome:
    one = lead(**captured)
    return job_type(job(config=config)).check(one)


def answers(job_type: type[JobType], captured: dict[str, Any], config: dict[str, Any]) -> Outcome:
    """Return the outcome, which is the same however often the job is asked."""
    first, second = (outcome(job_type, captured, **config) for _ in range(2))
    assert isinstance(first, Outcome)
    assert first == second
    return first
