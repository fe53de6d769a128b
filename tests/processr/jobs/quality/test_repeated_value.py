"""Repeated Value Check."""

import pytest

from processr.job_types.outcomes import OutcomeKind
from processr.jobs.quality.repeated_value import RepeatedValue
from tests.processr.jobs.asking import outcome


def same(times: int, value: str = "Berlin") -> dict[str, str]:
    return {f"field{n}": value for n in range(times)}


@pytest.mark.parametrize(
    ("times", "kind"),
    [(0, OutcomeKind.PASSED), (1, OutcomeKind.PASSED), (3, OutcomeKind.PASSED), (4, OutcomeKind.FAILED), (9, OutcomeKind.FAILED)],
)
def test_three_fields_may_say_the_same_and_the_fourth_fails(times, kind):
    assert outcome(RepeatedValue, {"firstName": "Jo", **same(times)}).kind is kind


def test_how_often_can_be_set():
    assert outcome(RepeatedValue, same(2), allowed=1).kind is OutcomeKind.FAILED
    assert outcome(RepeatedValue, same(1), allowed=1).kind is OutcomeKind.PASSED
    assert outcome(RepeatedValue, same(5), allowed=5).kind is OutcomeKind.PASSED


def test_case_accents_and_spaces_make_no_difference():
    captured = {"a": "Núñez", "b": "NUNEZ ", "c": " nun\u0303ez", "d": "nuñez"}
    assert outcome(RepeatedValue, captured).kind is OutcomeKind.FAILED
    assert outcome(RepeatedValue, {**captured, "d": "nu nez"}).kind is OutcomeKind.PASSED


@pytest.mark.parametrize("value", ["", "  ", "Yes", "no", "true", "1", "N/A"])
def test_empty_fields_and_what_a_form_offers_to_choose_repeat_nothing(value):
    assert outcome(RepeatedValue, same(6, value)).kind is OutcomeKind.PASSED


def test_what_is_left_alone_can_be_set():
    assert outcome(RepeatedValue, same(4, "Yes"), allowed_values=["maybe"]).kind is OutcomeKind.FAILED
    assert outcome(RepeatedValue, same(4, "MAYBE"), allowed_values=["maybe"]).kind is OutcomeKind.PASSED


def test_only_the_named_fields_are_counted_and_those_that_are_absent_are_empty():
    assert outcome(RepeatedValue, same(4), fields_to_read=["field0", "field1", "field2"]).kind is OutcomeKind.PASSED
    assert outcome(RepeatedValue, same(4), fields_to_read=[f"field{n}" for n in range(9)]).kind is OutcomeKind.FAILED


def test_fields_can_be_left_out():
    assert outcome(RepeatedValue, same(4), fields_to_leave_out=["*3"]).kind is OutcomeKind.PASSED


def test_the_reason_names_the_fields_and_not_the_value():
    found = outcome(RepeatedValue, {"email": "x", **same(4, "asdf")})
    assert found.reason == "4 fields have the same value, and at most 3 may: field0, field1, field2, field3"
    assert (found.field, found.value) == ("field0", "asdf")
