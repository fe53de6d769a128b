"""Files that were written are read back unchanged, whatever they hold: files for people, refused rows, workbooks."""

import csv
from io import StringIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from config.core.tabular import header
from config.core.tabular.csv_writer import CsvFormat, stream_rows
from config.core.tabular.plain_lines import placed_records
from config.core.tabular.records import records
from config.core.tabular.refused_rows import open_refused_rows
from config.core.tabular.source_file import open_source
from config.core.tabular.uploads import write_lines
from config.core.tabular.workbook_writer import write_workbook

LIKE_FORMULAS = st.text(st.sampled_from("'= +-@\t\r\n＝＠aé\\;,|\""), max_size=8)
CELLS = st.one_of(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30), LIKE_FORMULAS)
ROWS = st.lists(st.lists(CELLS, min_size=3, max_size=3).filter(lambda row: any(cell.strip() for cell in row)), min_size=1, max_size=6)
NAMES = ["first, name", "second;name", "'third"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("written")


def read(path) -> list[list[str]]:
    with open_source(path) as source:
        found = header.read_header(source)
        return [record.cells for record in source.records(found.delimiter)][1:]


@pytest.mark.parametrize(
    "csv_format", [CsvFormat(), CsvFormat(delimiter=";", quotes_all=True), CsvFormat(delimiter="\t", encoding="utf-16")]
)
@given(rows=ROWS)
@example(rows=[["+34 600", "@Home", "'@Home"], ["''", "'", "''=x"]])
def test_a_file_for_people_is_read_as_it_was_written(folder, csv_format, rows):
    path = folder / "people.csv"
    path.write_bytes(b"".join(stream_rows([["a", "b", "c"], *rows], csv_format)))
    assert read(path) == rows


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@given(rows=ROWS)
def test_refused_rows_are_read_as_they_were_written(folder, delimiter, rows):
    path = folder / f"refused-{ord(delimiter)}.csv"
    path.unlink(missing_ok=True)
    refused = open_refused_rows(path, size=0, columns=NAMES, delimiter=delimiter)
    refused.add(rows)
    refused.close()
    assert read(path) == rows


@given(rows=st.lists(st.lists(LIKE_FORMULAS, min_size=3, max_size=3).filter(lambda row: any(cell.strip() for cell in row)), max_size=4))
def test_a_workbook_is_read_as_it_was_written(folder, rows):
    write_workbook(folder / "people.xlsx", NAMES, rows)
    assert read(folder / "people.xlsx") == rows


@given(rows=ROWS, per_part=st.integers(1, 3))
def test_records_of_plain_lines_are_read_on_from_where_each_begins(folder, rows, per_part):
    plain = folder / "plain.csv"
    text = StringIO(newline="")
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    (folder / "raw.csv").write_text("\n \n" + text.getvalue(), encoding="utf-8-sig", newline="")
    with (folder / "raw.csv").open("rb") as raw, plain.open("wb") as target:
        write_lines(raw, target, largest=1_000_000)
    with plain.open("rb") as file:
        whole = list(placed_records(file, ","))
        assert [record.cells for _, record in whole] == [[cell.replace("\r\n", "\n").replace("\r", "\n") for cell in row] for row in rows]
        start, record = whole[per_part % len(whole)]
        assert list(placed_records(file, ",", position=start))[0] == (start, record._replace(row=record.line))


@given(text=st.text(st.sampled_from('ab",;\n é'), max_size=40), delimiter=st.sampled_from(",;\x1f"))
@example(text='""\n\n"a\nb",c\n"d\ne,f\n', delimiter=",")
def test_records_of_plain_lines_are_those_of_the_text(folder, text, delimiter):
    """Also where quotation marks are broken, or lines are blank; rows are numbered by their lines."""
    path = folder / "any.csv"
    path.write_text(text, encoding="utf-8", newline="")
    with path.open("rb") as file:
        found = list(placed_records(file, delimiter))
    assert [record for _, record in found] == [
        record._replace(row=record.line) for record in records(StringIO(text, newline=""), delimiter)
    ]
    data, lines = text.encode(), text.split("\n")
    assert [data[:start].count(b"\n") + 1 for start, _ in found] == [record.line for _, record in found]
    assert all(data[start:].decode().partition("\n")[0] == lines[record.line - 1] for start, record in found)
