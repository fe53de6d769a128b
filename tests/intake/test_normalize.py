"""How e-mail, telephone and name are folded for searching and comparing."""

import pytest

from leads.intake import normalize


@pytest.mark.parametrize(
    ("sent", "folded"),
    [
        ("504-621-8927", "5046218927"),
        ("+44 (0)20 7946", "+440207946"),
        (" +1 5", "+15"),
        ("00 44", "0044"),
        ("٠٢", "02"),
        ("none", ""),
        ("+", ""),
        ("²", ""),
    ],
)
def test_a_telephone_is_its_digits_and_the_plus(sent, folded):
    assert normalize.fold_phone(sent) == folded


@pytest.mark.parametrize(
    ("sent", "folded"),
    [
        ("José  NÚÑEZ", "jose nunez"),
        ("Straße", "strasse"),
        ("  a\t b ", "a b"),
        ("İpek", "ipek"),
        ("東京", "東京"),
        ("\u00c5", "a"),
        ("ﬁ", "fi"),
    ],
)
def test_a_name_is_found_without_case_and_accents(sent, folded):
    assert normalize.fold_name(sent) == folded


@pytest.mark.parametrize("name", ["José NÚÑEZ", "İ", "ẞ", "\u0345", "ǅ", "ﬃ"])
def test_folding_a_name_twice_changes_nothing(name):
    assert normalize.fold_name(normalize.fold_name(name)) == normalize.fold_name(name)


def test_columns_are_derived_from_the_documented_field_keys():
    captured = {"firstName": "James", "lastName": "Butt", "email": " JButt@Gmail.com ", "telephone": "504-621"}
    assert normalize.columns(captured) == {"email": "jbutt@gmail.com", "phone": "504621", "name_key": "james butt"}


def test_missing_values_leave_empty_columns():
    assert normalize.columns({}) == {"email": "", "phone": "", "name_key": ""}
    assert normalize.columns({"lastName": "Butt"})["name_key"] == "butt"


def test_columns_are_cut_to_what_the_table_holds():
    columns = normalize.columns({"email": "e" * 999, "telephone": "1" * 999, "firstName": "n" * 999})
    assert {name: len(value) for name, value in columns.items()} == {"email": 320, "phone": 40, "name_key": 200}
