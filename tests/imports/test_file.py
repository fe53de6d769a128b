"""Files in different encodings, with and without a mark, and files that are no tables."""

import codecs
import os
from contextlib import suppress
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


RUSSIAN, JAPANESE = "Имя;Почта\nАнна;anna@example.com\n", "名前,メール\r\n山田　一郎,taro@example.jp\r\n"


@pytest.mark.parametrize("text", [RUSSIAN, JAPANESE, "一,二　三\r\n四,一Ā\r\n", "email\n" + "Ω" * 9_000])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_read_and_another_name_for_it_gets_the_right_advice(put, text, encoding):
    path = put(text.encode(encoding))
    assert text_of(path) == text_of(path, encoding) == text_of(path, "utf-16") == text
    others = {"utf-8", "cp1252", "utf-16-le", "utf-16-be"} - {encoding}
    for named in others:
        with pytest.raises(DomainError, match=f"UTF-16 without a byte order mark. Say --encoding {encoding},"):
            text_of(path, named)


@pytest.mark.parametrize(
    ("content", "named", "words"),
    [
        (b"\xc3\xa9,\xe9,b\n", "", "utf-8 throughout: see line 1, character 3"),
        (b"a,\x81,b\n", "", "utf-8 throughout: see line 1, character 3"),
        (b"a,\x81,b\n", "cp1252", "cp1252 throughout: see line 1, character 3"),
        (b"a\r\nb\r\nJos\xe9\r\n", "utf-8", "see line 3, character 4.* cp1252 throughout: say --encoding cp1252"),
        (b"a\rb\rJos\xe9\r", "utf-8", "see line 3, character 4"),
        (codecs.BOM_UTF8 + b"Jos\xe9\n", "", "utf-8-sig throughout: see line 1, character 4"),
        ("é\n".encode() * 200_000 + b"Jos\xe9\n", "", "see line 200,001, character 4.*save the file once more as UTF-8"),
        (b"a\n" * 300_000 + b"Jos\xe9\n", "utf-8", "see line 300,001, character 4"),
        ("é".encode() * 200_000 + b"\xe9\n", "utf-8", "see line 1, character 200,001"),
        ("José\n".encode(), "cp1252", "not cp1252: it is UTF-8 throughout. Say --encoding utf-8"),
        ("José\n".encode(), "latin-1", "not iso8859-1: it is UTF-8 throughout"),
        ("José\n".encode(), "ascii", "not ascii: it is UTF-8"),
        (b"a,b\n", "utf-16", "not utf-16: it has no byte order mark"),
        ("José\n".encode("cp1252"), "utf-16-be", "single byte for each plain letter. Say --encoding cp1252"),
        (RUSSIAN.encode("utf-16-le")[:-1], "", "utf-16-le throughout: see line 2"),
        (b"a,b\n\x82\xa0\x82\n", "shift_jis", "shift_jis throughout: see line 2"),
    ],
)
def test_a_wrong_encoding_is_found_before_a_row_is_read(put, content, named, words):
    with pytest.raises(DomainError, match=words) as refusal:
        text_of(put(content), named)
    assert refusal.value.field == "encoding"


@pytest.mark.parametrize("encoding", ["cp1250", "cp1251", "iso-8859-15", "koi8-r", "shift_jis", "gb18030", "big5", "euc-kr", "mac-roman"])
def test_a_right_name_of_an_encoding_is_taken(put, encoding):
    text = {"cp1251": "Имя", "koi8-r": "Имя", "shift_jis": "名前", "gb18030": "联通", "big5": "名前", "euc-kr": "이름"}.get(encoding, "é")
    assert text_of(put(f"{text}\n".encode(encoding)), encoding) == f"{text}\n"


@given(
    content=st.binary(max_size=200), encoding=st.sampled_from(["utf-8", "utf-16-le", "utf-32-be", "cp1252", "shift_jis", "gb18030", "big5"])
)
def test_any_bytes_are_read_as_text_or_refused(tmp_path_factory, content, encoding):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(b"abcdefgh" + content)
    with suppress(DomainError):
        assert UNREADABLE not in text_of(path, encoding)


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
        return header.read_header(source, **said)


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
        (b'"Name,E-mail\n', "The header cannot be read"),
        (b"sep=:\nName:E-mail\n", "names a delimiter that is not known"),
        (b"Nam\x81,E-mail\n", "see line 1, character 4.*say which with --encoding"),
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


@pytest.mark.parametrize(
    "name",
    [
        "first_name", "FIRST-NAME", "First\u00a0Name", "\u200bfirstName", "first\u00adName", "First name:", "First  name ", "ｆｉｒｓｔ　ｎａｍｅ",
        "first.name", "[First Name]", "\u200efirst name\u200f", "FirstName*", "First Name?", "\ufefffirst_name", "* first name", "First/Name",
        "\u2060First\u2009name", "first—name", "(First) Name", "FIRST_NAME\u00a0",
    ],
)  # fmt: skip
def test_a_column_is_known_however_its_words_are_joined(put, name):
    names = head(put, f'"{name}",e_mail\n').names
    fields = [Field("firstName", "First name", required=True), Field("email", "Work e-mail", required=True)]
    assert columns.match(names, fields, []).fields == {names[0]: "firstName", "e_mail": "email"}
    assert columns.match(names, fields, ["First Name=email", "E-Mail=firstName"]).fields == {names[0]: "email", "e_mail": "firstName"}


def test_a_column_that_differs_only_in_case_goes_before_one_with_other_signs():
    assert matched("first_name,FIRSTNAME,email") == {"FIRSTNAME": "firstName", "email": "email"}


def test_columns_of_one_name_do_not_matter_unless_they_are_wanted():
    assert matched("firstName,Note,email,Note,,") == {"firstName": "firstName", "email": "email"}
    assert matched("firstName,email,telephone,telephone", "telephone=") == {"firstName": "firstName", "email": "email"}
    for names, mappings in (("firstName,email,x,email", []), ("firstName,Mail,x,Mail", ["Mail=email"])):
        with pytest.raises(DomainError, match="Columns 2 and 4 are both called (email|Mail), and email can take only one"):
            matched(names, *mappings)


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
