"""The columns that are derived from e-mail, telephone and name, for searching and comparing."""

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


def test_columns_are_derived_from_the_documented_field_keys():
    captured = {"firstName": "James", "lastName": "Butt", "email": " JButt@Gmail.com ", "telephone": "504-621"}
    assert normalize.columns(captured) == {"email": "jbutt@gmail.com", "phone": "504621", "name_key": "james butt"}


def test_missing_values_leave_empty_columns():
    assert normalize.columns({}) == {"email": "", "phone": "", "name_key": ""}
    assert normalize.columns({"lastName": "Butt"})["name_key"] == "butt"


def test_columns_are_cut_to_what_the_table_holds():
    columns = normalize.columns({"email": "e" * 320, "telephone": "1" * 999, "firstName": "n" * 999})
    assert {name: len(value) for name, value in columns.items()} == {"email": 320, "phone": 40, "name_key": 200}


def test_what_is_longer_than_any_address_has_no_form_to_compare():
    assert normalize.columns({"email": f"{'e' * 320}@example.com"})["email"] == ""
