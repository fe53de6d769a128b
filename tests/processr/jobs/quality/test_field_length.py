"""Length check of given field (1116)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processr.job_types.outcomes import OutcomeKind
from processr.jobs.quality.field_length import FieldLength
from tests.processr.jobs.asking import LEADS, NAMES, VERY_LONG, answers, in_no_time, outcome


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("abc", OutcomeKind.PASSED), ("abcd", OutcomeKind.PASSED), ("abcde", OutcomeKind.PASSED), ("ab", OutcomeKind.FAILED), ("abcdef", OutcomeKind.FAILED), ("", OutcomeKind.FAILED),
        ("  ab  ", OutcomeKind.FAILED), ("  abcde  ", OutcomeKind.PASSED), ("a b", OutcomeKind.PASSED),
    ],
)  # fmt: skip
def test_characters_are_counted_without_the_spaces_around(value, kind):
    assert outcome(FieldLength, {"company": value}, fields_to_read=["company"], minimum=3, maximum=5).kind is kind


@pytest.mark.parametrize(
    ("value", "length"),
    [
        ("José", 4), ("Jose\u0301", 4), ("🙂", 1), ("👨‍👩‍👧", 1), ("👍🏽", 1), ("株式会社", 4), ("مرحبا", 5), ("مَرْحَبًا", 5), ("\u200fمرحبا\u200f", 5), ("１２３", 3),
        ("a\u200bb", 2), ("हिन्दी", 3),
    ],
)  # fmt: skip
def test_a_character_is_what_people_see_as_one(value, length):
    asked = {"fields_to_read": ["company"]}
    assert outcome(FieldLength, {"company": value}, **asked, minimum=length, maximum=length).kind is OutcomeKind.PASSED
    assert outcome(FieldLength, {"company": value}, **asked, minimum=length + 1).kind is OutcomeKind.FAILED


def test_until_others_are_named_it_is_both_names_with_two_characters_at_least():
    assert outcome(FieldLength, {"firstName": "Jo", "lastName": "Ng"}).kind is OutcomeKind.PASSED
    assert outcome(FieldLength, {"firstName": "Jo", "lastName": "N"}).kind is OutcomeKind.FAILED
    assert outcome(FieldLength, {"firstName": "Jo"}).kind is OutcomeKind.FAILED


def test_without_a_minimum_an_empty_field_is_short_enough():
    asked = {"fields_to_read": ["company"], "minimum": 0, "maximum": 3}
    assert outcome(FieldLength, {}, **asked).kind is OutcomeKind.PASSED


@pytest.mark.parametrize(
    ("value", "reason"), [("Ac", "company has fewer than 3 characters"), ("Acme & Sons", "company has more than 5 characters")]
)
def test_the_reason_names_the_field_and_the_limit(value, reason):
    found = outcome(FieldLength, {"company": value}, fields_to_read=["company"], minimum=3, maximum=5)
    assert (found.field, found.value, found.reason) == ("company", value, reason)


@given(captured=LEADS, named=NAMES, minimum=st.integers(0, 5), maximum=st.one_of(st.none(), st.integers(5, 9)))
def test_whatever_is_sent_it_answers_and_answers_the_same_again(captured, named, minimum, maximum):
    answers(FieldLength, captured, {"fields_to_read": named, "minimum": minimum, "maximum": maximum})


@in_no_time
def test_a_very_long_value_is_measured_in_no_time():
    asked = {"fields_to_read": ["company"], "maximum": VERY_LONG}
    assert outcome(FieldLength, {"company": "e\u0301" * VERY_LONG}, **asked).kind is OutcomeKind.PASSED
    assert outcome(FieldLength, {"company": "é" * (VERY_LONG + 1)}, **asked).kind is OutcomeKind.FAILED
