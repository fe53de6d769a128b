"""Required Value Check."""

import pytest

from processr.job_types.outcomes import OutcomeKind
from processr.jobs.quality.required_value import RequiredValues, RequiredValuesSettings
from tests.processr.jobs.asking import outcome

COUNTRY = {"field": "country", "values": ["GB", "IE"]}
SIZE = {"field": "size", "values": ["11-50"]}


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("GB", OutcomeKind.PASSED), ("IE", OutcomeKind.PASSED), ("gb", OutcomeKind.PASSED), ("  Ie ", OutcomeKind.PASSED), ("FR", OutcomeKind.FAILED), ("GBR", OutcomeKind.FAILED),
        ("GB;IE", OutcomeKind.FAILED), ("", OutcomeKind.FAILED), (" ", OutcomeKind.FAILED),
    ],
)  # fmt: skip
def test_a_field_has_one_of_its_values_whatever_case_and_spaces(value, kind):
    assert outcome(RequiredValues, {"country": value}, required=[COUNTRY]).kind is kind


def test_upper_and_lower_case_can_differ():
    asked = {"required": [COUNTRY], "match_case": True}
    assert outcome(RequiredValues, {"country": " GB "}, **asked).kind is OutcomeKind.PASSED
    assert outcome(RequiredValues, {"country": "gb"}, **asked).kind is OutcomeKind.FAILED


def test_case_is_folded_as_languages_do_it():
    assert (
        outcome(RequiredValues, {"street": "Hauptstrasse"}, required=[{"field": "street", "values": ["HauptSTRAßE"]}]).kind
        is OutcomeKind.PASSED
    )


def test_every_row_must_hold():
    asked = {"required": [COUNTRY, SIZE]}
    assert outcome(RequiredValues, {"country": "GB", "size": "11-50"}, **asked).kind is OutcomeKind.PASSED
    found = outcome(RequiredValues, {"country": "GB", "size": "1-10"}, **asked)
    assert (found.kind, found.field, found.value) == (OutcomeKind.FAILED, "size", "1-10")
    assert found.reason == "size must be 11-50"


def test_a_field_that_was_not_sent_has_no_value():
    found = outcome(RequiredValues, {}, required=[COUNTRY])
    assert (found.reason, found.value) == ("country is empty: it must be GB or IE", "")


def test_of_many_values_ten_are_told():
    many = {"field": "code", "values": [f"v{n}" for n in range(12)]}
    assert (
        outcome(RequiredValues, {}, required=[many]).reason == "code is empty: it must be v0, v1, v2, v3, v4, v5, v6, v7, v8, v9 or 2 more"
    )


def test_values_are_split_by_semicolons_and_may_hold_commas():
    form = RequiredValuesSettings({"required": [{"field": "company", "values": "Acme, Inc.; Bolt & Co ;;Acme, Inc."}]})
    assert form.is_valid()
    assert form.cleaned_data["required"] == [{"field": "company", "values": ["Acme, Inc.", "Bolt & Co"]}]


def test_as_the_page_sends_it_it_is_the_same():
    form = RequiredValuesSettings({"required-0-field": "country", "required-0-values": "GB; IE", "match_case": "on"})
    assert form.is_valid()
    assert form.cleaned_data == {"required": [COUNTRY], "match_case": True}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "This field is required."), ([{"field": "country", "values": " ; "}], "Row 1, Values: This field is required."),
        ([COUNTRY, {"values": "x"}], "Row 2, field: This field is required."), ("GB", "Give a list of rows."),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused(rows, message):
    form = RequiredValuesSettings({"required": rows})
    assert form.errors["required"] == [message]
