"""The people of `tests/people.py` are as it says, and their addresses belong to nobody."""

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Callable

import pytest

from tests.people import COLUMNS, FAULTLESS, Row, invent

PEOPLE = invent()
FOR_FICTION = {
    "US": r"1?[2-9]\d\d55501\d\d",
    "GB": r"(44)?0?(2079460|1134960|1914980|7700900|1632960)\d{3}",
    "IE": r"(353)?0?2091\d{5}",
    "DE": r"(49)?0?(3023125|4066969|2214710|8999998|6990009)\d{3}",
    "FR": r"(33)?0?(19900|26191|35301|46571|53649|63998)\d{4}",
    "SE": r"(46)?0?(8465004|4062804|313900[67])\d\d",
    "AU": r"(61)?0?[2378](5550|7010)\d{4}",
    "PL": r"(48)?(22|12|42|58)0\d{6}",
    "GR": r"(30)?(210|231|261)0\d{6}",
    "JP": r"(81)?0?(3|6|11|90)0\d{5,7}",
}
"""By country, without the `00` of an international number; of the last three, numbers that do not exist."""


def digits(telephone: str) -> str:
    """As a telephone counts the same: `+` is what makes a number another one."""
    return "+" * telephone.strip().startswith("+") + "".join(str(int(c)) for c in telephone if c.isdecimal())


def national(telephone: str) -> str:
    """Without what stands before a country's own code, and without the zero in brackets after it."""
    return re.sub(r"^(\+|00)", "", digits(telephone.replace("(0)", "")))


def bare(name: str) -> str:
    apart = unicodedata.normalize("NFKD", name.casefold())
    return "".join(c for c in apart if not unicodedata.combining(c)).strip()


def name(row: Row) -> tuple[str, str]:
    return bare(row["first_name"]), bare(row["last_name"])


def repeated(key: Callable[[Row], object]) -> dict[int, int]:
    """Return each row whose key occurred before, and the row in which it did."""
    first: dict[object, int] = {}
    found = {place: first.setdefault(key(row), place) for place, row in enumerate(PEOPLE.rows)}
    return {place: earlier for place, earlier in found.items() if place != earlier}


def says_test(row: Row) -> bool:
    return any("test" in re.split(r"[\W\d_]+", value.lower()) for value in row.values())


def test_there_are_fifty_of_each_of_ten_countries_and_no_value_is_missing():
    assert Counter(row["country_code"] for row in PEOPLE.rows) == dict.fromkeys(FOR_FICTION, 50)
    assert all(tuple(row) == COLUMNS and all(map(str.strip, row.values())) for row in PEOPLE.rows)


def test_they_are_the_same_at_every_call_and_in_the_file(tmp_path):
    PEOPLE.write(file := tmp_path / "people.csv")
    assert invent() == PEOPLE
    with file.open(newline="", encoding="utf-8") as lines:
        assert list(csv.DictReader(lines)) == PEOPLE.rows


@pytest.mark.parametrize(
    ("known", "key"),
    [
        ("same_email", lambda row: row["email"].strip().lower()),
        ("same_telephone", lambda row: digits(row["phone1"])),
        ("same_name", name),
    ],
)
def test_those_said_to_be_alike_are_and_nobody_else_is(known, key):
    assert repeated(key) == getattr(PEOPLE, known)
    assert len(getattr(PEOPLE, known)) >= 10


@pytest.mark.parametrize(
    ("known", "is_so"),
    [
        ("one_name_twice", lambda row: name(row)[0] == name(row)[1]),
        ("test_word", says_test),
        ("test_in_another_word", lambda row: not says_test(row) and any("test" in value.lower() for value in row.values())),
    ],
)
def test_what_is_said_of_single_rows_is_so_of_no_other(known, is_so):
    assert [place for place, row in enumerate(PEOPLE.rows) if is_so(row)] == sorted(getattr(PEOPLE, known))
    assert len(getattr(PEOPLE, known)) >= 4


def test_the_first_are_faultless_and_no_row_is_known_for_two_things():
    known = [*PEOPLE.one_name_twice, *PEOPLE.test_word, *PEOPLE.test_in_another_word]
    for pairs in (PEOPLE.same_email, PEOPLE.same_telephone, PEOPLE.same_name):
        known += [*pairs, *pairs.values()]
    assert len(known) == len(set(known))
    assert min(known) >= FAULTLESS


def test_no_address_and_no_telephone_number_can_be_anybodys():
    assert [row["email"] for row in PEOPLE.rows if not row["email"].strip().lower().endswith((".example", ".test"))] == []
    assert [row["web"] for row in PEOPLE.rows if not row["web"].endswith(".example/")] == []
    numbers = [(row["country_code"], row[column]) for row in PEOPLE.rows for column in ("phone1", "phone2")]
    of_somebody_elsewhere = {PEOPLE.rows[place]["phone1"] for place in PEOPLE.same_telephone}
    strange = {(country, number) for country, number in numbers if not re.fullmatch(FOR_FICTION[country], national(number))}
    assert {number for _, number in strange} - of_somebody_elsewhere == set()


def test_spellings_are_as_odd_as_the_world_is():
    text = "".join("".join(row.values()) for row in PEOPLE.rows)
    scripts = {unicodedata.name(c).split()[0] for c in text if c.isalpha()}
    assert {"LATIN", "GREEK", "CJK", "HIRAGANA", "KATAKANA"} <= scripts
    assert set("'’&,\"„ßœŁ０") <= set(text)
