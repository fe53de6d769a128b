"""Repeated Character Check (1007)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processr.job_types.outcomes import OutcomeKind
from processr.jobs.quality.repeated_character import RepeatedCharacter
from tests.processr.jobs.asking import LEADS, NAMES, VERY_LONG, answers, in_no_time, outcome

E_WITH_A_MARK = "e\u0301"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("aaa", OutcomeKind.FAILED), ("Jooohn", OutcomeKind.FAILED), ("AaAron", OutcomeKind.FAILED), ("zzzzzz", OutcomeKind.FAILED), ("Acme...", OutcomeKind.FAILED),
        ("111", OutcomeKind.FAILED), ("!!!", OutcomeKind.FAILED), ("Aaron", OutcomeKind.PASSED), ("Lloyd", OutcomeKind.PASSED), ("a a a", OutcomeKind.PASSED),
        ("John   Smith", OutcomeKind.PASSED), ("", OutcomeKind.PASSED), ("abcabcabc", OutcomeKind.PASSED), ("aabbcc", OutcomeKind.PASSED), ("1212", OutcomeKind.PASSED),
    ],
)  # fmt: skip
def test_the_same_character_three_times_in_a_row_fails_whatever_its_case(value, kind):
    assert outcome(RepeatedCharacter, {"lastName": value}).kind is kind


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("ééé", OutcomeKind.FAILED), (E_WITH_A_MARK * 3, OutcomeKind.FAILED), (E_WITH_A_MARK * 2, OutcomeKind.PASSED), ("e\u0301\u0301\u0301", OutcomeKind.PASSED),
        ("ИИИ", OutcomeKind.FAILED), ("ЖжЖ", OutcomeKind.FAILED), ("Großstadt", OutcomeKind.PASSED), ("😀😀😀", OutcomeKind.FAILED), ("👍🏽👍🏽👍🏽", OutcomeKind.FAILED),
        ("👍👍🏽👍🏿", OutcomeKind.PASSED), ("👨‍👩‍👧👨‍👩‍👧", OutcomeKind.PASSED), ("ههه", OutcomeKind.FAILED), ("محمد", OutcomeKind.PASSED), ("０００", OutcomeKind.FAILED), ("哈哈", OutcomeKind.PASSED),
        ("é\u3000\u3000\u3000é", OutcomeKind.PASSED),
    ],
)  # fmt: skip
def test_a_character_is_what_people_see_as_one(value, kind):
    assert outcome(RepeatedCharacter, {"lastName": value}).kind is kind


@pytest.mark.parametrize("value", ["Smith III", "Butt iii", "Henry VIII", "Louis XVIII of France", "Gagné III"])
def test_roman_numbers_are_names(value):
    assert outcome(RepeatedCharacter, {"lastName": value}).kind is OutcomeKind.PASSED


@pytest.mark.parametrize("value", ["iiii", "Smithiii", "iii aaa", "Gagnéiii"])
def test_they_are_allowed_as_whole_words_only(value):
    assert outcome(RepeatedCharacter, {"lastName": value}).kind is OutcomeKind.FAILED


def test_other_words_can_be_allowed():
    assert outcome(RepeatedCharacter, {"company": "The AAA Club"}).kind is OutcomeKind.FAILED
    assert outcome(RepeatedCharacter, {"company": "The AAA Club"}, allowed_words=["aaa"]).kind is OutcomeKind.PASSED


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("website", "http://www.example.com"), ("email", "john1000@example.com"), ("telephone", "+44 20 7946 0000"), ("mobilePhone", "0777 000"),
        ("postcode", "10001"), ("zip", "90001-5555"), ("addressLine1", "1000 High Street"), ("numberOfEmployees", "1000-5000"),
    ],
)  # fmt: skip
def test_fields_in_which_repeats_are_ordinary_are_left_out_until_they_are_named(name, value):
    assert outcome(RepeatedCharacter, {name: value}).kind is OutcomeKind.PASSED
    found = outcome(RepeatedCharacter, {name: value}, fields_to_read=[name])
    assert (found.kind, found.field, found.value) == (OutcomeKind.FAILED, name, value)


def test_fields_can_be_left_out_by_name_and_by_pattern():
    captured = {"favouriteColour": "greeeen", "city": "Paris"}
    assert outcome(RepeatedCharacter, captured).kind is OutcomeKind.FAILED
    for left_out in ("favouriteColour", "favourite_colour", "*colour", "fav*", "*v*c*r"):
        assert outcome(RepeatedCharacter, captured, fields_to_leave_out=[left_out]).kind is OutcomeKind.PASSED, left_out
    for other in ("colour", "*colours", "x*", "favouriteColour*r", "*c*v*"):
        assert outcome(RepeatedCharacter, captured, fields_to_leave_out=[other]).kind is OutcomeKind.FAILED, other


def test_how_often_can_be_set_and_is_told_without_the_value():
    assert outcome(RepeatedCharacter, {"city": "aaa"}, times=4).kind is OutcomeKind.PASSED
    found = outcome(RepeatedCharacter, {"city": "Aaaalen"}, times=4)
    assert (found.kind, found.reason) == (OutcomeKind.FAILED, "city has the same character 4 or more times in a row")
    assert outcome(RepeatedCharacter, {"city": "éé"}, times=2).kind is OutcomeKind.FAILED


@given(captured=LEADS, named=NAMES, left_out=NAMES, allowed=NAMES, times=st.integers(2, 5))
def test_whatever_is_sent_it_answers_and_answers_the_same_again(captured, named, left_out, allowed, times):
    config = {"fields_to_read": named, "fields_to_leave_out": left_out, "allowed_words": allowed, "times": times}
    answers(RepeatedCharacter, captured, config)


@in_no_time
@pytest.mark.parametrize(
    "value", ["ab" * VERY_LONG, "é" + "ab" * VERY_LONG, "é" + "\u0301" * VERY_LONG, ("a" * 99 + "b") * (VERY_LONG // 100)]
)
def test_a_very_long_value_is_judged_in_no_time(value):
    assert outcome(RepeatedCharacter, {"company": value}, times=100).kind is OutcomeKind.PASSED
