"""Repeated Character Check (1007)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processr.job_types.outcomes import Kind
from processr.jobs.quality.repeated_character import RepeatedCharacter
from tests.processr.jobs.asking import LEADS, MEGABYTE, NAMES, answers, outcome

E_WITH_A_MARK = "e\u0301"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("aaa", Kind.FAILED), ("Jooohn", Kind.FAILED), ("AaAron", Kind.FAILED), ("zzzzzz", Kind.FAILED), ("Acme...", Kind.FAILED),
        ("111", Kind.FAILED), ("!!!", Kind.FAILED), ("Aaron", Kind.PASSED), ("Lloyd", Kind.PASSED), ("a a a", Kind.PASSED),
        ("John   Smith", Kind.PASSED), ("", Kind.PASSED), ("abcabcabc", Kind.PASSED), ("aabbcc", Kind.PASSED), ("1212", Kind.PASSED),
    ],
)  # fmt: skip
def test_the_same_character_three_times_in_a_row_fails_whatever_its_case(value, kind):
    assert outcome(RepeatedCharacter, {"lastName": value}).kind is kind


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("ééé", Kind.FAILED), (E_WITH_A_MARK * 3, Kind.FAILED), (E_WITH_A_MARK * 2, Kind.PASSED), ("e\u0301\u0301\u0301", Kind.PASSED),
        ("ИИИ", Kind.FAILED), ("ЖжЖ", Kind.FAILED), ("Großstadt", Kind.PASSED), ("😀😀😀", Kind.FAILED), ("👍🏽👍🏽👍🏽", Kind.FAILED),
        ("👍👍🏽👍🏿", Kind.PASSED), ("👨‍👩‍👧👨‍👩‍👧", Kind.PASSED), ("ههه", Kind.FAILED), ("محمد", Kind.PASSED), ("０００", Kind.FAILED), ("哈哈", Kind.PASSED),
        ("é\u3000\u3000\u3000é", Kind.PASSED),
    ],
)  # fmt: skip
def test_a_character_is_what_people_see_as_one(value, kind):
    assert outcome(RepeatedCharacter, {"lastName": value}).kind is kind


@pytest.mark.parametrize("value", ["Smith III", "Butt iii", "Henry VIII", "Louis XVIII of France", "Gagné III"])
def test_roman_numbers_are_names(value):
    assert outcome(RepeatedCharacter, {"lastName": value}).kind is Kind.PASSED


@pytest.mark.parametrize("value", ["iiii", "Smithiii", "iii aaa", "Gagnéiii"])
def test_they_are_allowed_as_whole_words_only(value):
    assert outcome(RepeatedCharacter, {"lastName": value}).kind is Kind.FAILED


def test_other_words_can_be_allowed():
    assert outcome(RepeatedCharacter, {"company": "The AAA Club"}).kind is Kind.FAILED
    assert outcome(RepeatedCharacter, {"company": "The AAA Club"}, allowed_words=["aaa"]).kind is Kind.PASSED


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("website", "http://www.example.com"), ("email", "john1000@example.com"), ("telephone", "+44 20 7946 0000"), ("mobilePhone", "0777 000"),
        ("postcode", "10001"), ("zip", "90001-5555"), ("addressLine1", "1000 High Street"), ("numberOfEmployees", "1000-5000"),
    ],
)  # fmt: skip
def test_fields_in_which_repeats_are_ordinary_are_left_out_until_they_are_named(name, value):
    assert outcome(RepeatedCharacter, {name: value}).kind is Kind.PASSED
    found = outcome(RepeatedCharacter, {name: value}, fields_to_read=[name])
    assert (found.kind, found.field, found.value) == (Kind.FAILED, name, value)


def test_fields_can_be_left_out_by_name_and_by_pattern():
    captured = {"favouriteColour": "greeeen", "city": "Paris"}
    assert outcome(RepeatedCharacter, captured).kind is Kind.FAILED
    for left_out in ("favouriteColour", "favourite_colour", "*colour", "fav*", "*v*c*r"):
        assert outcome(RepeatedCharacter, captured, fields_to_leave_out=[left_out]).kind is Kind.PASSED, left_out
    for other in ("colour", "*colours", "x*", "favouriteColour*r", "*c*v*"):
        assert outcome(RepeatedCharacter, captured, fields_to_leave_out=[other]).kind is Kind.FAILED, other


def test_how_often_can_be_set_and_is_told_without_the_value():
    assert outcome(RepeatedCharacter, {"city": "aaa"}, times=4).kind is Kind.PASSED
    found = outcome(RepeatedCharacter, {"city": "Aaaalen"}, times=4)
    assert (found.kind, found.reason) == (Kind.FAILED, "The same character comes 4 or more times in a row in city")
    assert outcome(RepeatedCharacter, {"city": "éé"}, times=2).kind is Kind.FAILED


@given(captured=LEADS, named=NAMES, left_out=NAMES, allowed=NAMES, times=st.integers(2, 5))
def test_whatever_is_sent_it_answers_and_answers_the_same_again(captured, named, left_out, allowed, times):
    config = {"fields_to_read": named, "fields_to_leave_out": left_out, "allowed_words": allowed, "times": times}
    answers(RepeatedCharacter, captured, config)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("value", ["ab" * MEGABYTE, "é" + "ab" * MEGABYTE, "é" + "\u0301" * MEGABYTE, ("a" * 99 + "b") * (MEGABYTE // 100)])
def test_a_megabyte_is_judged_in_no_time(value):
    assert outcome(RepeatedCharacter, {"company": value}, times=100).kind is Kind.PASSED
