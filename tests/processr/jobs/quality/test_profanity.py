"""Profanity Check."""

import pytest

from leads.values.texts import fold_accents
from processr.job_types.outcomes import OutcomeKind
from processr.jobs.quality.profanity import Profanity
from processr.jobs.text.words import word_list
from tests.processr.jobs.asking import VERY_LONG, in_no_time, outcome

SOFT_HYPHEN, JOINER = "\u00ad", "\u200d"


@pytest.mark.parametrize(
    "value",
    [
        "shit", "SHIT", "this is shit.", "shit-show", "holy_shit", "„Scheiße“", "SCHEISSE", "Arschlöcher", "arschlo\u0308cher", "merde alors",
        "encule", "enculé", "¡coño!", "Qué mierda", "gilipollas", "sh1t", "$hit", "sh!t", "5h1t", "a$$hole", "@sshole", "fuck1ng!", "bu11sh1t", "b1tch", "pus5y",
        "ｓｈｉｔ", f"sh{SOFT_HYPHEN}it", f"fu{JOINER}ck",
    ],
)  # fmt: skip
def test_profanities_of_four_languages_are_found_as_whole_words(value):
    assert outcome(Profanity, {"comment": value}).kind is OutcomeKind.FAILED


@pytest.mark.parametrize(
    "value",
    [
        "Scunthorpe", "Penistone", "Cockburn", f"Cock{SOFT_HYPHEN}burn", "Lightwater", "Clitheroe", "Shitake", "analysis", "Essex", "class",
        "assistant", "Arsenal", "Dickinson", "Hancock", "Peacock", "cocktail", "Matsushita", "Putney", "documentation", "Cono Sur", "Mose",
        "A55 2HT", "T1T 5AB", "MD5", "100$", "SH1 7AA", "455455", "", "hit", "shi t",
    ],
)  # fmt: skip
def test_words_that_only_hold_one_are_fine(value):
    assert outcome(Profanity, {"comment": value}).kind is OutcomeKind.PASSED


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("firstName", "Dick"), ("lastName", "Cock"), ("lastName", "Cocks"), ("last_name", "Van Dyke"), ("lastName", "Fick"),
        ("lastName", "Dick-Smith"), ("company", "Dick's Sporting Goods"), ("city", "Dildo"), ("town", "Wank"), ("addressLine1", "1 Cock Lane"),
        ("email", "dick.cocks@example.com"), ("workEmail", "marica@example.com"), ("lastName", "Joder"), ("firstName", "Kike"),
    ],
)  # fmt: skip
def test_names_of_people_and_places_are_fine_where_names_stand(name, value):
    assert outcome(Profanity, {name: value}).kind is OutcomeKind.PASSED
    assert outcome(Profanity, {"comment": value}).kind is OutcomeKind.FAILED


@pytest.mark.parametrize(
    ("name", "value"), [("firstName", "Fuck"), ("lastName", "Sh1t"), ("company", "Arschloch GmbH"), ("email", "fuck.you@x.com")]
)
def test_what_is_nobodys_name_fails_where_names_stand_too(name, value):
    assert outcome(Profanity, {name: value}).kind is OutcomeKind.FAILED


def test_where_names_stand_can_be_set():
    assert outcome(Profanity, {"firstName": "Dick"}, name_fields=[]).kind is OutcomeKind.FAILED
    assert outcome(Profanity, {"contact": "Dick"}, name_fields=["cont*"]).kind is OutcomeKind.PASSED


def test_words_and_phrases_can_be_added():
    asked = {"more_words": ["Blödmann", "ta gueule"]}
    for value in ("blodmann", "so ein Blödmann!", "Ta  Gueule.", "b1odmann"):
        assert outcome(Profanity, {"firstName": value}, **asked).kind is OutcomeKind.FAILED, value
    for value in ("Blödmanns", "ta belle gueule", "gueule ta"):
        assert outcome(Profanity, {"firstName": value}, **asked).kind is OutcomeKind.PASSED, value


@pytest.mark.parametrize("word", ["shit", "SHIT", "Scheiße", "coño", "dick", "mine"])
def test_words_can_be_declared_fine(word):
    assert outcome(Profanity, {"comment": word}, fine_words=[word], more_words=["mine"]).kind is OutcomeKind.PASSED


def test_web_addresses_and_telephones_are_left_out_until_they_are_named():
    captured = {"website": "https://example.com/shit", "phone": "shit"}
    assert outcome(Profanity, captured).kind is OutcomeKind.PASSED
    assert outcome(Profanity, captured, fields_to_read=["website"]).kind is OutcomeKind.FAILED


def test_the_reason_names_the_field_and_does_not_repeat_the_word():
    found = outcome(Profanity, {"firstName": "Jo", "comment": "piss off"})
    assert (found.reason, found.field, found.value) == ("comment contains a profanity", "comment", "piss off")


def test_every_word_of_the_list_is_one_word_is_found_and_stands_there_once():
    bare = [word.lstrip("*=") for word in word_list("profanities")]
    assert len({fold_accents(word) for word in bare}) == len(bare)
    assert [word for word in bare if outcome(Profanity, {"comment": f"({word.upper()})"}).kind is not OutcomeKind.FAILED] == []


@in_no_time
@pytest.mark.parametrize(
    "value", ["a1$" * VERY_LONG, "fuc k " * VERY_LONG, "é\u0316\u0301" * VERY_LONG, "!" * VERY_LONG, "ab1!" * VERY_LONG]
)
def test_a_very_long_value_is_judged_in_no_time(value):
    assert outcome(Profanity, {"comment": value}, more_words=["a b", "fuc"]).kind in (OutcomeKind.PASSED, OutcomeKind.FAILED)
