"""Multiple Short Values Check."""

import pytest

from processr.job_types.outcomes import OutcomeKind
from processr.jobs.quality.multiple_short_values import MultipleShortValues
from tests.processr.jobs.asking import VERY_LONG, in_no_time, outcome

LONG = {"addressLine1": "1 High Street", "email": "jo@example.com"}


def short(count: int, value: str = "abc") -> dict[str, str]:
    return {f"field{n}": value for n in range(count)}


@pytest.mark.parametrize(
    ("count", "kind"), [(0, OutcomeKind.PASSED), (2, OutcomeKind.PASSED), (3, OutcomeKind.FAILED), (4, OutcomeKind.FAILED)]
)
def test_three_short_values_fail(count, kind):
    assert outcome(MultipleShortValues, {**LONG, **short(count)}).kind is kind


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("a", OutcomeKind.FAILED), ("abc", OutcomeKind.FAILED), ("abcd", OutcomeKind.PASSED), ("abcde", OutcomeKind.PASSED), ("  abc  ", OutcomeKind.FAILED), ("a b", OutcomeKind.FAILED),
        ("ab.d", OutcomeKind.PASSED), ("éàü", OutcomeKind.FAILED), ("e\u0301a\u0300u", OutcomeKind.FAILED), ("éàüö", OutcomeKind.PASSED), ("👍🏽👍🏽👍🏽", OutcomeKind.FAILED),
        ("山田", OutcomeKind.PASSED), ("王", OutcomeKind.FAILED), ("김철", OutcomeKind.PASSED), ("１２３", OutcomeKind.FAILED),
    ],
)  # fmt: skip
def test_exactly_four_characters_are_not_short(value, kind):
    assert outcome(MultipleShortValues, short(3, value)).kind is kind


@pytest.mark.parametrize("value", ["", "   ", "Yes", "NO", "1", "n/a"])
def test_empty_fields_and_what_a_form_offers_to_choose_are_not_counted(value):
    assert outcome(MultipleShortValues, short(9, value)).kind is OutcomeKind.PASSED


@pytest.mark.parametrize(
    "name", ["title", "jobTitle", "country", "state", "preferred_language", "numberOfEmployees", "company_size", "age"]
)
def test_fields_that_are_short_by_nature_are_left_out_until_they_are_named(name):
    captured = {**short(2), name: "CEO"}
    assert outcome(MultipleShortValues, captured).kind is OutcomeKind.PASSED
    assert outcome(MultipleShortValues, captured, fields_to_read=["field0", "field1", name]).kind is OutcomeKind.FAILED


def test_both_figures_can_be_set():
    assert outcome(MultipleShortValues, short(1), count=1).kind is OutcomeKind.FAILED
    assert outcome(MultipleShortValues, short(4), count=5).kind is OutcomeKind.PASSED
    assert outcome(MultipleShortValues, short(3), shorter_than=3).kind is OutcomeKind.PASSED
    assert outcome(MultipleShortValues, short(3, "abcd"), shorter_than=5).kind is OutcomeKind.FAILED


def test_the_reason_names_the_fields_and_not_the_values():
    found = outcome(MultipleShortValues, {"company": "Acme Ltd", **short(3, "xq")})
    assert found.reason == "3 fields have fewer than 4 characters: field0, field1, field2"
    assert (found.field, found.value) == ("field0", "xq")


@in_no_time
def test_a_very_long_value_is_measured_in_no_time():
    assert outcome(MultipleShortValues, short(3, "é\u0316\u0301" * (VERY_LONG // 6))).kind is OutcomeKind.PASSED
