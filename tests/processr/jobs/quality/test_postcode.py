"""Postcode Check."""

import pytest

from processr.job_types.outcomes import OutcomeKind
from processr.jobs.contact.postcodes import AREAS
from processr.jobs.quality.postcode import Postcode
from tests.processr.jobs.asking import MEGABYTE, outcome

BRITISH = [
    "SW1A 1AA", "sw1a 1aa", "SW1A1AA", " sw1 a1a A ", "M1 1AE", "M60 1NW", "B33 8TH", "CR2 6XH", "DN55 1PT", "W1A 0AX", "EC1A 1BB", "E1W 1LF",
    "N1C 4AG", "SE1P 5LX", "NW1W 9AB", "W1T 3NL", "WC2N 5DU", "EC4Y 0HQ", "AB10 1AB", "LL11 1AA", "SO14 0YN", "BR1 1AA", "ZE1 0AA", "BS1 4DJ",
    "BS0 1AA", "BS10 5DN", "CR0 1AA", "SS99 1AA", "BX1 1LT", "BT1 5GS", "JE2 3AB", "GY1 1WG", "IM1 1EB", "IM99 1AA", "G1 1XQ", "HS1 2DA",
    "GIR 0AA", "gir0aa", "BFPO 1", "bfpo57", "BFPO c/o 123", "BFPO 5413", "BF1 3AA", "E20 2ST",
]  # fmt: skip
NOT_BRITISH = [
    "AA1 1AA", "QW1 1AA", "ZZ99 9ZZ", "SW1A 1A", "SW1A 1AAA", "SW1A", "1AA", "SW1A AA1", "SW1A 1CA", "SW1A 1AI", "SW1A 1KA", "SW1A 1AM", "SW1A 1AO",
    "SW1A 1AV", "EC1 1AA", "WC2 1AA", "EC1Z 1AA", "W1I 1AA", "W2A 1AA", "SW2A 1AA", "M1A 1AA", "B1B 1BB", "AB1 1AA", "LL1 1AA", "SO1 1AA",
    "BR10 1AA", "ZE10 1AA", "M0 1AA", "M01 1AA", "BS00 1AA", "LS111 1AA", "GIR 0AB", "GIR 1AA", "BFPO", "BFPO 0", "BFPO 12345", "BF10 1AA",
    "SWIA 1AA", "SW1A OAA", "SW1A-1AA", "12345", "K1A 0B1", "ＳＷ１Ａ １ＡＡ", "SW١A 1AA", "SW1A 1AA London",
]  # fmt: skip
AMERICAN = ["90210", "00501", "99950", "90210-1234", "902101234", " 90210 - 1234 "]
NOT_AMERICAN = ["9021", "902100", "90210-", "90210-123", "00000", "00500", "9021O", "SW1A 1AA", "٩٠٢١٠", "90210–1234", "90210-12345"]
CANADIAN = ["K1A 0B1", "k1a0b1", "H0H 0H0", "V6B 4Y8", "X0E 0T0", " k 1 a 0 b 1 "]
NOT_CANADIAN = ["W1A 0B1", "Z1A 0B1", "D1A 0B1", "K1D 0B1", "K1A 0O1", "K1A 0B", "K1A 0B12", "KIA 0B1", "K1A-0B1", "1K1 A0B", "90210"]


def asked(value: str, country: str):
    return outcome(Postcode, {"postcode": value, "country": country})


@pytest.mark.parametrize(
    ("country", "value"), [*(("GB", v) for v in BRITISH), *(("US", v) for v in AMERICAN), *(("CA", v) for v in CANADIAN)]
)
def test_postcodes_that_can_be(country, value):
    assert asked(value, country).kind is OutcomeKind.PASSED


@pytest.mark.parametrize(
    ("country", "value"), [*(("GB", v) for v in NOT_BRITISH), *(("US", v) for v in NOT_AMERICAN), *(("CA", v) for v in NOT_CANADIAN)]
)
def test_postcodes_that_cannot_be(country, value):
    assert asked(value, country).kind is OutcomeKind.FAILED


def test_there_are_as_many_areas_as_the_royal_mail_has():
    assert len(AREAS) == 126  # 121 of the country, 3 of the islands, BF for the forces and BX for banks


@pytest.mark.parametrize(
    ("country", "value"),
    [
        ("United Kingdom", "SW1A 1AA"),
        ("uk", "SW1A 1AA"),
        ("Jersey", "JE2 3AB"),
        ("USA", "90210"),
        ("Puerto Rico", "00901"),
        ("canada", "K1A 0B1"),
    ],
)
def test_countries_are_known_by_code_and_name(country, value):
    assert asked(value, country).kind is OutcomeKind.PASSED
    assert asked("nonsense", country).kind is OutcomeKind.FAILED


@pytest.mark.parametrize("country", ["DE", "Germany", "Mordor"])
def test_postcodes_of_other_countries_are_not_checked(country):
    assert asked("nonsense", country).kind is OutcomeKind.SKIPPED
    assert outcome(Postcode, {"postcode": "nonsense", "land": country}, country="GB", country_field="land").kind is OutcomeKind.SKIPPED


def test_a_lead_without_a_country_is_of_the_one_that_is_set_or_not_checked():
    for captured in ({"postcode": "90210"}, {"postcode": "90210", "country": " "}):
        assert outcome(Postcode, captured).kind is OutcomeKind.SKIPPED
        assert outcome(Postcode, captured, country="US").kind is OutcomeKind.PASSED
        assert outcome(Postcode, captured, country="GB").kind is OutcomeKind.FAILED
    assert outcome(Postcode, {"postcode": "90210", "country": "US"}, country="GB", country_field="").kind is OutcomeKind.FAILED


def test_it_looks_where_forms_ask_for_postcodes_and_leaves_empty_fields_to_other_jobs():
    assert outcome(Postcode, {"country": "US", "zip": "nonsense"}).field == "zip"
    assert outcome(Postcode, {"country": "US", "zip": "  "}).kind is OutcomeKind.SKIPPED
    assert outcome(Postcode, {"country": "US", "plz": "nonsense"}).kind is OutcomeKind.SKIPPED
    assert outcome(Postcode, {"country": "US", "plz": "nonsense"}, fields_to_read=["plz"]).kind is OutcomeKind.FAILED


@pytest.mark.parametrize(
    ("country", "reason"),
    [
        ("GB", "The postcode in postcode is not written as in the United Kingdom: SW1A 1AA"),
        ("US", "The ZIP code in postcode is not written as in the United States: 90210 or 90210-1234"),
        ("CA", "The postal code in postcode is not written as in Canada: K1A 0B1"),
    ],
)
def test_the_reason_shows_how_it_is_written(country, reason):
    found = asked("nonsense", country)
    assert (found.reason, found.field, found.value) == (reason, "postcode", "nonsense")


@pytest.mark.timeout(30)
@pytest.mark.parametrize("value", ["A" * MEGABYTE, " " * MEGABYTE + "x", "1A" * MEGABYTE])
@pytest.mark.parametrize("country", ["GB", "US", "CA"])
def test_a_megabyte_is_judged_in_no_time(country, value):
    assert asked(value, country).kind is OutcomeKind.FAILED
