"""Workbooks: read as a person sees them, written so that every program reads them, and hostile ones refused in bounded memory."""

import tracemalloc
from contextlib import suppress
from datetime import date, datetime, time
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_LZMA, ZipFile

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from config.core.errors import DomainError
from config.core.tabular import workbook_reader
from config.core.tabular.protection import unlocked
from config.core.tabular.workbook_reader import LONGEST_CELL, MOST_COLUMNS, Workbook
from config.core.tabular.workbook_writer import write_workbook
from tests.core.tabular.hostile import NAMESPACE, NO_STRINGS, book, named_otherwise, sheet, text_cell

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
LIKE_XML = st.text(st.sampled_from("<>r/&;\"'_x0D5F\r\n\t\0= \ufffe"), max_size=12) | st.just("<r>b</r>")
ROWS = st.lists(st.lists(TEXT | LIKE_XML, min_size=1, max_size=5), min_size=1, max_size=8)


def rows_of(file: BytesIO) -> list[list[str]]:
    return [record.cells for record in Workbook(file).records()]


def written(tmp_path, rows) -> BytesIO:
    header, *others = rows
    write_workbook(tmp_path / "some.xlsx", header, others)
    return BytesIO((tmp_path / "some.xlsx").read_bytes())


def by_openpyxl(*rows, epoch=None) -> BytesIO:
    workbook = openpyxl.Workbook()
    if epoch:
        workbook.epoch = epoch
    for row in rows:
        workbook.active.append(row)
    file = BytesIO()
    workbook.save(file)
    return file


def with_shared_strings(*rows: list[str]) -> BytesIO:
    """As Excel and LibreOffice write it: the texts in a table of their own."""
    workbook = xlsxwriter.Workbook(file := BytesIO())
    sheet = workbook.add_worksheet()
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            sheet.write_string(number, column, text)
    workbook.close()
    return file


# Reading


def test_cells_are_read_as_a_person_sees_them():
    file = by_openpyxl(
        ["name", "phone", "born", "seen", "at", "paid", "rate", "share"],
        ["José €", 441632960961, date(1980, 2, 29), datetime(2024, 5, 1, 13, 30, 59), time(7, 15), True, 0.1 + 0.2, -12.5],
        [None, "+44 1632", None, None, None, False, 1e20, 10**15],
    )
    assert rows_of(file) == [
        ["name", "phone", "born", "seen", "at", "paid", "rate", "share"],
        ["José €", "441632960961", "1980-02-29", "2024-05-01 13:30:59", "07:15:00", "TRUE", "0.3", "-12.5"],
        ["", "+44 1632", "", "", "", "FALSE", "100000000000000000000", "1000000000000000"],
    ]


def test_cells_of_a_neutralised_file_that_was_saved_as_a_workbook_are_restored():
    rows = [["'+34 600", "'@Home", "''=x", "'tis", "'", "+34"], ["'-1", "'＝1", "' =1", "'a=b", "''", "-1"]]
    restored = [["+34 600", "@Home", "'=x", "'tis", "'", "+34"], ["-1", "＝1", " =1", "'a=b", "''", "-1"]]
    assert rows_of(by_openpyxl(*rows)) == rows_of(with_shared_strings(*rows)) == restored


def test_the_list_of_sheets_that_numbers_puts_first_is_passed_over():
    workbook = openpyxl.Workbook()
    workbook.active.title = "Export Summary"
    workbook.active.append(["This document was exported from Numbers."])
    workbook.create_sheet("People").append(["email"])
    file = BytesIO()
    workbook.save(file)
    assert rows_of(file) == [["email"]]
    workbook.remove(workbook["People"])
    workbook.save(file := BytesIO())
    assert rows_of(file) == [["This document was exported from Numbers."]]


def test_days_count_from_the_year_the_workbook_says():
    assert rows_of(by_openpyxl(["day"], [date(2024, 5, 1)], epoch=openpyxl.utils.datetime.CALENDAR_MAC_1904))[1] == ["2024-05-01"]


@pytest.mark.parametrize(
    ("number", "code", "shown"),
    [
        ("1234", "00000", "01234"),
        ("45413", "dd/mm/yyyy", "2024-05-01"),
        ("45413.5", 'd"of"mmmm yyyy\\ hh:mm', "2024-05-01 12:00:00"),
        ("0.25", "[h]:mm", "06:00:00"),
        ("12", '"days: "0', "12"),
        ("12", "[Red]0", "12"),
        ("12", "General", "12"),
        ("1", "yyyy", "1900-01-01"),
        ("99999999999", "yyyy-mm-dd", "99999999999"),
        ("1E+30", "0", "1E+30"),
        ("447911123456", "+0", "+447911123456"),
        ("447911123456", '"+"0', "+447911123456"),
        ("447911123456", "\\+0", "+447911123456"),
        ("447911123456", "+#", "+447911123456"),
        ("447911123456", '"+"#;"-"#', "+447911123456"),
        ("447911123456", "[Blue]+0", "+447911123456"),
        ("447911123456", '"+"#,##0', "+447911123456"),
        ("4.47911123456E+11", "+0", "+447911123456"),
        ("7911123456", '"+44 "0', "+44 7911123456"),
        ("7911123456", '"+44 ("0")"', "7911123456"),
        ("7911", "+00000000", "+00007911"),
        ("-5", "+0", "-5"),
        ("5", '0"+"', "5"),
        ("5", "0+", "5"),
    ],
)
def test_a_number_format_decides_what_a_number_is(number, code, shown):
    styles = (
        f'<styleSheet xmlns="{NAMESPACE}"><numFmts><numFmt numFmtId="164" formatCode="{code.replace(chr(34), "&quot;")}"/></numFmts>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>'
    )
    assert rows_of(book(f'<row><c s="1"><v>{number}</v></c></row>', styles=styles)) == [[shown]]


def test_shared_texts_rich_texts_and_readings():
    strings = (
        f'<sst xmlns="{NAMESPACE}"><si><t>plain</t></si><si><r><t>ri</t></r><r><t xml:space="preserve">ch </t></r></si>'
        '<si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></si><si><t>a_x000D_b</t></si><si/></sst>'
    )
    cells = "".join(f'<c t="s"><v>{number}</v></c>' for number in range(5))
    assert rows_of(book(f"<row>{cells}</row>", strings=strings)) == [["plain", "rich ", "東京", "a\rb", ""]]


def test_rows_and_cells_without_places_follow_each_other_and_gaps_are_empty():
    rows = f"<row>{text_cell('a')}{text_cell('c', 'C1')}</row><row/><row r='7'>{text_cell('x')}</row>"
    records = list(Workbook(book(rows)).records())
    assert [(record.row, record.cells) for record in records] == [(1, ["a", "", "c"]), (7, ["x", "", ""])]


def test_what_libraries_write_is_read_alike(tmp_path):
    rows = [["a", "b"], ["=1+1", "<r>x</r>"], ["  two  ", "line\nbreak"], ["&<>", "+44"]]
    file = written(tmp_path, rows)
    assert rows_of(file) == rows
    cells = openpyxl.load_workbook(file).active
    assert [[cell.value for cell in row] for row in cells.iter_rows()] == rows
    assert {cell.data_type for row in cells.iter_rows() for cell in row} <= {"s", "inlineStr"}


@given(rows=ROWS)
def test_what_was_written_is_read_whatever_is_in_it(tmp_path_factory, rows):
    expected = [row for row in rows if any(cell.strip() for cell in row)]
    found = rows_of(written(tmp_path_factory.getbasetemp(), rows))
    assert [_trimmed(row) for row in found] == [_trimmed(row) for row in expected]


def _trimmed(row: list[str]) -> list[str]:
    """Cells at the end that are empty are not in a workbook."""
    while row and not row[-1]:
        row = row[:-1]
    return row


# Writing


def test_numbers_days_and_nothing_keep_their_types(tmp_path):
    file = written(tmp_path, [["n", "day", "at", "yes", "none"], [12, date(2024, 5, 1), datetime(2024, 5, 1, 7, 8, 9), True, None]])
    assert [cell.value for cell in openpyxl.load_workbook(file).active[2]] == [
        12, datetime(2024, 5, 1), datetime(2024, 5, 1, 7, 8, 9), True, None,
    ]  # fmt: skip
    assert rows_of(file)[1] == ["12", "2024-05-01", "2024-05-01 07:08:09", "TRUE", ""]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (["a", "x" * (LONGEST_CELL + 1)], "Row 2, column 2 has more than 32,767 characters"),
        ([""] * (MOST_COLUMNS + 1), "Row 2 has 16,385 columns"),
    ],
)
def test_what_a_workbook_cannot_hold_is_refused_by_its_place(tmp_path, row, words):
    with pytest.raises(DomainError, match=words):
        write_workbook(tmp_path / "some.xlsx", ["a"], [row])


def test_more_rows_than_a_workbook_has_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("config.core.tabular.workbook_writer.MOST_ROWS", 3)
    assert write_workbook(tmp_path / "some.xlsx", ["a"], [["1"], ["2"]]) == 2
    with pytest.raises(DomainError, match="at most 3 rows"):
        write_workbook(tmp_path / "some.xlsx", ["a"], [["1"], ["2"], ["3"]])


# Hostile ones

BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (lambda: BytesIO(b"PK\x03\x04\x14\x00"), "cannot be unpacked"),
        (lambda: BytesIO(b"\xd0\xcf\x11\xe0rest"), "password, or from a program before Excel 2007"),
        (lambda: book(whole=sheet("<row>", before=BOMB)), "document type"),
        (lambda: book(strings=NO_STRINGS.replace("<sst", f"{BOMB}<sst")), "document type"),
        (lambda: book("<row><c></row>"), "damaged: mismatched tag"),
        (lambda: book("<x>" * 100), "nested too deeply"),
        (lambda: book(f'<row r="{"9" * 2_000_000}">'), "longer than 1,048,576 bytes"),
        (lambda: book('<row r="1048577"/>'), "row 1,048,577 follows row 0"),
        (lambda: book('<row r="5"/><row r="5"/>'), "row 5 follows row 5"),
        (lambda: book(f"<row>{text_cell('x', 'XFE1')}</row>"), "in row 1, column 16,385 follows 0"),
        (lambda: book(f"<row>{text_cell('x', 'B1')}{text_cell('x', 'A1')}</row>"), "column 1 follows 2"),
        (lambda: book("<row>" + "<c/>" * 17_000 + "</row>"), "column 16,385 follows 16,384"),
        (lambda: book('<row><c t="s"><v>7</v></c></row>'), "Row 1, column 1 names a text"),
        (lambda: book('<row><c s="7"><v>7</v></c></row>'), "Row 1, column 1 names a text or a format"),
        (lambda: book("<row><c><v>seven</v></c></row>"), "Row 1, column 1"),
        (lambda: _zip({"people.csv": "a"}), "a ZIP file, and no workbook"),
        (lambda: _zip({"xl/workbook.xml": "<a/>"}, method=ZIP_LZMA), "packed in a way that workbooks are not"),
    ],
)
def test_what_no_program_writes_is_refused_in_words(file, words):
    with pytest.raises(DomainError, match=words):
        rows_of(file())


def _zip(parts: dict[str, str], *, method: int = ZIP_DEFLATED) -> BytesIO:
    file = BytesIO()
    with ZipFile(file, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file


@pytest.mark.parametrize("name", ["xl/workbook2.xml", "xl/workbook.xml", "book/main.xml"])
def test_the_main_part_is_the_one_that_the_package_names(name):
    file = named_otherwise(name)
    assert rows_of(file) == [["name"], ["Ann"]]
    with unlocked(file, password="") as content:
        assert content is file, "it is no ZIP file to unpack"


def test_a_cell_or_a_row_that_is_too_long_is_refused_by_its_place_and_the_next_row_is_read():
    long, many = text_cell("x" * (LONGEST_CELL + 1)), text_cell("x" * 30_000) * 10
    records = list(Workbook(book(f"<row>{text_cell('a')}{long}</row><row>{many}</row><row>{text_cell('b')}</row>")).records())
    assert [record.fault for record in records] == [
        "The cell in column 2 is longer than 32,767 characters.",
        "This row is longer than 262,144 characters, from column 9 on.",
        "",
    ]


def test_a_workbook_that_unpacks_to_gigabytes_is_refused_before_it_is(monkeypatch):
    monkeypatch.setattr(workbook_reader, "MOST_UNPACKED", 10_000_000)
    file = book(text_cell("x" * 20_000_000))
    assert len(file.getvalue()) < 100_000
    with pytest.raises(DomainError, match="larger than 9 MB when it is unpacked"):
        rows_of(file)


def test_a_cell_of_many_megabytes_takes_bounded_memory():
    file = book(f"<row>{text_cell('x' * 50_000_000)}</row><row>{text_cell('b')}</row>")
    workbook = Workbook(file)
    tracemalloc.start()
    faults = [record.fault for record in workbook.records()]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert faults == ["The cell in column 1 is longer than 32,767 characters.", ""]
    assert peak < 5_000_000


def test_a_table_of_contents_of_millions_of_parts_is_not_read(monkeypatch):
    monkeypatch.setattr(workbook_reader, "MOST_PARTS_BYTES", 1_000)
    with pytest.raises(DomainError, match="table of contents"):
        rows_of(_zip({f"part{number}": "" for number in range(100)}))


@given(data=st.binary(max_size=300), at=st.integers(0, 3_000), cut=st.integers(0, 3_000))
def test_no_damage_stops_the_reading_without_words(data, at, cut):
    whole = book(f"<row>{text_cell('a')}<c><v>1</v></c></row>").getvalue()
    damaged = whole[:at] + data + whole[at + len(data) + cut % 7 :]
    with suppress(DomainError):
        rows_of(BytesIO(damaged))
