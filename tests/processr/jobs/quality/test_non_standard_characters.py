"""Non Standard Character Check (1006)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processr.job_types.outcomes import OutcomeKind
from processr.jobs.quality.non_standard_characters import NonStandardCharacters
from tests.processr.jobs.asking import LEADS, MEGABYTE, NAMES, answers, outcome

SIGNS = r"^$%!}{*#?><=+_\/."


@pytest.mark.parametrize("sign", SIGNS)
def test_each_of_the_seventeen_signs_counts_and_more_than_three_fail(sign):
    assert outcome(NonStandardCharacters, {"company": f"A{sign * 3}cme"}).kind is OutcomeKind.PASSED
    assert outcome(NonStandardCharacters, {"company": f"A{sign * 2}cm{sign * 2}e"}).kind is OutcomeKind.FAILED


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("$%^#", OutcomeKind.FAILED), ("a.b.c.d.", OutcomeKind.FAILED), ("<b>Acme</b>!", OutcomeKind.FAILED), ("S.p.A.", OutcomeKind.PASSED), ("O'Neill-Smith", OutcomeKind.PASSED),
        ("Smith & Sons (UK), Ltd.", OutcomeKind.PASSED), ("&&&&@@@@~~~~((((", OutcomeKind.PASSED), ("", OutcomeKind.PASSED), ("Ünïcödé 株式会社！！！！", OutcomeKind.PASSED),
        ("شركة....", OutcomeKind.FAILED), ("🙂🙂🙂🙂", OutcomeKind.PASSED), ("e\u0301^^^^", OutcomeKind.FAILED),
    ],
)  # fmt: skip
def test_other_signs_letters_and_emoji_are_standard(value, kind):
    assert outcome(NonStandardCharacters, {"company": value}).kind is kind


def test_the_signs_are_counted_field_by_field():
    assert outcome(NonStandardCharacters, {"company": "A...", "city": "B...", "jobTitle": "C..."}).kind is OutcomeKind.PASSED


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("email", "anna.maria.von.berg@mail.example.co.uk"), ("workEmail", "a.b.c.d@example.org"), ("email_address", "a_b_c_d_e@example.org"),
        ("website", "http://www.bentonjohnbjr.com/a?b=c"), ("companyUrl", "https://www.example.co.uk/"), ("telephone", "+1.504.621.8927"),
        ("Work-Phone", "+44.20.7946.0958"), ("comments", "Hello. I would like to know more. Please call. Thanks!"),
    ],
)  # fmt: skip
def test_what_is_made_of_such_signs_is_left_out_until_it_is_named(name, value):
    assert outcome(NonStandardCharacters, {name: value}).kind is OutcomeKind.PASSED
    assert outcome(NonStandardCharacters, {name: value}, fields_to_leave_out=[]).kind is OutcomeKind.FAILED
    found = outcome(NonStandardCharacters, {name: value}, fields_to_read=[name])
    assert (found.kind, found.field, found.value) == (OutcomeKind.FAILED, name, value)


def test_only_the_named_fields_are_looked_at_and_the_reason_names_the_field_without_its_value():
    captured = {"company": "####", "city": "****"}
    found = outcome(NonStandardCharacters, captured, fields_to_read=["absent", "city"])
    assert (found.kind, found.field, found.value, found.reason) == (
        OutcomeKind.FAILED,
        "city",
        "****",
        "city has too many non-standard characters",
    )


def test_how_many_are_allowed_can_be_set():
    assert outcome(NonStandardCharacters, {"company": "Acme!"}, allowed=0).kind is OutcomeKind.FAILED
    assert outcome(NonStandardCharacters, {"company": "A" + "!" * 9}, allowed=9).kind is OutcomeKind.PASSED


@given(captured=LEADS, named=NAMES, left_out=NAMES, allowed=st.integers(0, 5))
def test_whatever_is_sent_it_answers_and_answers_the_same_again(captured, named, left_out, allowed):
    answers(NonStandardCharacters, captured, {"fields_to_read": named, "fields_to_leave_out": left_out, "allowed": allowed})


@pytest.mark.timeout(10)
def test_a_megabyte_is_judged_in_no_time():
    assert outcome(NonStandardCharacters, {"company": "." * MEGABYTE}).kind is OutcomeKind.FAILED
