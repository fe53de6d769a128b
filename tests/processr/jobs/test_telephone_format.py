"""Telephone Format Check."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processr.job_types.outcomes import OutcomeKind
from processr.jobs.contact.regions import region_of
from processr.jobs.quality.telephone_format import TelephoneFormat
from tests.processr.jobs.asking import LEADS, NAMES, TEXT, VERY_LONG, answers, in_no_time, outcome


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


@pytest.mark.parametrize(
    ("country", "region"),
    [
        ("GB", "GB"), (" gb ", "GB"), ("UK", "GB"), ("U.K.", "GB"), ("united kingdom", "GB"), ("England", "GB"), ("Germany", "DE"), ("DE", "DE"),
        ("United States", "US"), ("USA", "US"), ("The Netherlands", "NL"), ("Niger", "NE"), ("Nigeria", "NG"), ("Hong Kong", "HK"), ("T\u00fcrkiye", "TR"), ("Turkey", "TR"), ("Cote d'Ivoire", "CI"),
        ("Bosnia and Herzegovina", "BA"), ("Myanmar", "MM"), ("", None), ("Mordor", None),
    ],
)  # fmt: skip
def test_countries_are_known_by_code_and_name(country, region):
    assert region_of(country) == region


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
