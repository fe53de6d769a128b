"""Multiple Empty Fields Check (1011)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processr.job_types.outcomes import OutcomeKind
from processr.jobs.quality.multiple_empty_fields import MultipleEmptyFields
from tests.processr.jobs.asking import LEADS, MEGABYTE, NAMES, answers, outcome

NAMED = ["firstName", "lastName", "company", "city"]


@pytest.mark.parametrize(
    ("captured", "kind"),
    [
        ({"firstName": "Jo", "lastName": "Lee", "company": "", "city": ""}, OutcomeKind.PASSED),
        ({"firstName": "Jo", "lastName": "", "company": "", "city": ""}, OutcomeKind.FAILED),
        ({"firstName": "Jo"}, OutcomeKind.FAILED),
        ({"firstName": "Jo", "lastName": "Lee"}, OutcomeKind.PASSED),
        ({}, OutcomeKind.FAILED),
        ({"firstName": "Jo", "other": "", "another": "", "third": ""}, OutcomeKind.FAILED),
    ],
)
def test_three_empty_ones_of_the_named_fields_fail_also_where_they_were_not_sent(captured, kind):
    assert outcome(MultipleEmptyFields, captured, fields_to_read=NAMED).kind is kind


def test_where_no_fields_are_named_those_that_were_sent_are_counted():
    assert outcome(MultipleEmptyFields, {"a": "", "b": " ", "c": "x"}).kind is OutcomeKind.PASSED
    assert outcome(MultipleEmptyFields, {"a": "", "b": " ", "c": "", "d": "x"}).kind is OutcomeKind.FAILED
    assert outcome(MultipleEmptyFields, {}).kind is OutcomeKind.PASSED


@pytest.mark.parametrize(
    "value", ["", " ", "\t\n", "\u00a0", "\u3000", "\u200b", "\ufeff", "\u200e\u200f", "\u3164", "\x01", "\u00ad", "\u2800"]
)
def test_what_shows_nothing_is_empty(value):
    assert outcome(MultipleEmptyFields, {"a": value}, count=1).kind is OutcomeKind.FAILED


@pytest.mark.parametrize("value", ["0", ".", "-", "🙂", "ا", "０", "\u200fا", " x "])
def test_what_shows_anything_is_data(value):
    assert outcome(MultipleEmptyFields, {"a": value}, count=1).kind is OutcomeKind.PASSED


def test_how_many_can_be_set_and_the_reason_names_the_fields():
    captured = {"firstName": "Jo", "company": "", "city": ""}
    found = outcome(MultipleEmptyFields, captured, count=2)
    assert (found.kind, found.field, found.reason) == (OutcomeKind.FAILED, "company", "2 fields are empty: company, city")
    assert outcome(MultipleEmptyFields, captured, count=3).kind is OutcomeKind.PASSED


def test_of_many_empty_fields_the_first_ten_are_named():
    found = outcome(MultipleEmptyFields, {f"q{n}": "" for n in range(50)})
    assert found.reason == "50 fields are empty: q0, q1, q2, q3, q4, q5, q6, q7, q8, q9, …"


@given(captured=LEADS, named=NAMES, count=st.integers(1, 5))
def test_whatever_is_sent_it_answers_and_answers_the_same_again(captured, named, count):
    answers(MultipleEmptyFields, captured, {"fields_to_read": named, "count": count})


@pytest.mark.timeout(10)
def test_a_megabyte_of_nothing_is_judged_in_no_time():
    assert outcome(MultipleEmptyFields, {"a": " \u200b" * MEGABYTE}, count=1).kind is OutcomeKind.FAILED
