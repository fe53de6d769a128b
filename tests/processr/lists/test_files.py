"""Uploaded files: texts are stored as plain UTF-8, others are refused with a message and leave nothing behind."""

import os
import stat
from collections.abc import Iterator
from io import BytesIO
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.core.errors import DomainError
from config.core.tabular.protection import encrypt_workbook, write_zip
from config.core.tabular.workbook_writer import write_workbook
from processr.lists import files
from processr.lists.kinds import EMAIL, NAME, PHONE, VALUE
from processr.lists.reader import read_layout, read_parts


def chunks(data: bytes, size: int) -> Iterator[bytes]:
    yield from (data[start : start + size] for start in range(0, len(data), size))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_text_of_any_marked_encoding_is_kept_as_plain_utf8(encoding, size, ends):
    stored = files.store(chunks(ends.join(["Äcme", "Straße", "مرحبا", "🇬🇧"]).encode(encoding), size))
    assert stored.path.read_bytes() == "Äcme\nStraße\nمرحبا\n🇬🇧".encode()
    assert (stored.lines, stored.size) == (4, stored.path.stat().st_size)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16-le", "utf-16-be"])
def test_an_encoding_that_shows_by_itself_is_known_without_a_mark(encoding):
    assert (
        files.store([b"", "Café “Zoë”\nAcme and others\n".encode(encoding)]).path.read_bytes() == "Café “Zoë”\nAcme and others\n".encode()
    )


@given(data=st.binary(max_size=60), size=st.integers(1, 20))
def test_any_bytes_are_kept_or_refused_in_words(state, data, size):
    before = set(files.folder().iterdir()) if files.folder().is_dir() else set()
    try:
        stored = files.store(chunks(data, size))
    except DomainError:
        assert not files.folder().is_dir() or set(files.folder().iterdir()) == before
        return
    text = stored.path.read_bytes().decode()
    assert "\0" not in text
    assert stored.lines == text.count("\n") + (not text.endswith("\n"))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"Caf\xc3\xa9\nCaf\xe9\n", "not UTF-8.* line 2, character 4"),
        (b"Acme\n\x81\n", "not UTF-8.* line 2, character 1"),
        (b"Ac\x00me", "NUL"),
        (b"PK\x03\x04rest", "workbook"),
        (b"\xd0\xcf\x11\xe0rest", "workbook"),
    ],
)
def test_what_is_no_text_is_refused_in_words_and_leaves_nothing(state, data, why):
    with pytest.raises(DomainError, match=why):
        files.store(chunks(data, 3))
    assert list(files.folder().iterdir()) == []


def test_a_file_that_is_too_large_is_refused(monkeypatch, state):
    monkeypatch.setattr(files, "LARGEST", 1024 * 1024)
    with pytest.raises(DomainError, match="larger than 1 MB"):
        files.store(chunks(b"x" * (1024 * 1024 + 1), 4096))
    assert list(files.folder().iterdir()) == []


def test_files_are_for_the_owner_only_and_called_by_us(state):
    stored = files.store([b"a\n"], delimiter="comma")
    assert stat.S_IMODE(stored.path.stat().st_mode) == 0o600
    assert stored.path.parent.is_relative_to(state)
    assert files.delimiter_of(stored.path) == "comma"


def test_nothing_outside_the_folder_is_ever_deleted(state):
    mine = state / "mine.csv"
    mine.write_text("a")
    files.delete(mine)
    files.delete(files.folder() / ".." / ".." / "mine.csv")
    assert mine.exists()


@pytest.mark.parametrize("name", ["value-imports/a..csv", "/srv/old/var/files/value-imports/a..csv", "a..csv", "../../a..csv", "/a..csv"])
def test_a_stored_name_leads_into_the_folder_of_this_machine_and_nowhere_else(state, name):
    assert files.path_of(name) == state / "files" / "value-imports" / "a..csv"


def test_what_a_dead_process_left_behind_is_forgotten_after_a_while(state):
    waited_for, fresh, old = (files.store([b"a"]).path for _ in range(3))
    for path in (waited_for, old):
        os.utime(path, (1, 1))
    files.delete_left_behind([f"value-imports/{waited_for.name}"])
    assert {path for path in (waited_for, fresh, old) if path.exists()} == {waited_for, fresh}


def read(data: bytes, kind=VALUE, delimiter: str = "") -> tuple[list[str], list[str]]:
    """Keys, and what was refused."""
    path = files.store([data]).path
    how = read_layout(path, kind, delimiter=delimiter)
    with path.open("rb") as file:
        found = list(read_parts(file, kind, how, position=0))
    assert found[-1].end == path.stat().st_size
    return [row[-1] for part in found for row in part.rows], [line.message for part in found for line in part.refused]


@pytest.mark.parametrize(
    ("data", "delimiter", "keys"),
    [
        (b"Acme\nExample", "", ["acme", "example"]),
        (b"value\nAcme\n", "", ["acme"]),
        (b"\n\n VALUE \n\nAcme\n\n", "", ["acme"]),
        (b"company\nAcme, Inc\nExample; GmbH\n", "", ["acme, inc", "example; gmbh"]),
        (b'"Acme, Inc"\n"the ""best"""\n', "", ["acme, inc", 'the "best"']),
        (b"id,value,remark\n1,Acme,x\n2,Example,y\n", "", ["acme", "example"]),
        (b"id;value\n1;Acme, Inc\n2;Example, Ltd\n", "", ["acme, inc", "example, ltd"]),
        (b"id\tValue\n1\tAcme\n", "", ["acme"]),
        (b"value|id\nAcme|1\n", "", ["acme"]),
        (b"name,value\nJo,Acme\n", "", ["acme"]),
        (b"Smith, Ltd\nJones, Ltd\n", "none", ["smith, ltd", "jones, ltd"]),
        (b"email,x\na@b.c,1\n", "comma", ["a@b.c"]),
        (b"'+44\n'Tis\n'=1+1\n", "", ["+44", "'tis", "=1+1"]),
        (b"value,id\nAcme,1\n,2\n", "", ["acme"]),
        (b'id,value,street\n1,Acme,"High Street 1\n2nd floor"\n2,Example,x\n', "", ["acme", "example"]),
        (b'"Acme\r\nLimited"\r\nExample\r\n', "", ["acme limited", "example"]),
        (b"value;id\nAcme\nExample;2\n", "", ["acme", "example"]),
        (b"id,Value,Value2\n1,Acme\n2,Example,,,\n,,\n\n", "", ["acme", "example"]),
        (b'sep=;\r\n"New_Value";"x"\r\n"Acme";"1"\r\n', "", ["acme"]),
        (b"x|COMPANY-NAME|x\r1|Acme|2\r", "", ["acme"]),
        ("\u200bCompany\u00a0name,x\nAcme,1\n".encode(), "", ["acme"]),
        ("値\t会社\tvalue\n1\t2\t一\n".encode("utf-16-le"), "", ["一"]),
        (b'value\n5" pipe\nRobert "Bob" Smith\n', "", ['5" pipe', 'robert "bob" smith']),
        (b"value,x\n00042,1\n'00042,2\n''+1,3\n'@Home,4\n", "", ["00042", "'00042", "'+1", "@home"]),
    ],
)
def test_a_file_of_values_is_understood(data, delimiter, keys):
    assert read(data, delimiter=delimiter)[0] == keys


@pytest.mark.parametrize(
    ("data", "kind", "keys"),
    [
        (b"email\nJo@example.com\n", EMAIL, ["jo@example.com"]),
        (b"id,e-mail\n1,jo@example.com\n", EMAIL, ["jo@example.com"]),
        (b"firstName,lastName\nJo,Doe\n", NAME, ["jo doe"]),
        (b"Last name;First name\nDoe;Jo\n", NAME, ["jo doe"]),
        (b"Jo\tDoe\nAl\tRoe\n", NAME, ["jo doe", "al roe"]),
        (b"surname,x,forename\nDoe,,Jo\n", NAME, ["jo doe"]),
        (b"E-Mail_Address;x;x\njo@example.com\nal@example.com;1;\n", EMAIL, ["jo@example.com", "al@example.com"]),
        (b"LAST_NAME|FIRST.NAME|\nDoe|Jo\n", NAME, ["jo doe"]),
        (b"Vorname;Nachname\nJo;Doe\n", NAME, ["jo doe"]),
        ("N°;Nom de famille;Prénom\n1;Doe;Jo\n".encode(), NAME, ["jo doe"]),
        (b"Nombre,Apellidos\nJo,Doe\n", NAME, ["jo doe"]),
        (b"Cognome\tNome\nDoe\tJo\n", NAME, ["jo doe"]),
        ("Imię;Nazwisko\nJo;Doe\n".encode(), NAME, ["jo doe"]),
        ("Фамилия,Имя\nДоу,Джо\n".encode(), NAME, ["джо доу"]),
        ("姓,名\n山田,太郎\n".encode(), NAME, ["太郎 山田"]),
        (b"Adresse E-Mail;x\njo@example.com;1\n", EMAIL, ["jo@example.com"]),
        ("x;Correo electrónico\n1;jo@example.com\n".encode(), EMAIL, ["jo@example.com"]),
        ("メールアドレス\njo@example.com\n".encode(), EMAIL, ["jo@example.com"]),
        (b"Name;Telefonnummer\nJo;+44 20 7946 0001\n", PHONE, ["+442079460001"]),
        ("Téléphone\n+44 20 7946 0001\n".encode(), PHONE, ["+442079460001"]),
    ],
)
def test_a_file_for_suppression_is_understood(data, kind, keys):
    assert read(data, kind) == (keys, [])


@pytest.mark.parametrize(
    ("data", "kind", "delimiter", "why"),
    [
        (b"Smith, Ltd\nJones, Ltd\n", VALUE, "", "no heading says which"),
        (b"a,b;c\nd,e;f\n", VALUE, "", "more than one delimiter: comma or semicolon"),
        (b"email,company\na,b\n", VALUE, "", "Several columns could be"),
        (b"a,b,c\n", NAME, "", "headings firstName and lastName"),
        (b"Jo Doe\n", NAME, "", "headings firstName and lastName"),
        (b"a\n", VALUE, "colon", "The delimiter is one of"),
        (b"\n \n", VALUE, "", "empty"),
    ],
)
def test_what_leaves_a_doubt_is_refused_with_the_way_out(data, kind, delimiter, why):
    with pytest.raises(DomainError, match=why):
        read(data, kind, delimiter)


def test_lines_that_are_no_entries_are_told_by_number_and_the_others_taken():
    lines = ["value,id", "Acme,1", f"{'x' * 501},2", '"never closed,3', "Example,4", '"a"b,5', "alone", "y" * 30_000 + ",6", "Last,7"]
    keys, refused = read("\n".join(lines).encode(), delimiter="comma")
    assert keys == ["acme", "example", "alone", "last"]
    assert [why.split(" is")[0].split(" has")[0] for why in refused] == ["Line 3", "Line 4", "Line 6", "Line 8"]
    assert "is longer than 500 characters" in refused[0]
    assert "quotation mark" in refused[1]


def test_a_row_with_more_cells_than_the_first_is_refused():
    keys, refused = read(b"value,id\nAcme, Inc,1\nExample,2\n")
    assert (keys, len(refused)) == (["example"], 1)
    assert refused[0].startswith("Line 2 has 3 columns, the first row 2")


def test_lines_longer_than_any_entry_are_refused_by_their_number():
    keys, refused = read("\n".join(["value", "é" * 400_000, "Acme", '"' + "x" * 900_000, "Example"]).encode())
    assert (keys, [why.partition(" is ")[0] for why in refused]) == (["acme", "example"], ["Line 2", "Line 4"])


def workbook(tmp_path, header, *rows) -> bytes:
    write_workbook(tmp_path / "values.xlsx", header, rows)
    return (tmp_path / "values.xlsx").read_bytes()


@pytest.mark.parametrize("delimiter", ["", "none", "tab"])
def test_a_workbook_is_understood_whatever_delimiter_is_said(state, delimiter):
    data = workbook(state, ["id", "value"], [1, "Acme, Inc"], [], [2, 'the "best"'], [3, "'=1\nand more"], [4, "=2"], [5, ""])
    stored = files.store(chunks(data, 1_000), delimiter=delimiter)
    assert stored.lines == 7
    how = read_layout(stored.path, VALUE, delimiter=files.delimiter_of(stored.path))
    with stored.path.open("rb") as file:
        [part] = read_parts(file, VALUE, how, position=0)
    assert [row[0] for row in part.rows] == ["Acme, Inc", 'the "best"', "'=1 and more", "=2"]
    assert [line.message for line in part.refused] == ["Line 7 is empty."]


def test_a_file_may_be_packed_and_have_a_password(state, tmp_path):
    write_zip(packed := BytesIO(), "values.csv", [b"value\nAcme\n"], password="secret")
    encrypt_workbook(BytesIO(workbook(tmp_path, ["value"], ["Acme"])), locked := BytesIO(), password="secret")
    with ZipFile(plain := BytesIO(), "w") as archive:
        archive.writestr("values.csv", "value\nAcme\n")
        archive.writestr("__MACOSX/._values.csv", "of the system")
    for upload, password in ((packed, "secret"), (locked, "secret"), (plain, "")):
        assert files.store([upload.getvalue()], password=password).path.read_text() == "value\nAcme\n"
    kept = len(list(files.folder().iterdir()))
    for upload, password, field in (
        (packed, "", "password"),
        (packed, "other", "password"),
        (locked, "other", "password"),
        (locked, "", "file"),
    ):
        with pytest.raises(DomainError, match="password") as refused:
            files.store([upload.getvalue()], password=password)
        assert refused.value.field == field
    assert len(list(files.folder().iterdir())) == kept


def test_a_broken_workbook_leaves_nothing(state):
    data = workbook(state, ["value"], ["Acme"])
    with pytest.raises(DomainError, match="workbook is damaged"):
        files.store([data[:-200]])
    assert list(files.folder().iterdir()) == []


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b"sep=;\nid;value\n1;Acme, Inc\n", ["acme, inc"]),
        (b'\xef\xbb\xbf"sep=|"\r\nAcme\r\nExample|\r\n', ["acme", "example"]),
        (b"Acme;\nExample;\n", ["acme", "example"]),
        (b"value;;\nAcme;;\n", ["acme"]),
    ],
)
def test_separator_lines_and_delimiters_at_the_end_are_understood(data, keys):
    assert read(data) == (keys, [])
