"""Values that each type of field takes and refuses."""

from decimal import Decimal

import pytest

from campaigns.submission import Field
from leads.intake import validation
from leads.intake.validation import BLANK, EXTRA_FIELDS, NOT_TEXT, NOTHING_SENT, ONE_VALUE, FieldProblem


def field(kind: str = "text", *, name: str = "x", required: bool = False, max_length: int = 20, options: tuple[str, ...] = ()) -> Field:
    return Field(name, kind, required, max_length, options)


def message(asked: Field, value: object) -> str | None:
    """Return the problem that validation reports for one field."""
    problems = validation.validate([asked, field(name="other")], {asked.name: value, "other": "filled"}).problems
    assert all(problem.field == asked.name for problem in problems)
    return problems[0].message if problems else None


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", "James"), ("textarea", "two\nlines"), ("hidden", "any"),
        ("email", "a.b+c@example.co.uk"), ("email", "José@bücher.example"), ("email", "someone@mail.test"),
        ("telephone", "504-621-8927"), ("telephone", "+44 (0)20 ext 5"), ("telephone", "٠٢"),
        ("number", "0"), ("number", "-12.50"), ("number", "+.5"), ("number", "1e5"), ("number", 7), ("number", Decimal("1.10")),
        ("date", "2024-02-29"),
        ("checkbox", "0"), ("checkbox", "TRUE"), ("optin", True), ("optin", "false"), ("optin", 1),
    ],
)  # fmt: skip
def test_a_value_that_fits_passes(kind, value):
    assert message(field(kind), value) is None


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("email", "nowhere", "valid email address"), ("email", "a@b", "valid email address"), ("email", "a@b@c.de", "valid email address"),
        ("email", "a b@c.de", "valid email address"),
        ("telephone", "none", "no digits"), ("telephone", "4.47912E+11", "a spreadsheet has shortened"),
        ("telephone", "4,47912e11", "a spreadsheet has shortened"), ("telephone", Decimal("4.47912E+11"), "a spreadsheet has shortened"),
        ("number", "1,5", "not a number"), ("number", "0x1F", "not a number"), ("number", "٣", "not a number"),
        ("number", "NaN", "not a number"),
        ("number", "1e9999", "not a number"),
        ("date", "31.01.2026", "2026-01-31"), ("date", "20260131", "2026-01-31"), ("date", "2026-W05-1", "2026-01-31"),
        ("date", "2026-02-30", "does not exist"), ("date", "0000-01-01", "does not exist"), ("date", "٢٠٢٦-01-01", "2026-01-31"),
        ("checkbox", "checked", "yes or on"), ("optin", "maybe", "yes or on"), ("optin", "2", "no or off"),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_explained(kind, value, words):
    assert words in message(field(kind), value)


@pytest.mark.parametrize("kind", ["dropdown", "radio"])
def test_a_choice_is_one_of_its_keys(kind):
    asked = field(kind, options=("it", "hr"))
    assert message(asked, "it") is None
    assert message(asked, "sales") == "The selected choice is invalid. Choose one of: it, hr."
    assert message(field(kind), "it").startswith("The selected choice is invalid")


def captured(asked: Field, value: object) -> str | None:
    """The value that is stored, None where it is refused."""
    result = validation.validate([asked], {asked.name: value})
    return None if result.problems else result.values[asked.name]


SIZES = ("1-10", "11 – 50", "More than 50", "Don't know")
WHERE = ("GB", "DE", "France", "Côte d'Ivoire", "United States")
PARTS = ("England", "Scotland", "Germany")


@pytest.mark.parametrize("kind", ["dropdown", "radio"])
@pytest.mark.parametrize(
    ("name", "options", "value", "option"),
    [
        ("dept", ("IT", "HR"), "it", "IT"), ("dept", ("IT", "HR"), " Hr ", "HR"), ("dept", ("IT", "it"), "it", "it"), ("dept", ("IT", "it"), "It", None),
        ("size", SIZES, "1‐10", "1-10"), ("size", SIZES, "11-50", None), ("size", SIZES, "11 - 50", "11 – 50"), ("size", SIZES, "MORE  THAN\u00a050", "More than 50"),
        ("size", SIZES, "don’t know", "Don't know"), ("size", SIZES, "Don`t Know", "Don't know"), ("size", SIZES, "dont know", None),
        ("city", ("Köln", "Łódź"), "KO\u0308LN", "Köln"), ("city", ("Köln", "Łódź"), "Koln", None),
        ("country", WHERE, "United Kingdom", "GB"), ("country", WHERE, "uk", "GB"), ("country", WHERE, "Deutschland", "DE"), ("country", WHERE, "DEU", "DE"),
        ("country", WHERE, "fr", "France"), ("country", WHERE, "Ivory Coast", "Côte d'Ivoire"), ("country", WHERE, "Co\u0302te d’Ivoire", "Côte d'Ivoire"),
        ("country", WHERE, "U.S.A.", "United States"), ("country", WHERE, "Spain", None), ("country", WHERE, "", ""),
        ("home_Country", ("Other", "Österreich"), "at", "Österreich"), ("location", WHERE, "Allemagne", "DE"), ("language", ("DE", "English"), "Germany", None),
        ("country", PARTS, "UK", None), ("country", PARTS, "scotland", "Scotland"), ("country", PARTS, "DE", "Germany"), ("country", (), "DE", None),
    ],
)  # fmt: skip
def test_a_choice_is_stored_as_the_option_that_it_means(kind, name, options, value, option):
    """In any case and with any signs; that of a country by each of its names. A value that may mean two options is refused."""
    assert captured(field(kind, name=name, options=options), value or None) == option or (not value and option == "")


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ([], ""), ([None], ""), ([""], ""), (["", "", ""], ""), (["a"], "a"), (["a", "a"], "a"), (["a", "a", "a"], "a"), (["", "a"], None), (["a", ""], None),
        (["a", None], None), (["a", "b"], None), (["a", "A"], None), (["a", " a"], None), (["1", 1], None), ([["a"], ["a"]], None), ([{}], None),
    ],
)  # fmt: skip
def test_a_value_that_comes_repeatedly_is_one_where_all_are_the_same(value, stored):
    result = validation.validate([field(), field(name="other")], {"x": value, "other": "filled"})
    assert (result.values["x"] if not result.problems else None) == stored
    if stored is None:
        assert [problem.message for problem in result.problems] == [ONE_VALUE]


@pytest.mark.parametrize(
    ("value", "ticked"),
    [
        ("1.0", True), ("0.0", False), ("1.00", True), (1.0, True), (0.0, False), (Decimal("1.0"), True), (["0", "1.0"], True), ("T", True), ("Off", False),
        ("1.5", None), ("01", None), ("10", None), ("1,0", None), ("-1", None), ("0.01", None), ("1.", None), ("+1", None), ("true.0", None), (2, None), ("NaN", None),
    ],
)  # fmt: skip
def test_a_box_may_be_ticked_by_a_number(value, ticked):
    result = validation.validate([field("optin")], {"x": value})
    assert (None if result.problems else result.opt_in) is ticked


@pytest.mark.parametrize("value", ["1e400", "-1e400", "9" * 400, "1e309", "1e999", ".1e400"])
def test_a_number_that_no_system_can_take_is_refused(value):
    assert message(field("number", max_length=1000), value) == "This number is too large."
    assert message(field(max_length=1000), value) is None


@pytest.mark.parametrize("value", ["020 7946 0001 / 020 7946 0002", "020 7946 0001\n07700 900123", "07700 900123 or 020 7946 0001"])
def test_one_of_several_telephone_numbers_is_to_be_sent(value):
    assert message(field("telephone", max_length=100), value) == "This value holds several telephone numbers. Send one of them."
    letters = "This value has letters in place of digits, such as O for 0 or l for 1. Send the telephone number in digits."
    assert message(field("telephone"), "O7700 9OO123") == letters


def test_long_lists_of_choices_are_cut_in_the_explanation():
    explained = message(field("dropdown", options=tuple(f"o{n}" for n in range(500))), "x")
    assert explained.endswith("o18, o19, ….")


@pytest.mark.parametrize(
    "nothing",
    [
        "",
        "   ",
        "\u00a0\n",
        None,
        "\u3164",
        "\u2800\u2800",
        "\u200b\u200d",
        "\u00ad",
        "\u202a\u202c",
        "\ufeff",
        "\u115f\u1160",
        "\x01",
        "\u2060 \u3000",
        "\ufffc",
        "\U0001d159",
        "\U000e0fff\ufff0",
    ],
)
def test_a_required_field_is_not_blank(nothing):
    assert message(field(required=True), nothing) == BLANK
    assert message(field("email"), nothing) is None


def test_a_required_field_that_is_missing_is_blank():
    assert validation.validate([field(required=True)], {}).problems == [FieldProblem("x", BLANK)]


def test_length_counts_characters_after_trimming():
    assert message(field(max_length=3), "  äöü ") is None
    assert message(field(max_length=3), "abcd") == "This value is too long. It should have 3 characters or less."


@pytest.mark.parametrize("value", [["a", "b"], [["a"]], ("a",), {"a": "b"}, {"a"}, object(), b"bytes"])
def test_a_field_takes_exactly_one_value(value):
    assert message(field(), value) == ONE_VALUE


@pytest.mark.parametrize("value", ["a\x00", "\x00", "\ud800", "a\udfff"])
def test_what_the_database_cannot_keep_is_refused(value):
    assert message(field(), value) == NOT_TEXT


def test_extra_fields_are_told_once_and_first():
    problems = validation.validate([field(required=True)], {"y": "1", "z": "2"}).problems
    assert problems == [FieldProblem(None, EXTRA_FIELDS), FieldProblem("x", BLANK)]


@pytest.mark.parametrize("sent", [{}, {"x": ""}, {"x": " ", "other": None}])
def test_a_form_without_any_value_is_no_lead(sent):
    assert validation.validate([field(), field(name="other")], sent).problems == [FieldProblem(None, NOTHING_SENT)]


def test_values_are_kept_trimmed_and_only_as_far_as_they_were_sent():
    asked = [field(name="a"), field(name="b"), field("checkbox", name="c")]
    assert validation.validate(asked, {"a": "  x y ", "c": True}).values == {"a": "x y", "c": "true"}


@pytest.mark.parametrize(
    ("sent", "opt_in"),
    [({"terms": "1", "mail": "true"}, True), ({"terms": "1", "mail": "0"}, False), ({"terms": "1"}, False), ({}, False)],
)
def test_consent_counts_when_all_that_was_asked_for_is_given(sent, opt_in):
    asked = [field("optin", name="terms"), field("optin", name="mail"), field("checkbox", name="other")]
    assert validation.validate(asked, {**sent, "other": "0"}).opt_in is opt_in


def test_a_form_that_asks_for_no_consent_says_nothing_about_it():
    assert validation.validate([field("checkbox")], {"x": "1"}).opt_in is None
