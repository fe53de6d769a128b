"""Lead Field Not Empty (1109)."""

from dataclasses import replace

import pytest
from hypothesis import given

from processr.job_types.outcomes import OutcomeKind
from processr.jobs.quality.field_not_empty import FieldNotEmpty
from tests.processr.jobs.asking import LEADS, MEGABYTE, NAMES, answers, outcome
from tests.processr.planned import job, lead


@pytest.mark.parametrize(
    ("captured", "kind"),
    [
        ({"company": "Acme", "city": "Leeds"}, OutcomeKind.PASSED), ({"company": "Acme", "city": ""}, OutcomeKind.FAILED), ({"company": "Acme"}, OutcomeKind.FAILED),
        ({"company": " \u200b\u3164", "city": "Leeds"}, OutcomeKind.FAILED), ({"company": "0", "city": "-"}, OutcomeKind.PASSED),
        ({"company": "株", "city": "الرياض"}, OutcomeKind.PASSED), ({"company": "🙂", "city": "０"}, OutcomeKind.PASSED), ({}, OutcomeKind.FAILED),
    ],
)  # fmt: skip
def test_each_of_the_named_fields_must_hold_data(captured, kind):
    assert outcome(FieldNotEmpty, captured, fields_to_read=["company", "city"]).kind is kind


def test_until_others_are_named_it_is_the_email():
    assert outcome(FieldNotEmpty, {"email": "jo@example.com"}).kind is OutcomeKind.PASSED
    assert outcome(FieldNotEmpty, {"email": " ", "company": "Acme"}).kind is OutcomeKind.FAILED


def test_all_that_are_empty_are_told():
    found = outcome(FieldNotEmpty, {"company": "Acme", "city": ""}, fields_to_read=["city", "company", "jobTitle"])
    assert (found.kind, found.field, found.value, found.reason) == (OutcomeKind.FAILED, "city", "", "city and jobTitle are empty")


def test_a_transform_may_fill_a_field():
    filled = replace(lead(q1="yes"), transformed={"segment": "A"})
    assert FieldNotEmpty(job(config={"fields_to_read": ["segment"]})).check(filled).kind is OutcomeKind.PASSED


@given(captured=LEADS, named=NAMES)
def test_whatever_is_sent_it_answers_and_answers_the_same_again(captured, named):
    answers(FieldNotEmpty, captured, {"fields_to_read": named})


@pytest.mark.timeout(10)
def test_a_megabyte_of_nothing_is_judged_in_no_time():
    assert outcome(FieldNotEmpty, {"email": " " * MEGABYTE}).kind is OutcomeKind.FAILED
