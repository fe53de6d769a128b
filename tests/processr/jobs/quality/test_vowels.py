"""Vowel Check."""

import pytest

from processr.job_types.outcomes import OutcomeKind
from processr.jobs.quality.vowels import Vowels
from tests.processr.jobs.asking import VERY_LONG, in_no_time, outcome


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("Anna", OutcomeKind.PASSED), ("ANNA", OutcomeKind.PASSED), ("Lynn", OutcomeKind.PASSED), ("Smyth", OutcomeKind.PASSED), ("Bjørn", OutcomeKind.PASSED),
        ("Čírtek", OutcomeKind.PASSED), ("Mr Ng", OutcomeKind.FAILED), ("sdfg", OutcomeKind.FAILED), ("HJKL", OutcomeKind.FAILED), ("Krč", OutcomeKind.FAILED),
        ("qwrt zxcv", OutcomeKind.FAILED), ("123", OutcomeKind.FAILED), ("s.d.f.", OutcomeKind.FAILED), ("", OutcomeKind.PASSED), ("   ", OutcomeKind.PASSED),
        ("１２３", OutcomeKind.FAILED), ("ｓｄｆｇ", OutcomeKind.FAILED),
    ],
)  # fmt: skip
def test_a_word_has_a_vowel_whatever_its_case_and_accents(value, kind):
    assert outcome(Vowels, {"lastName": value}).kind is kind


@pytest.mark.parametrize("value", ["Ng", "JP", "J.P.", "Ž", "12", "-", "?!"])
def test_what_has_fewer_letters_than_three_passes(value):
    assert outcome(Vowels, {"lastName": value}).kind is OutcomeKind.PASSED


def test_from_how_many_letters_can_be_set():
    assert outcome(Vowels, {"lastName": "Ng"}, from_letters=2).kind is OutcomeKind.FAILED
    assert outcome(Vowels, {"lastName": "Krč"}, from_letters=4).kind is OutcomeKind.PASSED


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("Иван", OutcomeKind.PASSED), ("Пётр", OutcomeKind.PASSED), ("кбвг", OutcomeKind.FAILED), ("йцкнг", OutcomeKind.FAILED), ("Ελένη", OutcomeKind.PASSED),
        ("βγδ", OutcomeKind.FAILED), ("Hưng", OutcomeKind.PASSED), ("Işık", OutcomeKind.PASSED),
    ],
)  # fmt: skip
def test_greek_and_cyrillic_have_vowels_too(value, kind):
    assert outcome(Vowels, {"lastName": value}).kind is kind


@pytest.mark.parametrize("value", ["محمد", "שלמה", "山田太", "김철수", "सिंह", "bcd山"])
def test_scripts_whose_vowels_we_do_not_know_pass(value):
    assert outcome(Vowels, {"lastName": value}).kind is OutcomeKind.PASSED


def test_values_can_be_allowed():
    assert outcome(Vowels, {"lastName": "KRČ"}, allowed_words=["Vlk", "Krč"]).kind is OutcomeKind.PASSED
    assert outcome(Vowels, {"lastName": "Krčd"}, allowed_words=["Krč"]).kind is OutcomeKind.FAILED


def test_only_the_named_fields_are_looked_at_and_the_first_bad_one_is_told():
    captured = {"firstName": "Anna", "lastName": "Berg", "company": "xkcd"}
    assert outcome(Vowels, captured).kind is OutcomeKind.PASSED
    found = outcome(Vowels, captured, fields_to_read=["lastName", "company"])
    assert (found.field, found.value) == ("company", "xkcd")
    assert found.reason == "company contains no vowels: send the word as it is written in full"


@in_no_time
@pytest.mark.parametrize("value", ["b" * VERY_LONG, "\u0301\u0316" * VERY_LONG, "b\u0301\u0316" * (VERY_LONG // 2)])
def test_a_very_long_value_is_judged_in_no_time(value):
    assert outcome(Vowels, {"lastName": f"bcd{value}"}).kind is OutcomeKind.FAILED
