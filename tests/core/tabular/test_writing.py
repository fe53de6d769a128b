"""CSV as it is written: from rows and from the database, in any format, and the same rows when it is read."""

from io import StringIO

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from config.core.tabular.csv_writer import CsvFormat, LineEnds, copy_rows, format_rows, stream_rows
from config.core.tabular.formulas import neutralised_sql
from config.core.tabular.records import table_records

TEXT = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\"',;\r\n\t='+"), max_size=12)
ROWS = st.lists(st.lists(TEXT, min_size=1, max_size=4), max_size=8)
FORMATS = st.builds(
    CsvFormat,
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le"]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    quotes_all=st.booleans(),
)


def read(data: bytes, csv_format: CsvFormat) -> list[list[str]]:
    return [record.cells for record in table_records(StringIO(data.decode(csv_format.encoding), newline=""), csv_format.delimiter)]


@given(rows=ROWS, csv_format=FORMATS)
def test_what_was_written_is_read_whatever_is_in_it(rows, csv_format):
    data = b"".join(stream_rows(rows, csv_format))
    if data.decode(csv_format.encoding)[:5].lower().strip('"').startswith("sep="):
        return  # such a first row names the delimiter
    assert read(data, csv_format) == [row for row in rows if any(cell.strip() for cell in row)]


@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n"])
def test_a_line_end_in_a_cell_stays_in_it_whatever_the_line_end_of_the_file(line_end):
    rows = [["a\rb", "c\nd"], ["\r\n", "e\r"], ["f", "=\r"]]
    csv_format = CsvFormat(encoding="utf-8", line_end=line_end)
    assert read(b"".join(stream_rows(rows, csv_format)), csv_format) == rows


def test_a_file_for_people_has_a_mark_neutral_cells_and_the_line_ends_of_spreadsheets():
    assert b"".join(stream_rows([["a", "b"], ["=1", 'x"y']])) == b'\xef\xbb\xbfa,b\r\n\'=1,"x""y"\r\n'


def test_a_file_for_machines_is_as_they_want_it():
    csv_format = CsvFormat(delimiter=";", encoding="cp1252", line_end="\n", quotes_all=True, neutralises=False)
    assert b"".join(stream_rows([["+44", "€"], ["Ł", ""]], csv_format)) == b'"+44";"\x80"\n"?";""\n'


def test_rows_are_written_in_portions_as_they_come():
    taken = []

    def rows():
        for number in range(5_000):
            taken.append(number)
            yield [str(number)]

    next(stream_rows(rows()))
    assert len(taken) == 1_000


@given(st.lists(st.sampled_from(['"', "\n", "a", '""', ","]), max_size=20), st.integers(1, 5))
def test_line_ends_inside_quotation_marks_stay(pieces, size):
    rows = [["".join(pieces), "x"], ["y", "".join(pieces)]]
    text = format_rows(rows, CsvFormat(line_end="\n", quotes_all=True, neutralises=False))
    ends = LineEnds("\r\n")
    converted = "".join(ends.convert(text[start : start + size]) for start in range(0, len(text), size))
    assert converted == format_rows(rows, CsvFormat(line_end="\r\n", quotes_all=True, neutralises=False))


# From the database


@pytest.mark.django_db
@given(rows=st.lists(st.lists(TEXT.filter(lambda text: "\0" not in text), min_size=2, max_size=2), max_size=6), csv_format=FORMATS)
def test_the_database_writes_the_same_rows(rows, csv_format):
    columns = ", ".join(neutralised_sql(column) for column in ("a", "b"))
    sql = f"SELECT {columns} FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS t (a, b, n) ORDER BY n"
    data = b"".join(copy_rows(sql, [[a for a, _ in rows], [b for _, b in rows]], header=["One", "Two"], csv_format=csv_format))
    assert read(data, csv_format) == [["One", "Two"], *[row for row in rows if any(cell.strip() for cell in row)]]


@pytest.mark.sql
@pytest.mark.django_db
def test_cells_that_a_spreadsheet_would_compute_are_neutral_in_a_copy():
    sql = f"SELECT {neutralised_sql('cell')} FROM unnest(%s::text[]) WITH ORDINALITY AS t (cell, n) ORDER BY n"
    data = b"".join(copy_rows(sql, [["=1+1", "+44 20 7946 0001", "James", "'=1"]], csv_format=CsvFormat(encoding="utf-8", line_end="\n")))
    assert data.decode().splitlines() == ["'=1+1", "'+44 20 7946 0001", "James", "''=1"]


@pytest.mark.django_db
def test_a_copy_is_taken_block_by_block_and_may_be_left():
    with transaction.atomic():
        blocks = copy_rows("SELECT n, repeat('x', 100) FROM generate_series(1, 100000) AS t (n)")
        assert len(next(blocks)) < 100
        assert next(blocks).startswith(b"1,xxx")
        blocks.close()
        transaction.set_rollback(True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
