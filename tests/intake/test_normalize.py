"""The columns that are derived from e-mail, telephone and name, for searching and comparing."""

import pytest

from leads.intake import normalize


@pytest.mark.parametrize(
    ("country", "phone"),
    [
        ("GB", "+442079460001"),
        ("Vereinigtes Königreich", "+442079460001"),
        ("", "02079460001"),
        ("Atlantis", "02079460001"),
        ("IT", "+3902079460001"),
    ],
)
def test_a_telephone_is_that_of_the_country_of_the_lead(country, phone):
    assert normalize.columns({"telephone": "020 7946 0001", "country": country})["phone"] == phone
    assert normalize.columns({"telephone": "(+44) 20 7946 0001 ext 12", "country": country})["phone"] == "+442079460001"


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
