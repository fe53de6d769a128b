"""Dates as people write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.core.errors import DomainError
from config.core.tabular.dates import ORDERS, DateReader, order_named

TODAY = date(2026, 11, 29)
READER, OF_BIRTH = DateReader(TODAY), DateReader(TODAY, is_birth=True)
CLEAR = [
    "1965-12-31", "1965/12/31", "1965.12.31", "1965-12-31 00:00:00", "1965-12-31T00:00:00.000Z", "1965-12-31T00:00+00:00", "19651231",
    "31-Dec-65", "31 Dec 1965", "31st December 1965", "Dec 31, 1965", "December 31 1965", "Friday, 31 December 1965", "Fri Dec 31 1965",
    "31. Dezember 1965", "31 déc. 1965", "31 de diciembre de 1965", "31 dicembre 1965", "31 grudnia 1965", "31 декабря 1965 г.",
    "1965年12月31日", "1965년 12월 31일", " 1965-12-31\u200e", "１９６５-１２-３１", "1965 December 31",
]  # fmt: skip


@pytest.mark.parametrize("text", [text for text in CLEAR if text != "19651231"])
def test_a_clear_date_means_its_day_in_every_order(text):
    assert READER.readings(text) == dict.fromkeys(ORDERS, date(1965, 12, 31))
    assert {READER.day(text, order) for order in ORDERS} == {date(1965, 12, 31)}


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("31/12/65", {"dmy": "1965-12-31"}),
        ("31.12.1965", {"dmy": "1965-12-31"}),
        ("31. 12. 1965", {"dmy": "1965-12-31"}),
        ("31 12 1965", {"dmy": "1965-12-31"}),
        ("12/31/65", {"mdy": "1965-12-31"}),
        ("12/31/1965 12:00:00 AM", {"mdy": "1965-12-31"}),
        ("\u200e31/\u200e12/\u200e1965", {"dmy": "1965-12-31"}),
        ("٣١/١٢/١٩٦٥", {"dmy": "1965-12-31"}),
        ("19651231", {"ymd": "1965-12-31"}),
        ("31121965", {"dmy": "1965-12-31"}),
        ("20121112", {"ymd": "2012-11-12"}),
        ("3/4/65", {"dmy": "1965-04-03", "mdy": "1965-03-04"}),
        ("65-12-31", {"ymd": "1965-12-31"}),
        ("65/12/31", {"ymd": "1965-12-31"}),
        ("24-12-31", {"dmy": "2031-12-24", "ymd": "2024-12-31"}),
        ("29/02/24", {"dmy": "2024-02-29"}),
        ("31/02/2020", {}),
        ("29/02/23", {}),
        ("31/12-65", {}),
        ("1/1/965", {}),
        ("2026-01-31 14:30", {}),
        ("n/a", {}),
        ("46023", {}),
        ("31 Foo 1965", {}),
        ("31/12/1965" + " " * 60 + "x", {}),
        ("", {}),
    ],
)
def test_other_dates_mean_a_day_by_the_order(text, days):
    assert {order: day.isoformat() for order, day in READER.readings(text).items()} == days


@pytest.mark.parametrize(
    ("text", "of_birth", "other"),
    [
        ("31/12/65", "1965-12-31", "1965-12-31"),
        ("31/12/25", "2025-12-31", "2025-12-31"),
        ("29/11/26", "2026-11-29", "2026-11-29"),
        ("30/11/26", "1926-11-30", "2026-11-30"),
        ("01/01/27", "1927-01-01", "2027-01-01"),
        ("31/12/46", "1946-12-31", "2046-12-31"),
        ("01/01/47", "1947-01-01", "1947-01-01"),
        ("01/01/00", "2000-01-01", "2000-01-01"),
    ],
)
def test_a_year_of_two_digits_is_a_near_one_and_for_a_birth_never_in_the_future(text, of_birth, other):
    assert [reader.day(text, "dmy").isoformat() for reader in (OF_BIRTH, READER)] == [of_birth, other]


@given(day=st.dates(date(1927, 1, 1), TODAY), sign=st.sampled_from("/.- "), digits=st.sampled_from(["%Y", "%y"]))
def test_a_birth_date_in_a_named_order_is_read_as_it_was_written(day, sign, digits):
    for order, form in (("dmy", ["%d", "%m", digits]), ("mdy", ["%m", "%d", digits]), ("ymd", [digits, "%m", "%d"])):
        assert OF_BIRTH.day(day.strftime(sign.join(form)), order) == day


@given(text=st.text(st.sampled_from("0123456789/.-: TZdecmar,年日"), max_size=70))
def test_any_text_is_a_date_or_none(text):
    for order, day in OF_BIRTH.readings(text).items():
        assert OF_BIRTH.day(text, order) == day


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("DD/MM/YYYY", "dmy"), ("dd.mm.yy", "dmy"), ("%d-%m-%Y", "dmy"), ("d mmm yyyy", "dmy"), ("day-month-year", "dmy"), ("DMY", "dmy"),
        ("MM/DD/YYYY", "mdy"), ("m/d/y", "mdy"), ("month day year", "mdy"), ("YYYY-MM-DD", "ymd"), ("%Y%m%d", "ymd"), ("Year/Month/Day", "ymd"),
    ],
)  # fmt: skip
def test_an_order_is_named_in_words_or_by_a_pattern(text, order):
    assert order_named(text) == order


@pytest.mark.parametrize("text", ["", "DD/YYYY", "YYYY-DD-MM", "european", "31/12/1965"])
def test_what_names_no_order_is_refused_with_those_there_are(text):
    with pytest.raises(DomainError, match="day-month-year, month-day-year, year-month-day"):
        order_named(text)
