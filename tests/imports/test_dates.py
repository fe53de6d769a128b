"""Columns of dates: the order of day, month and year is named, or found where the whole file agrees on it."""

from datetime import date, datetime

import pytest

from campaigns import services
from campaigns.models import Campaign
from config.core.errors import DomainError
from config.core.tabular.workbook_writer import write_workbook
from leads.imports.dry_run import try_file
from leads.models import Lead, LeadImport
from tests.imports.conftest import Watcher
from tests.imports.test_import import Killed, kill_after

pytestmark = pytest.mark.django_db


@pytest.fixture
def importer(importer, bob):
    form = services.create_form(
        "Dates",
        fields=[
            {"name": "email", "label": "E-mail", "type": "email", "required": True},
            {"name": "born", "label": "Date of birth", "type": "date"},
            {"name": "call", "label": "Call me on", "type": "date"},
        ],
        actor=bob,
    )
    importer.campaign.campaign_forms.all().delete()
    services.add_form(importer.campaign, form, actor=bob)
    return importer


def table(*born: str) -> str:
    return "email,born\n" + "".join(f"p{n}@example.com,{day}\n" for n, day in enumerate(born))


@pytest.mark.parametrize(
    ("born", "taken"),
    [
        (["31/12/65", "03/04/65"], ["1965-12-31", "1965-04-03"]),
        (["03/04/1965", "12/31/1965"], ["1965-03-04", "1965-12-31"]),
        (["3.4.65", "", "31.12.99", "2001-02-03"], ["1965-04-03", "", "1999-12-31", "2001-02-03"]),
        (["05/05/2001", "06/06/60"], ["2001-05-05", "1960-06-06"]),
        (["1965-04-03 00:00:00", "1/May/65"], ["1965-04-03", "1965-05-01"]),
        (["03-04-05", "31-12-65"], ["2005-04-03", "1965-12-31"]),
        (["03-04-05", "65-12-31"], ["2003-04-05", "1965-12-31"]),
    ],
)
def test_an_order_that_all_dates_agree_on_is_found(importer, born, taken):
    importer.take(importer.file(table(*born)))
    assert importer.captured("born") == taken
    assert importer.counts().refused == 0


def test_a_row_that_is_clear_far_below_decides_for_the_first(importer, small_chunks):
    importer.take(importer.file(table(*["03/04/65"] * 40, "31/12/65")))
    assert set(importer.captured("born")) == {"1965-04-03", "1965-12-31"}
    assert LeadImport.objects.get().date_orders == {"born": "dmy"}


@pytest.mark.parametrize(
    ("born", "words"),
    [
        (["03/04/65"], "born may be day-month-year or month-day-year: see “03/04/65” in row 2"),
        (["05/05/05", "", "03/04/2001"], "see “03/04/2001” in row 4"),
        (["24-12-31"], "day-month-year or year-month-day"),
        (["31/12/1965", "12/31/1965"], "more than one order: see .*row 3.*row 2|more than one order: see .*row 2.*row 3"),
    ],
)
def test_what_stays_unclear_is_asked_before_a_row_is_stored(importer, born, words):
    path = importer.file(table(*born))
    for run in (lambda: importer.take(path), lambda: try_file(importer.asked(path), observer=Watcher())):
        with pytest.raises(DomainError, match=f"{words}.*--date-format"):
            run()
    assert (Lead.objects.count(), LeadImport.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("formats", "born", "refused"),
    [
        (["DD/MM/YYYY"], ["1965-04-03", "1965-12-31", "1965-02-01"], 1),
        (["month-day-year"], ["1965-03-04", "1965-12-31", "1965-02-01"], 1),
        (["MM/DD/YY", "BORN=dmy"], ["1965-04-03", "1965-12-31", "1965-02-01"], 1),
    ],
)
def test_a_named_order_is_taken_and_the_rows_of_another_are_refused(importer, formats, born, refused):
    importer.take(importer.file(table("03/04/65", "31/12/65", "12/31/65", "1965-02-01")), date_formats=tuple(formats))
    assert len(importer.refused()) == refused
    assert [day for day in importer.captured("born") if day != "1965-12-31"] == [day for day in born if day != "1965-12-31"]
    assert importer.refused()[0][2:4] == ["born", "This value is not a date. Write it like 2026-01-31."]


@pytest.mark.parametrize(("formats", "words"), [(["european"], "no order of dates"), (["Age=dmy"], "names column Age")])
def test_a_format_that_is_none_is_refused(importer, formats, words):
    with pytest.raises(DomainError, match=words):
        importer.take(importer.file(table("31/12/65")), date_formats=tuple(formats))


def test_a_birth_date_is_never_in_the_future_and_another_date_may_be(importer, time_machine):
    Campaign.objects.update(start="2020-01-01T00:00Z")
    time_machine.move_to("2026-11-29")
    importer.take(importer.file("email,born,call\na@example.com,31/12/26,31/12/26\n"))
    assert importer.captured("born", "call") == [("1926-12-31", "2026-12-31")]


def test_each_column_has_an_order_of_its_own(importer):
    importer.take(importer.file("email,born,call\na@example.com,03/04/65,1/2/2027\nb@example.com,31/12/65,1/31/2027\n"))
    assert importer.captured("born", "call") == [("1965-04-03", "2027-01-02"), ("1965-12-31", "2027-01-31")]


def test_refused_rows_hold_dates_that_need_no_order(importer):
    importer.take(importer.file(table("31/12/65", "03/04/65").replace("p1@", "p1")))
    [row] = importer.refused()
    assert row[4:] == ["p1example.com", "1965-04-03"]


def test_the_command_says_the_order_and_takes_another(importer):
    assert "Order of dates: born = day-month-year." in importer.command(importer.file(table("31/12/65")))[1]
    importer.command(importer.file(table("01/02/65"), name="other.csv"), date_format=["MM/DD/YY"])
    assert importer.captured("born") == ["1965-12-31", "1965-01-02"]


def test_a_killed_import_goes_on_in_its_order_and_not_in_another(importer, small_chunks):
    path = importer.file(table(*["03/04/65"] * 15))
    with pytest.raises(Killed):
        importer.take(path, date_formats=("dmy",), watch=kill_after(1))
    with pytest.raises(DomainError, match="read in another way"):
        importer.take(path, date_formats=("mdy",))
    importer.take(path, date_formats=("DD/MM/YY",))
    assert importer.captured("born") == ["1965-04-03"] * 15


def test_a_date_of_a_workbook_needs_no_order(importer):
    rows = [["a@example.com", date(1965, 4, 3), datetime(2027, 1, 2)], ["b@example.com", "31.12.65", None]]
    write_workbook(importer.folder / "people.xlsx", ["email", "born", "call"], rows)
    importer.take(importer.folder / "people.xlsx")
    assert importer.captured("born", "call") == [("1965-04-03", "2027-01-02"), ("1965-12-31", "")]
