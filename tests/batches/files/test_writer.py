"""Files of batches, opened by readers that share nothing with what wrote them."""

import csv
import hashlib
import io
import zipfile
from itertools import product
from pathlib import Path

import msoffcrypto
import openpyxl
import pytest
from django.db import DataError, connection, transaction

from batches.files.columns import BatchColumn, Query, select_rows, source_of
from batches.files.formats import BatchFormat
from batches.files.writer import WrittenFile, write_file
from config.core.errors import DomainError
from config.core.tabular.workbook_reader import LONGEST_CELL
from leads.models import Lead
from tests.batches.files.readers import read_encrypted

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
CELLS = [
    "plain", "", " ", "two\nlines", "two\r\nlines", "old\rmac", 'a "quoted" word', '"', "comma, semicolon; tab\t pipe|", "'", "''", "\\.", "\\", "\\N",
    "NULL", "=1+1", "+44 20 7946 0000", "-1", "@SUM(A1)", "'=1", '="00123"', "＝1", "\t=1", "00123", "1e5", "12345678901234567890", "2026-03-29",
    "TRUE", "😀👩‍👩‍👧", "שלום עולם", "\u202eevil", "é", "e\u0301", "名前", "\ufeffmark", "\x01\x1f", "_x0041_", "<r>not</r>", "&amp;<b>", "x" * 30_000,
    "a%sb%%c", "{curly}", "\u2028",
]  # fmt: skip
"""Two columns of each row: the first has the text, the second a plain one."""
HEADER = ['The "text", of it', "Größe\u200d"]
COLUMNS = [BatchColumn(HEADER[0], "text"), BatchColumn(HEADER[1], "plain")]


@pytest.fixture
def leads(campaign, make_leads):
    made = make_leads(campaign, len(CELLS))
    for lead, cell in zip(made, CELLS, strict=True):
        lead.captured = {"text": cell, "plain": f"p{lead.pk}"}
    Lead.objects.bulk_update(made, ["captured"])
    return made


@pytest.fixture
def write(tmp_path):
    """write(file_format): the path of the file, and what was written."""

    def write(file_format: BatchFormat, columns=COLUMNS, *, leads=None) -> tuple[Path, WrittenFile]:
        chosen = Lead.objects.all() if leads is None else Lead.objects.filter(pk__in=[lead.pk for lead in leads])
        source = source_of(chosen, position="pk", lead="pk", delivery="form_id")
        target = tmp_path / "written"
        written = write_file(
            target,
            file_format,
            [column.header for column in columns],
            select_rows(source, columns, file_format, zone="UTC"),
            inner_name="in.txt",
        )
        assert list(tmp_path.iterdir()) == [target], "nothing else is left"
        content = target.read_bytes()
        assert (written.sha256, written.size) == (hashlib.sha256(content).hexdigest(), len(content))
        return target, written

    return write


def expected(leads) -> list[list[str]]:
    return [HEADER, *([cell, f"p{lead.pk}"] for lead, cell in zip(leads, CELLS, strict=True))]


@pytest.mark.parametrize(("delimiter", "line_end", "quotes_all"), [*product([",", ";", "\t", "|"], ["\r\n", "\n"], [False, True])])
def test_a_text_file_holds_every_cell(leads, write, delimiter, line_end, quotes_all):
    path, written = write(BatchFormat(delimiter=delimiter, line_end=line_end, quotes_all=quotes_all))
    text = path.read_bytes().decode("utf-8")
    assert [*csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)] == expected(leads)
    assert (written.rows, written.replaced) == (len(CELLS), 0)
    assert text.endswith(line_end)
    first, second = text.split(line_end)[1:3]
    assert first == (f'"plain"{delimiter}"p{leads[0].pk}"' if quotes_all else f"plain{delimiter}p{leads[0].pk}")
    assert second == (f'""{delimiter}"p{leads[1].pk}"' if quotes_all else f"{delimiter}p{leads[1].pk}")


@pytest.mark.parametrize(("encoding", "mark"), [("utf-8", b""), ("utf-8-sig", b"\xef\xbb\xbf"), ("utf-16", b"\xff\xfe")])
def test_encodings_that_have_every_character(leads, write, encoding, mark):
    path, written = write(BatchFormat(kind="txt", encoding=encoding))
    content = path.read_bytes()
    assert content.startswith(mark)
    assert [*csv.reader(io.StringIO(content.decode(encoding), newline=""))] == expected(leads)
    assert written.replaced == 0


@pytest.mark.parametrize(("encoding", "euro"), [("cp1252", b"\x80"), ("iso-8859-15", b"\xa4")])
def test_characters_that_an_encoding_does_not_have_are_counted(campaign, make_leads, write, encoding, euro):
    made = make_leads(campaign, 1, text="€ 5, Łódź 😀 é", plain="名前")
    path, written = write(BatchFormat(encoding=encoding, header=False, delimiter=";"), leads=made)
    lodz = {"cp1252": "?ód?", "iso-8859-15": "?ód?"}[encoding].encode(encoding)
    assert path.read_bytes() == euro + b" 5, " + lodz + b" ? \xe9;??\r\n"
    assert written.replaced == 5


def test_a_file_without_a_header_and_one_without_rows(leads, write):
    path, written = write(BatchFormat(header=False))
    assert [*csv.reader(io.StringIO(path.read_bytes().decode(), newline=""))] == expected(leads)[1:]
    path, written = write(BatchFormat(), leads=[])
    assert path.read_bytes().decode() == f'"The ""text"", of it",{HEADER[1]}\r\n'
    assert written.rows == 0
    path, written = write(BatchFormat(kind="xlsx"), leads=[])
    assert (written.rows, rows_of(path.read_bytes())) == (0, [HEADER])


def test_a_lead_whose_only_column_is_empty_is_a_row_all_the_same(leads, write):
    path, written = write(BatchFormat(header=False, line_end="\n"), COLUMNS[:1], leads=leads[:2])
    assert path.read_bytes() == b'plain\n""\n'
    assert written.rows == 2


def test_formulas_are_neutral_only_where_it_is_set(leads, write):
    path, _ = write(BatchFormat(neutralises=True))
    texts = [row[0] for row in csv.reader(io.StringIO(path.read_bytes().decode(), newline=""))][1:]
    neutral = {"=1+1", "+44 20 7946 0000", "-1", "@SUM(A1)", "'=1", '="00123"', "＝1", "\t=1"}
    assert texts == [f"'{cell}" if cell in neutral else cell for cell in CELLS]


# Workbooks


def rows_of(workbook: bytes) -> list[list[str]]:
    sheet = openpyxl.load_workbook(io.BytesIO(workbook)).active
    return [[openpyxl.utils.escape.unescape(cell.value or "") for cell in row] for row in sheet.iter_rows()]


def test_a_workbook_holds_every_cell_as_text(leads, write):
    path, written = write(BatchFormat(kind="xlsx"))
    assert written.rows == len(CELLS)
    sheet = openpyxl.load_workbook(path.rename(path.with_suffix(".xlsx"))).active
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    found = rows_of(path.with_suffix(".xlsx").read_bytes())
    assert [row[1] for row in found] == [row[1] for row in expected(leads)]
    assert [row[0] for row in found] == [row[0] for row in expected(leads)]


def test_a_workbook_under_a_password_opens_with_it_alone(leads, write):
    path, _ = write(BatchFormat(kind="xlsx", xlsx_password="correct horse"))
    with path.open("rb") as file:
        locked = msoffcrypto.OfficeFile(file)
        assert locked.is_encrypted()
        locked.load_key(password="correct horse")
        locked.decrypt(plain := io.BytesIO(), verify_integrity=True)
    assert rows_of(plain.getvalue())[0] == HEADER
    with path.open("rb") as file:
        locked = msoffcrypto.OfficeFile(file)
        with pytest.raises(msoffcrypto.exceptions.InvalidKeyError):
            locked.load_key(password="wrong", verify_password=True)


def test_a_cell_that_no_workbook_can_hold_is_named(leads, write, campaign, make_leads):
    made = make_leads(campaign, 1, text="x" * (LONGEST_CELL + 1))
    with pytest.raises(DomainError, match="Row 2, column 1 .* Choose CSV"):
        write(BatchFormat(kind="xlsx"), leads=made)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,), "the transaction goes on"


# ZIP


@pytest.mark.parametrize("kind", ["csv", "txt", "xlsx"])
def test_a_zip_file_with_a_password_is_read_by_the_rules_of_winzip(leads, write, kind):
    path, written = write(BatchFormat(kind=kind, zips=True, zip_password="correct horse"))
    name, content = read_encrypted(path.read_bytes(), "correct horse")
    assert (name, written.rows) == ("in.txt", len(CELLS))
    found = rows_of(content) if kind == "xlsx" else [*csv.reader(io.StringIO(content.decode(), newline=""))]
    assert [row[1] for row in found] == [row[1] for row in expected(leads)]
    with pytest.raises(AssertionError, match="another password"):
        read_encrypted(path.read_bytes(), "wrong")
    with zipfile.ZipFile(path) as archive, pytest.raises((RuntimeError, NotImplementedError)):
        archive.read("in.txt", b"correct horse")


def test_a_zip_file_without_a_password(leads, write):
    path, _ = write(BatchFormat(zips=True))
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["in.txt"]
        assert [*csv.reader(io.StringIO(archive.read("in.txt").decode(), newline=""))] == expected(leads)


def test_both_passwords_lie_one_in_the_other(leads, write):
    path, _ = write(BatchFormat(kind="xlsx", xlsx_password="inner", zips=True, zip_password="outer"))
    _, content = read_encrypted(path.read_bytes(), "outer")
    locked = msoffcrypto.OfficeFile(io.BytesIO(content))
    locked.load_key(password="inner")
    locked.decrypt(plain := io.BytesIO())
    assert rows_of(plain.getvalue())[0] == HEADER


def test_a_fault_of_the_database_is_not_taken_for_the_end(write, tmp_path):
    broken = Query("SELECT 1 / (5 - n) FROM generate_series(1, 9) AS t (n)", [])
    with pytest.raises(DataError, match="division by zero"), transaction.atomic():
        write_file(tmp_path / "x", BatchFormat(), ["n"], broken, inner_name="x")
