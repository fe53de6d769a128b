"""Telephone Format Check."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processr.job_types.outcomes import OutcomeKind
from processr.jobs.quality.constraints import Constraints
from processr.jobs.quality.telephone_format import TelephoneFormat
from tests.processr import planned
from tests.processr.jobs.asking import LEADS, NAMES, TEXT, VERY_LONG, answers, in_no_time, outcome
from tests.values.test_telephones import AT_HOME, WITH_COUNTRY_CODE


def fault(number: str, **config) -> str:
    """Empty when it passes."""
    country = config.pop("country", "")
    found = outcome(TelephoneFormat, {"telephone": number, "country": country}, **config)
    assert (found.kind is OutcomeKind.FAILED) == bool(found.reason)
    return found.reason.removeprefix("The number in telephone ")


@pytest.mark.parametrize("empty", [{}, {"telephone": ""}, {"telephone": " \u3000"}])
def test_without_a_telephone_number_the_job_is_not_run(empty):
    found = outcome(TelephoneFormat, empty)
    assert (found.kind, found.reason) == (OutcomeKind.SKIPPED, "The lead has no telephone number")


@pytest.mark.parametrize(
    "number",
    [
        "+44 20 7946 0958", "+44 (0)20 7946 0958", "+442079460958", "0044 20 7946 0958", "+44 7700 900123", "+1 504-621-8927", "+1.504.621.8927",
        "+44 20 7946 0958 ext. 123", "＋４４２０７９４６０９５８", "+٤٤٢٠٧٩٤٦٠٩٥٨", "+376 712 345", "\u200e+44 20 7946 0958",
    ],
)  # fmt: skip
def test_a_number_in_international_form_needs_no_country(number):
    assert fault(number) == ""


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("+44 20 7946", "is too short or too long for its country"), ("+44 20 7946 0958 0958 09", "is too short or too long for its country"),
        ("+999 504 621 8927", "is no telephone number"), ("+44 12", "has fewer than 6 digits"), ("+44 7000000123", "repeats one digit"),
        ("+44 7123456789", "counts up or down"), ("+1 987 654 3210", "counts up or down"), ("0000000000", "repeats one digit"),
        ("1234567890", "counts up or down"), ("１２３４５６７", "counts up or down"), ("12345", "has fewer than 6 digits"),
        ("+", "has fewer than 6 digits"), ("n/a", "has fewer than 6 digits"), ("call me", "has fewer than 6 digits"),
        ("+44" + "5" * 300, "repeats one digit"),
    ],
)  # fmt: skip
def test_numbers_nobody_can_be_called_at_fail_with_what_is_wrong(number, reason):
    assert fault(number) == reason


@pytest.mark.parametrize(
    ("number", "country", "reason"),
    [
        ("020 7946 0958", "GB", ""), ("020 7946 0958", "United Kingdom", ""), ("020 7946 0958", "uk", ""), ("504-621-8927", "US", ""),
        ("504-621-8927", "U.S.A.", ""), ("504-621-8927", "Andorra", "is too short or too long for its country"),
        ("621-8927 504 1 22", "US", "is too short or too long for its country"), ("+44 20 7946 0958", "US", ""), ("0044 20 7946 0958", "US", ""),
        ("504-621-8927", "Atlantis", ""), ("0491 570 006", "AU", ""), ("06 98 15 27 34", "France", ""),
        ("621-8927", "US", "is too short or too long for its country"), ("phone me", "GB", "has fewer than 6 digits"),
    ],
)  # fmt: skip
def test_other_numbers_are_read_as_those_of_the_leads_country(number, country, reason):
    assert fault(number, country=country) == reason


def test_the_configured_country_is_for_leads_that_name_none():
    short = "is too short or too long for its country"
    assert fault("0698 152 734", region="AD") == short
    assert fault("0698 152 734", region="AD", country="FR") == ""
    assert fault("0698 152 734", region="AD", country="FR", country_field="") == short
    found = outcome(TelephoneFormat, {"telephone": "0698 152 734", "land": "France"}, region="AD", country_field="land")
    assert found.kind is OutcomeKind.PASSED


def test_a_stricter_job_asks_for_a_range_its_country_has_given_out():
    never_given_out = "+44 7700 900123"
    assert fault(never_given_out) == ""
    assert fault(never_given_out, must_be="valid") == "is not one its country has given out"
    assert fault("+44 20 7946 0958", must_be="valid") == ""


def test_a_laxer_one_looks_at_the_digits_only():
    assert fault("+999 504 621 8927", must_be="any") == ""
    assert fault("+44 20 7946", must_be="any") == ""
    assert fault("+44 7000000123", must_be="any") == "repeats one digit"


def test_how_many_digits_are_too_few_too_equal_or_in_a_row_can_be_set():
    assert fault("504-621-8927", minimum_digits=11) == "has fewer than 11 digits"
    assert fault("504-222-8927", repeated_digits=3) == "repeats one digit"
    assert fault("504-123-8927", sequential_digits=3) == "counts up or down"
    assert fault("504-321-8927", sequential_digits=3) == "counts up or down"
    assert fault("5 7890", minimum_digits=0, sequential_digits=4) == "counts up or down"


def test_each_filled_one_of_several_fields_is_checked():
    asked = {"fields_to_read": ["telephone", "mobile"]}
    assert outcome(TelephoneFormat, {"mobile": "+44 20 7946 0958"}, **asked).kind is OutcomeKind.PASSED
    found = outcome(TelephoneFormat, {"telephone": "+44 20 7946 0958", "mobile": "12"}, **asked)
    assert (found.field, found.value, found.reason) == ("mobile", "12", "The number in mobile has fewer than 6 digits")


def test_a_country_that_is_named_and_not_known_is_not_the_configured_one():
    short = "is too short or too long for its country"
    assert fault("0698 152 734", region="AD", country="") == short
    for country in ("Atlantis", "Mordor", "n/a", "Utopía", "XX"):
        assert fault("0698 152 734", region="AD", country=country) == ""
        assert fault("+376 0698 152 734", region="FR", country=country) == short


def test_a_number_that_a_spreadsheet_has_shortened_fails_with_that_reason():
    for must_be in ("any", "possible", "valid"):
        for number in ("4.47912E+11", "4,47912E+11", "'4.47912e11"):
            assert fault(number, must_be=must_be, country="GB") == "was shortened by a spreadsheet, so its last digits are lost"


def test_zero_switches_the_rules_about_digits_off():
    repeated, sequential = "504-777-7777", "504-123-4567"
    assert (fault(repeated), fault(sequential)) == ("repeats one digit", "counts up or down")
    assert fault(repeated, repeated_digits=0) == ""
    assert fault(sequential, sequential_digits=0) == ""
    assert fault(repeated, sequential_digits=0) == "repeats one digit"
    assert fault(sequential, repeated_digits=0) == "counts up or down"
    rule = TelephoneFormat(
        planned.job(type="telephone_format", config={"repeated_digits": 0, "sequential_digits": 0, "must_be": "any"})
    ).rule()
    assert rule == "The field telephone has a number of at least 6 digits"


def test_constraints_and_this_check_take_the_same_numbers():
    for number in (*WITH_COUNTRY_CODE, *AT_HOME):
        assert (fault(number, country="GB"), constrained(number, "GB")) == ("", OutcomeKind.PASSED), number


@given(number=TEXT | st.text("+0123456789 ()-x.#", max_size=24), country=st.sampled_from(["", "GB", "US", "IT", "Atlantis"]))
def test_on_any_text_they_agree(number, country):
    """Telephone Format has rules of its own for improbable digits; Constraints leaves out the empty value too."""
    found = outcome(TelephoneFormat, {"telephone": number, "country": country}, repeated_digits=0, sequential_digits=0)
    assert found.kind is constrained(number, country)


def constrained(number: str, country: str) -> OutcomeKind:
    rows = [{"field": "telephone", "constraint": "telephone"}]
    return outcome(Constraints, {"telephone": number, "country": country}, constraints=rows).kind


@given(
    captured=LEADS,
    named=NAMES,
    must_be=st.sampled_from(["any", "possible", "valid"]),
    region=st.sampled_from(["", "GB", "US", "IT", "XX"]),
    number=TEXT,
    prefix=st.sampled_from(["", "+", "00", "+44", "(0", "tel:"]),
)
def test_whatever_is_sent_it_answers_and_answers_the_same_again(captured, named, must_be, region, number, prefix):
    config = {"fields_to_read": [*named, "telephone"], "must_be": must_be, "region": region}
    answers(TelephoneFormat, {**captured, "telephone": prefix + number}, config)


@in_no_time
@pytest.mark.parametrize(
    "value", ["2" * VERY_LONG, "+44 " * VERY_LONG, "+1" + "(" * VERY_LONG, "+44 20 ext " * VERY_LONG, "135" * VERY_LONG]
)
def test_a_very_long_value_is_judged_in_no_time(value):
    assert outcome(TelephoneFormat, {"telephone": value}, region="US").kind is OutcomeKind.FAILED
