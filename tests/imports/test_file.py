"""Files as they come: marked, unmarked, in other encodings, and things that are no files of people."""

import codecs
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.core.errors import DomainError
from config.core.tabular import header
from config.core.tabular.encodings import UNREADABLE
from config.core.tabular.header import Header
from config.core.tabular.source_file import open_source
from leads.imports import columns


@pytest.fixture
def put(tmp_path):
    def put(content: bytes):
        path = tmp_path / "people.csv"
        path.write_bytes(content)
        return path

    return put


def text_of(path, encoding: str = "") -> str:
    with open_source(path, encoding=encoding) as source:
        return source.text().read()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("José,€\r\n".encode(), ""),
        (codecs.BOM_UTF8 + "José,€\r\n".encode(), ""),
        (codecs.BOM_UTF8 + "José,€\r\n".encode(), "cp1252"),
        ("José,€\r\n".encode("cp1252"), "cp1252"),
        ("José,€\r\n".encode("cp1252"), "Windows-1252"),
        ("José,€\r\n".encode("utf-16"), ""),
        (codecs.BOM_UTF16_BE + "José,€\r\n".encode("utf-16-be"), ""),
        ("José,€\r\n".encode("utf-16-le"), "utf-16-le"),
        ("José,€\r\n".encode("utf-16-le"), ""),
        ("José,€\r\n".encode("utf-16-be"), ""),
        ("José,€\r\n".encode("cp1252"), ""),
        ("José,€\r\n".encode("utf-32"), ""),
    ],
)
def test_a_file_is_read_as_it_is_marked_then_as_it_is_said_then_by_a_guess(put, content, said):
    assert text_of(put(content), said) == "José,€\r\n"


def test_the_last_letter_shows_the_encoding_too(put):
    assert text_of(put("José".encode("cp1252"))) == "José"


@pytest.mark.parametrize("name", ["klingon", "zlib", "rot13", "unicode_escape", "utf-7", "idna", "undefined", "x\0y"])
def test_an_encoding_that_is_none_is_refused(put, name):
    with pytest.raises(DomainError, match="There is no encoding"):
        text_of(put(b"a,b\n"), name)


def test_bytes_that_mean_nothing_are_marked_where_they_stand(put):
    assert text_of(put(b"\xc3\xa9,\xe9,b\n")) == f"é,{UNREADABLE},b\n"
    assert text_of(put(b"a,\x81,b\n")) == f"a,{UNREADABLE},b\n"
    assert text_of(put(b"a,\x81,b\n"), "cp1252") == f"a,{UNREADABLE},b\n"


@given(
    content=st.binary(max_size=200), encoding=st.sampled_from(["utf-8", "utf-16-le", "utf-32-be", "cp1252", "shift_jis", "gb18030", "big5"])
)
def test_no_bytes_stop_the_reading(tmp_path_factory, content, encoding):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(b"abcdefgh" + content)
    assert isinstance(text_of(path, encoding), str)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04\x14\x00", "workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "workbook"),
        (b"na\0me,email\n", "not text"),
    ],
)
def test_what_is_no_text_is_refused_with_a_way_out(put, content, words):
    with pytest.raises(DomainError, match=words):
        text_of(put(content))


def test_what_is_no_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name, words in (("pipe", "is not a file"), (".", "is not a file"), ("nobody.csv", "No such file")):
        with pytest.raises(DomainError, match=words):
            text_of(tmp_path / name)


def test_a_change_while_it_is_read_is_seen(put):
    path = put(b"a,b\n")
    with open_source(path) as source:
        assert not source.has_changed
        with path.open("ab") as file:
            file.write(b"c,d\n")
        assert source.has_changed


# The header


def head(put, content: str | bytes, **said) -> Header:
    with open_source(put(content if isinstance(content, bytes) else content.encode())) as source:
        return header.read(source, **said)


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_divides_the_header(put, sign):
    assert head(put, f'"Name"{sign} E-mail {sign}Phone\n') == Header(sign, ("Name", "E-mail", "Phone"))


def test_a_delimiter_inside_quotes_divides_nothing(put):
    assert head(put, '"Name, in full";E-mail\n') == Header(";", ("Name, in full", "E-mail"))


def test_one_column_needs_no_delimiter(put):
    assert head(put, "email\na@example.com\n") == Header(",", ("email",))


def test_an_ambiguous_header_is_refused_and_a_word_decides(put):
    content = "Phone (home, work);E-mail\n"
    with pytest.raises(DomainError, match="comma or semicolon"):
        head(put, content)
    assert head(put, content, delimiter="semicolon").names == ("Phone (home, work)", "E-mail")


@pytest.mark.parametrize(
    ("said", "sign"), [(",", ","), ("comma", ","), ("TAB", "\t"), ("\t", "\t"), ("\\t", "\t"), ("pipe", "|"), ("|", "|")]
)
def test_a_delimiter_is_said_by_its_sign_or_its_name(put, said, sign):
    assert head(put, "a\n", delimiter=said).delimiter == sign


def test_other_delimiters_are_refused(put):
    with pytest.raises(DomainError, match="one of comma, semicolon, tab, pipe"):
        head(put, "a:b\n", delimiter=":")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty"),
        (b"\n\r\n", "The file is empty"),
        (codecs.BOM_UTF8, "The file is empty"),
        (b"Name,E-mail,name\n", "same name: Name, name"),
        (b'"Name,E-mail\n', "The header cannot be read"),
        (b"Nam\x81,E-mail\n", "column 1. Say which it is with --encoding"),
        (b"firstName,la\0st\n", "--encoding"),
    ],
)
def test_a_header_that_is_none_is_refused(put, content, words):
    with pytest.raises(DomainError, match=words):
        head(put, content)


# Columns and fields


class Field:
    def __init__(self, name: str, label: str = "", *, required: bool = False) -> None:
        self.name, self.label, self.required = name, label, required


FIELDS = [Field("firstName", "First name", required=True), Field("email", "Work e-mail", required=True), Field("telephone", "Telephone")]


def matched(names: str, *said: str) -> dict[str, str]:
    return columns.match(names.split(","), FIELDS, said).fields


def test_columns_called_like_a_field_or_its_label_map_themselves_in_any_case():
    assert matched("FIRST NAME,EMAIL,telephone,County") == {"FIRST NAME": "firstName", "EMAIL": "email", "telephone": "telephone"}
    assert columns.match(["firstName", "email", "", "County"], FIELDS, []).left_out == ["column 3", "County"]


def test_others_are_mapped_by_hand():
    taken = matched("Name=1,Mail,Id", "name=1=firstName", "Mail = email", "Id=externalId")
    assert taken == {"Name=1": "firstName", "Mail": "email", "Id": "externalId"}


def test_what_is_said_goes_before_what_a_column_is_called():
    assert matched("firstName,email,Work mail", "Work mail=email") == {"firstName": "firstName", "Work mail": "email"}
    assert matched("firstName,email,telephone", "telephone=") == {"firstName": "firstName", "email": "email"}


@pytest.mark.parametrize(
    ("names", "said", "words"),
    [
        (
            "firstName,email,x",
            "x=nickname",
            "no field nickname. It has: firstName, email, telephone. Beside the form there are: externalId",
        ),
        ("firstName,email", "Mail=email", "no column Mail. It has: firstName, email"),
        ("firstName,email", "email", "maps nothing"),
        ("firstName,x", "=x", "no column"),
        ("firstName,Work e-mail,email", None, "Several columns go into one field: Work e-mail = email, email = email"),
        ("firstName,county", None, "requires email"),
        ("James,jbutt@example.com", None, "requires firstName, email"),
    ],
)
def test_a_mapping_that_does_not_work_out_is_refused_before_anything_is_read(names, said, words):
    with pytest.raises(DomainError, match=words):
        matched(names, *([said] if said else []))


def test_a_column_is_mapped_once():
    with pytest.raises(DomainError, match="Column x is mapped twice"):
        matched("firstName,email,x", "x=telephone", "X=externalId")


def test_a_label_two_fields_share_maps_nothing():
    fields = [Field("home", "Telephone"), Field("work", "Telephone")]
    assert columns.match(["Telephone"], fields, []).fields == {}


def test_a_name_over_two_lines_is_one_name(put):
    assert head(put, '"First\r\n name",E-mail\n').names == ("First name", "E-mail")


@pytest.mark.parametrize("content", ["," * 3_000 + "a\n", "x" * 201 + ",a\n", "na\x1b[31mme,a\n"])
def test_a_header_nobody_can_have_meant_is_refused(put, content):
    with pytest.raises(DomainError, match="no header|not text"):
        head(put, content)


def test_lists_of_columns_are_as_long_as_a_person_reads():
    with pytest.raises(DomainError) as refusal:
        matched(",".join(f"c{n}" for n in range(1_000)), "x=email")
    assert len(refusal.value.message) < 300


def test_a_name_that_cannot_be_kept_is_refused(tmp_path):
    name = os.fsdecode(bytes(tmp_path) + b"/peopl\xe9.csv")
    with open(name, "wb") as file:
        file.write(b"a,b\n")
    with pytest.raises(DomainError, match="a name that cannot be kept"), open_source(Path(name)):
        pass
