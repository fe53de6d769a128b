"""Records of CSV files, whole and broken."""

import csv
import tracemalloc
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.core.tabular.records import LONGEST_RECORD, MOST_LINES, is_blank, records

CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=8)


def read(text: str, delimiter: str = ",") -> list[list[str]]:
    return [record.cells for record in records(StringIO(text, newline=""), delimiter)]


def faults(text: str) -> list[tuple[int, int, str]]:
    return [(record.row, record.line, record.fault) for record in records(StringIO(text, newline=""), ",") if record.fault]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b\nc,d\n", [["a", "b"], ["c", "d"]]),
        ("a,b\nc,d", [["a", "b"], ["c", "d"]]),
        ("a,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]]),
        ("a,b\rc,d\r", [["a", "b"], ["c", "d"]]),
        ('a,"b\nb"\nc,d\n', [["a", "b\nb"], ["c", "d"]]),
        ('a,"b\r\nb"\r\nc,d\r\n', [["a", "b\r\nb"], ["c", "d"]]),
        ('"He said ""no""",b\n', [['He said "no"', "b"]]),
        ('"a,b",c\n', [["a,b", "c"]]),
        ("a,b\n\n\r\n   \n,,\nc,d\n", [["a", "b"], ["c", "d"]]),
        ("a\0b,c\n", [["a\0b", "c"]]),
        ("a,b\n;;;\nc,d\n", [["a", "b"], ["c", "d"]]),
        ("a,b\n|||\n;\t; ;\nc,d\n\u00a0\n", [["a", "b"], ["c", "d"]]),
        ("a,b\nc,;\n;,;\n", [["a", "b"], ["c", ";"], [";", ";"]]),
        ("a,b\nc,d\n\x1a", [["a", "b"], ["c", "d"]]),
        ("a,b\nc,d\x1a", [["a", "b"], ["c", "d"]]),
        ('a,b\nc,"d"\x1a\x1a', [["a", "b"], ["c", "d"]]),
        ("a,b\n\x1a\nc,d\n", [["a", "b"], ["c", "d"]]),
        ("a\x1ab,c\nd,\x1a\n", [["a\x1ab", "c"], ["d", "\x1a"]]),
        ("\ufeffa,b\n\ufeffc,d\n\ufeff\n", [["a", "b"], ["c", "d"]]),
        ('a,b\n\ufeff"c",d\r\n', [["a", "b"], ["c", "d"]]),
        ('5" pipe,b\n', [['5" pipe', "b"]]),
        ("", []),
    ],
)
def test_what_a_record_is(text, expected):
    assert read(text) == expected


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@given(rows=ROWS)
def test_what_was_written_is_read_whatever_is_in_it(delimiter, rows):
    paper = StringIO(newline="")
    csv.writer(paper, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    assert read(paper.getvalue(), delimiter) == [row for row in rows if not is_blank(row)]


@given(text=st.text(st.sampled_from('ab",;\n\r\0 é\udcff')), delimiter=st.sampled_from(",;\t|"))
def test_no_text_stops_the_reading_and_each_record_begins_on_a_line_of_its_own(text, delimiter):
    lines = [record.line for record in records(StringIO(text, newline=""), delimiter)]
    assert lines == sorted(set(lines))


@given(text=st.text(st.sampled_from("ab,;\n\r\0 é\udcff")), delimiter=st.sampled_from(",;"))
def test_without_quotation_marks_every_line_is_a_record_but_the_blank_ones(text, delimiter):
    lines = [line.split(delimiter) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    assert read(text, delimiter) == [cells for cells in lines if not is_blank(cells)]


def test_rows_count_as_in_a_spreadsheet_and_lines_as_in_an_editor():
    found = list(records(StringIO('a,b\n\n"1\n2",x\nlast,y\n', newline=""), ","))
    assert [(record.row, record.line) for record in found] == [(1, 1), (3, 3), (4, 5)]


def test_a_quotation_mark_that_is_never_closed_costs_its_own_row_only():
    text = 'a,b\n"James,Butt\nJosephine,Darakjy\nArt,"Venere"\nLenna,Paprocki\n'
    assert read(text) == [["a", "b"], ['"James,Butt\n'], ["Josephine", "Darakjy"], ["Art", "Venere"], ["Lenna", "Paprocki"]]
    [(row, line, fault)] = faults(text)
    assert (row, line) == (2, 2)
    assert "quotation mark" in fault


def test_the_last_row_may_be_the_one_that_is_never_closed():
    [(row, line, fault)] = faults('a,b\nc,"d\n')
    assert (row, line, fault) == (2, 2, "A quotation mark that opens in this row is never closed. See column 2.")


def test_a_quotation_mark_inside_quotes_is_written_twice():
    [(row, _, fault)] = faults('a,b\n"James "Jim" Butt",x\nc,d\n')
    assert (row, fault) == (2, "A quotation mark stands where none may. Inside quotes it is written twice. See column 1.")


def test_a_quote_that_would_swallow_the_file_takes_bounded_memory_and_says_where_it_began():
    lines = "x" * 60 + "\n"
    text = StringIO('a,b\n1,"2\n' + lines * 200_000, newline="")
    reader = records(text, ",")
    tracemalloc.start()
    first = [next(reader) for _ in range(3)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(record.line, bool(record.fault)) for record in first] == [(1, False), (2, True), (3, False)]
    assert peak < 20 * LONGEST_RECORD


@pytest.mark.parametrize("cell", ["x" * 10_000_000, '"' + "x" * 10_000_000 + '"', "x" * (LONGEST_RECORD + 1), "é" * (LONGEST_RECORD - 3)])
def test_a_cell_of_megabytes_is_a_broken_row_and_the_next_one_is_whole(cell):
    text = f"a,b\n1,{cell}\n2,3\n"
    assert [record.cells for record in records(StringIO(text, newline=""), ",") if not record.fault] == [["a", "b"], ["2", "3"]]
    assert [(row, line) for row, line, _ in faults(text)] == [(2, 2)]


def test_a_cell_of_too_many_lines_is_a_broken_row():
    text = 'a\n"' + "x\n" * (MOST_LINES + 1) + '"\n'
    assert faults(text)[0][:2] == (2, 2)


def test_a_whole_file_of_open_quotes_is_read_in_time_that_grows_with_its_size():
    """Each line, read from its beginning, leaves a quote open, and none closes the one before it: the worst a file can do."""
    line = 'a",b,"c\n'
    found = list(records(StringIO(line * 5_000, newline=""), ","))
    assert len(found) == 5_000
