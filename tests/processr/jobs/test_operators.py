"""The eight comparisons of conditional jobs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processr.jobs.text.operators import LABELS, Operator, describe_demand, describe_fact, holds, number_of
from tests.processr.jobs.asking import TEXT

ARABIC_FIVE, FULL_WIDTH_FIVE = "٥", "５"


@pytest.mark.parametrize(
    ("operator", "value", "values", "answer"),
    [
        ("STARTSWITH", "London", ["Lon"], True), ("STARTSWITH", "London", ["lon"], True), ("STARTSWITH", "London", ["x", "Lon"], True),
        ("STARTSWITH", " London", ["Lon"], True), ("STARTSWITH", "Lo", ["Lon"], False), ("STARTSWITH", "", ["Lon"], False),
        ("ENDSWITH", "London", ["don"], True), ("ENDSWITH", "London ", ["don"], True), ("ENDSWITH", "London", ["DON"], True),
        ("ENDSWITH", "London", ["x", "on"], True), ("ENDSWITH", "", ["on"], False),
        ("CONTAINS", "London", ["ndo"], True), ("CONTAINS", "London", ["NDO"], True), ("CONTAINS", "London", ["London"], True),
        ("CONTAINS", "London", ["x", "ond"], True), ("CONTAINS", "Lon", ["London"], False), ("CONTAINS", "", ["x"], False),
        ("EXISTS", "UK", ["IE", "UK"], True), ("EXISTS", "uk", ["IE", "UK"], True), ("EXISTS", "U", ["UK"], False),
        ("EXISTS", "UKR", ["UK"], False), ("EXISTS", " UK ", ["UK"], True), ("EXISTS", "UK", [" UK"], True), ("EXISTS", "", ["UK"], False),
        ("EXISTS", "5", ["5.0"], False),
        ("EQUAL", "UK", ["UK"], True), ("EQUAL", "uk", ["UK"], True), ("EQUAL", "UK", ["IE", "UK"], True), ("EQUAL", "", ["UK"], False),
        ("EQUAL", "5", ["5"], True), ("EQUAL", "5.0", ["5"], True), ("EQUAL", "05", ["5"], True), ("EQUAL", " 5 ", ["5"], True),
        ("EQUAL", "1e3", ["1000"], True), ("EQUAL", "1E+3", ["1000"], True), ("EQUAL", "1,000", ["1000"], False),
        ("EQUAL", "-0", ["0"], True), ("EQUAL", "5 ", ["5 pounds"], False), ("EQUAL", "5 pounds", ["5"], False),
        ("EQUAL", ARABIC_FIVE, ["5"], False), ("EQUAL", FULL_WIDTH_FIVE, ["5"], False), ("EQUAL", ARABIC_FIVE, [ARABIC_FIVE], True),
        ("EQUAL", "0.1000000000000000055511151231257827", ["0.1"], False), ("EQUAL", "10000000000000000001", ["10000000000000000000"], False),
        ("EQUAL", "nan", ["nan"], True), ("EQUAL", "0x1F", ["31"], False), ("EQUAL", "1e", ["1e"], True), ("EQUAL", "5", ["abc"], False),
        ("NOTEQUAL", "UK", ["IE"], True), ("NOTEQUAL", "UK", ["UK"], False), ("NOTEQUAL", "UK", ["IE", "UK"], False),
        ("NOTEQUAL", "FR", ["IE", "UK"], True), ("NOTEQUAL", "uk", ["UK"], False), ("NOTEQUAL", "5.0", ["5"], False),
        ("NOTEQUAL", "5.1", ["5"], True), ("NOTEQUAL", "", ["UK"], True), ("NOTEQUAL", " UK", ["UK"], False),
        ("GREATERTHAN", "10", ["9"], True), ("GREATERTHAN", "9", ["10"], False), ("GREATERTHAN", "10", ["10"], False),
        ("GREATERTHAN", "10.0000000000000000000000000001", ["10"], True), ("GREATERTHAN", "-1", ["-2"], True),
        ("GREATERTHAN", "1e3", ["999"], True), ("GREATERTHAN", " 5 ", ["4"], True), ("GREATERTHAN", "abc", ["4"], False),
        ("GREATERTHAN", "", ["-4"], False), ("GREATERTHAN", FULL_WIDTH_FIVE, ["4"], False), ("GREATERTHAN", "7", ["9", "6"], True),
        ("GREATERTHAN", "6", ["9", "6"], False), ("GREATERTHAN", "5 pounds", ["4"], False), ("GREATERTHAN", ".5", ["0.4"], True),
        ("GREATERTHAN", "1e9999", ["1"], True), ("GREATERTHAN", "1e99999", ["1"], False), ("GREATERTHAN", "9" * 100, ["1"], True),
        ("GREATERTHAN", "9" * 101, ["1"], False),
        ("LESSTHAN", "9", ["10"], True), ("LESSTHAN", "10", ["10"], True), ("LESSTHAN", "10.00", ["10"], True),
        ("LESSTHAN", "10.01", ["10"], False), ("LESSTHAN", "9", ["10", "5"], True), ("LESSTHAN", "11", ["10", "5"], False),
        ("LESSTHAN", "abc", ["10"], False), ("LESSTHAN", "", ["10"], False), ("LESSTHAN", "-5.", ["-5"], True),
        ("LESSTHAN", "nan", ["10"], False), ("LESSTHAN", "-inf", ["10"], False),
        ("EXISTS", "L’Oréal\u00a0Paris", ["L'ORÉAL PARIS"], True), ("EQUAL", "Jean‐Luc", ["Jean-Luc"], True), ("NOTEQUAL", "Jean–Luc", ["jean-luc"], False),
        ("STARTSWITH", "O’Neil", ["O'N"], True), ("ENDSWITH", "São\u2003 Paulo", ["sa\u0303o paulo"], True), ("CONTAINS", "à l’Étage", ["L'ÉTAGE"], True),
        ("EXISTS", "\u200fשלום", ["שלום"], True), ("EQUAL", "Straße", ["STRASSE"], True), ("EXISTS", "e\u0301te\u0301", ["ÉTÉ"], True), ("EXISTS", "İzmir", ["izmir"], True),
        ("EXISTS", "Cafe", ["Café"], False), ("EXISTS", "が", ["か"], False), ("EXISTS", "\u3164", ["x"], False), ("STARTSWITH", "é", ["e"], False),
        ("EXISTS", "Ac\u00adme", ["acme"], True), ("EQUAL", "−5", ["-5.0"], True), ("GREATERTHAN", "\u200e7\u200e", ["6"], True), ("EXISTS", "can´t say", ["can't say"], True),
    ],
)  # fmt: skip
def test_what_an_operator_says_of_a_value(operator, value, values, answer):
    assert holds(operator, value, values) is answer


@pytest.mark.parametrize("operator", list(Operator))
def test_without_values_nothing_holds_but_that_it_is_not_one_of_them(operator):
    assert holds(operator, "x", []) is (operator is Operator.NOTEQUAL)


def test_there_are_eight_and_each_is_labelled():
    assert len(LABELS) == len(Operator) == 8


@pytest.mark.parametrize(
    ("operator", "values", "rule", "reason"),
    [
        ("EXISTS", ["UK", "IE"], "country is one of UK, IE", "country must be one of UK, IE"),
        ("EXISTS", ["UK"], "country is UK", "country must be UK"),
        ("STARTSWITH", ["U", "I"], "country starts with one of U, I", "country must start with one of U, I"),
        ("ENDSWITH", ["K"], "country ends with K", "country must end with K"),
        ("CONTAINS", ["land"], "country contains land", "country must contain land"),
        ("EQUAL", ["5"], "country equals 5", "country must equal 5"),
        ("NOTEQUAL", ["UK"], "country is anything but UK", "country must be anything but UK"),
        ("NOTEQUAL", ["UK", "IE"], "country is none of UK, IE", "country must be none of UK, IE"),
        ("GREATERTHAN", ["9", "1e1", "7"], "country is more than 7", "country must be more than 7"),
        ("LESSTHAN", ["9", "1e1", "7"], "country is at most 1e1", "country must be at most 1e1"),
    ],
)
def test_it_is_told_as_a_rule_and_as_a_reason(operator, values, rule, reason):
    assert (describe_fact("country", operator, values), describe_demand("country", operator, values)) == (rule, reason)


def test_of_many_and_of_long_values_as_much_is_told_as_a_person_reads():
    many = [f"v{n}" for n in range(12)]
    assert describe_fact("code", "EXISTS", many) == "code is one of v0, v1, v2, v3, v4, v5, v6, v7, v8, v9 and 2 more"
    assert describe_fact("code", "EXISTS", ["x" * 200]) == f"code is {'x' * 79}…"


@given(operator=st.sampled_from(list(Operator)), value=TEXT, values=st.lists(TEXT, max_size=4))
def test_whatever_is_compared_there_is_an_answer_and_it_is_told(operator, value, values):
    answer = holds(operator, value, values)
    assert answer in (True, False)
    assert holds(operator, f" {value}\t", [f" {one} " for one in values]) is answer
    assert describe_fact("x", operator, values)
    assert describe_demand("x", operator, values)


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-1000, max_value=1000)


@given(one=NUMBERS, other=NUMBERS)
def test_numbers_are_compared_as_numbers(one, other):
    a, b = str(one), f"{other:+f}"
    assert holds("GREATERTHAN", a, [b]) is (one > other)
    assert holds("LESSTHAN", a, [b]) is (one <= other)
    assert holds("EQUAL", a, [b]) is (one == other)
    assert holds("NOTEQUAL", a, [b]) is (one != other)


@given(values=st.lists(TEXT, min_size=1, max_size=4), value=TEXT)
def test_several_values_are_as_many_conditions_of_which_any_is_enough(values, value):
    for operator in set(Operator) - {Operator.NOTEQUAL}:
        assert holds(operator, value, values) is any(holds(operator, value, [one]) for one in values)
    assert holds("NOTEQUAL", value, values) is all(holds("NOTEQUAL", value, [one]) for one in values)


@pytest.mark.parametrize("text", ["", ".", "+", "1e", "1e99999", "1_000", "0x1F", "١٢٣", "1 000", "--1", "1e1.5", "Infinity", "½", "²"])
def test_what_is_no_number(text):
    assert number_of(text) is None
