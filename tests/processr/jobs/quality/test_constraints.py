"""Constraints Check."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processr.job_types.outcomes import OutcomeKind
from processr.jobs.quality.constraints import Constraints, ConstraintsSettings
from processr.jobs.text.constraints import CONSTRAINTS
from tests.processr.jobs.asking import TEXT, VERY_LONG, in_no_time, outcome

GOOD = {
    "number": ["0", "1250", "12.5", "-3", "+4", ".5", "5."],
    "whole_number": ["0", "1250", "-3", "+4", "007"],
    "digits": ["0", "001250"],
    "letters": ["Anna", "New York", "Łódź", "José", "Jose\u0301", "山田", "हिन्दी", "محمد", "New York", "می‌خواهم", "東京　都"],
    "name": [
        "Anne-Marie O'Neil",
        "Martin L. King",
        "D’Arcy",
        "José",
        "Jean‐Luc",
        "Jean‑Luc",
        "بی‌تا",
        "בן־גוריון",
        "Gal·la",
        "マイケル・ジャクソン",
        "ﾏｲｹﾙ･ｼﾞｬｸｿﾝ",
        "Anna Maria",
        "山田　太郎",
        "Oʼneil",
        "O´Neil",
        "Nguyễn Thị",
        "ශ්‍රී",
        "Élise",
        "Mac Donald",
        "Saʿid",
        "‏משה",
        "Ana–María",
    ],
    "letters_and_digits": ["Unit 12b", "abc", "123", "Straße 4", "Unit 12b"],
    "date": ["2026-01-31", "31/01/2026", "01/31/2026", "31.1.2026", "1-2-2026", "2026/1/31", "29.02.2024"],
    "day": ["2026-01-31", "2024-02-29"],
    "email": ["jo@example.com", "Jo.Ng+x@mail.example.co.uk"],
    "url": [
        "https://example.com",
        "http://example.com/a?b=c#d",
        "www.example.com",
        "example.com/page",
        "HTTPS://EXAMPLE.COM",
        "example.com:8080",
    ],
    "telephone": [
        "+44 20 7946 0958",
        "020 7946 0958",
        "(212) 555-0100",
        "123456",
        "123456789012345",
        "٠٢٠٧٩٤٦٠٩٥٨",
        "+44 20 7946 0958 ext 12",
    ],
    "country_code": ["GB", "gb", "US", "AQ"],
    "country": ["GB", "United Kingdom", "uk", "deutschland"][:3],
    "language": ["en", "EN", "en-GB", "pt_BR", "zh-Hant-TW", "es-419", "deu"[:2]],
    "ip": ["203.0.113.7", "2001:db8::1"],
}
BAD = {
    "number": ["", "x", "1,250", "1.2.3", "1e5", "--1", "٣", "1 000", "."],
    "whole_number": ["1.0", "1 2", "x", "٣"],
    "digits": ["-1", "1.0", "1 2", "٣"],
    "letters": ["Anna1", "Anne-Marie", "a_b", "   ", "😀", "a\x00", "."],
    "name": ["Anna1", "a_b", "-", "'", "J@ne", "·", "・", "A/B", "Jo™", "ab", "Ann*"],
    "letters_and_digits": ["a-b", "a_b", "!", "😀"],
    "date": [
        "2026-02-30",
        "31/31/2026",
        "2025-02-29",
        "2026-13-13",
        "31/01/26",
        "2026-01/31",
        "20260131",
        "yesterday",
        "0000-01-01",
        "٢٠٢٦-٠١-٣١",
    ],
    "day": ["31/01/2026", "2026-1-31", "2026-02-30", "2025-02-29", "2026-01-31T00:00"],
    "email": ["jo", "jo@", "@example.com", "jo@example", "jo ng@example.com", "a@b@example.com"],
    "url": ["example", "ftp://example.com", "javascript:alert(1)", "https://", "exam ple.com", "//example.com", "mailto:jo@example.com"],
    "telephone": ["12345", "1234567890123456", "call me", "+", "4.47912E+11", "020x7946", "+44 20 7946", "+999 504 621 8927"],
    "country_code": ["UK", "XX", "GBR", "G", "AC", "EU"],
    "country": ["Mordor", "XX"],
    "language": ["English", "xx", "en-XX", "e", "en--GB", "en-"],
    "ip": ["203.0.113", "203.0.113.256", "::g", "localhost"],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in GOOD.items() for value in values])
def test_what_a_value_should_be_it_is(key, value):
    assert outcome(Constraints, {"x": f"  {value} "}, constraints=[{"field": "x", "constraint": key}]).kind is OutcomeKind.PASSED


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in BAD.items() for value in values if value.strip()])
def test_what_a_value_should_be_it_is_not(key, value):
    found = outcome(Constraints, {"x": value}, constraints=[{"field": "x", "constraint": key}])
    constraint = CONSTRAINTS[key]
    assert found.kind is OutcomeKind.FAILED
    assert found.reason == f"x is not {constraint.label}: write it like {constraint.example}"
    assert (found.field, found.value) == ("x", value.strip())


def test_every_constraint_has_cases_and_an_example_that_holds():
    assert set(GOOD) == set(BAD) == set(CONSTRAINTS)
    for constraint in CONSTRAINTS.values():
        assert all(constraint.holds(example) for example in constraint.example.split(" or ")), constraint


def test_every_row_must_hold_and_the_first_that_does_not_is_told():
    rows = [{"field": "age", "constraint": "whole_number"}, {"field": "born", "constraint": "day"}]
    assert outcome(Constraints, {"age": "41", "born": "1984-05-06"}, constraints=rows).kind is OutcomeKind.PASSED
    assert outcome(Constraints, {"age": "41", "born": "6 May"}, constraints=rows).field == "born"


def test_empty_fields_are_left_to_other_jobs_and_nothing_but_empty_ones_is_nothing_to_check():
    rows = [{"field": "age", "constraint": "whole_number"}, {"field": "born", "constraint": "day"}]
    assert outcome(Constraints, {"age": " ", "born": "1984-05-06"}, constraints=rows).kind is OutcomeKind.PASSED
    assert outcome(Constraints, {"age": " "}, constraints=rows).kind is OutcomeKind.SKIPPED


@pytest.mark.parametrize("rows", [[], [{"field": "x", "constraint": "lovely"}], [{"constraint": "number", "field": ""}], [{"field": "x"}]])
def test_what_cannot_work_is_refused(rows):
    assert list(ConstraintsSettings({"constraints": rows}).errors) == ["constraints"]


@given(key=st.sampled_from(sorted(CONSTRAINTS)), value=TEXT.filter(str.strip))
def test_no_constraint_stumbles_over_what_is_sent(key, value):
    assert CONSTRAINTS[key].holds(value.strip()) in (True, False)


@in_no_time
@pytest.mark.parametrize("key", sorted(CONSTRAINTS))
@pytest.mark.parametrize(
    "value", ["1" * VERY_LONG, "a." * VERY_LONG, "a-" * VERY_LONG, "1/" * VERY_LONG, "a@" * VERY_LONG, "é" * VERY_LONG]
)
def test_a_very_long_value_is_judged_in_no_time(key, value):
    assert CONSTRAINTS[key].holds(value) in (True, False)
