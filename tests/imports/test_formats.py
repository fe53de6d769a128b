"""Files in the formats of other programs, and refused rows, which are imported again unchanged."""

import csv
from pathlib import Path
from zipfile import ZipFile

import pytest
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from config.core.errors import DomainError
from config.core.tabular.csv_writer import CsvFormat, format_rows
from config.core.tabular.encodings import EncodingGuess
from config.core.tabular.protection import encrypt_workbook, write_zip
from config.core.tabular.workbook_writer import write_workbook
from leads.imports.checkpoint import ImportCounts
from leads.models import LeadImport
from tests.imports.conftest import HEAD, people
from tests.imports.test_import import Killed, kill_after

PLAIN = f"{HEAD}Zoë,O'Neill,zoe@example.com\n'Ann,“Lee”,ann@example.com\n"
LEADS = [("Zoë", "O'Neill", "zoe@example.com"), ("'Ann", "“Lee”", "ann@example.com")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_an_encoding_and_a_line_end_show_by_themselves(importer, encoding, ends):
    importer.take(importer.file(PLAIN.replace("\n", ends), encoding=encoding))
    assert importer.captured("firstName", "lastName", "email") == LEADS


BROAD = "firstName,lastName,email,company,telephone,notes\n"
BROAD_LEADS = [("Zoë", "O'Neill", "zoe@example.com", "Acme"), ("'Ann", "“Lee”", "ann@example.com", "")]


@pytest.mark.parametrize(
    "text",
    [
        f"{BROAD}Zoë,O'Neill,zoe@example.com,Acme\n'Ann,“Lee”,ann@example.com\n",
        f"{BROAD}Zoë,O'Neill,zoe@example.com,Acme,\n'Ann,“Lee”,ann@example.com,,,,,,\n",
        f"{BROAD.strip()},notes,Notes,,\nZoë,O'Neill,zoe@example.com,Acme\n'Ann,“Lee”,ann@example.com,,,x,y,z\n",
        f"\n\n  \n{BROAD}\n\n,,,\nZoë,O'Neill,zoe@example.com,Acme\n\n\n'Ann,“Lee”,ann@example.com\n,,,,,\n\n",
        "\ufeffsep=;\r\n" + f"{BROAD}Zoë,O'Neill,zoe@example.com,Acme\r\n'Ann,“Lee”,ann@example.com\r\n".replace(",", ";"),
        "SEP=\t\r" + f"{BROAD}Zoë,O'Neill,zoe@example.com,Acme\n'Ann,“Lee”,ann@example.com\n".replace(",", "\t").replace("\n", "\r"),
        '"sep=,";;\n' + f"{BROAD}Zoë,O'Neill,zoe@example.com,Acme\n'Ann,“Lee”,ann@example.com\n",
        "FIRST NAME,last_name,E-Mail,\u200bCompany\u00a0,x\nZoë,O'Neill,zoe@example.com,Acme\n'Ann,“Lee”,ann@example.com\n",
        '"First\r\nName";"LAST NAME";"e.mail";"company";"5"" pipe"\nZoë;O\'Neill;zoe@example.com;Acme;5" x\n\'Ann;“Lee”;ann@example.com;;"a\nb"\n',
        "company|email|Last-Name|First–Name\nAcme|zoe@example.com|O'Neill|Zoë\n|ann@example.com|“Lee”|'Ann",
        f"{BROAD}\u00a0Zoë ,O'Neill\t,zoe@example.com\u00a0,  Acme\n 'Ann,“Lee”, ann@example.com \u3000,\u00a0\n",
        "row,line,field,message,firstName,lastName,email,company\n2,2,email,no,Zoë,O'Neill,zoe@example.com,Acme\n3,3,,,'Ann,“Lee”,ann@example.com,\n",
        "row,line,field,message,row,line,field,message,firstName,lastName,email,company\n2,2,email,no,4,4,,x,Zoë,O'Neill,zoe@example.com,Acme\n"
        "3,3,,,5,5,,,'Ann,“Lee”,ann@example.com,\n",
    ],
)  # fmt: skip
def test_rows_and_headers_as_people_have_them_are_one_table(importer, text):
    importer.take(importer.file(text))
    leads = [tuple(value or "" for value in lead) for lead in importer.captured("firstName", "lastName", "email", "company")]
    assert (leads, importer.counts().refused) == (BROAD_LEADS, 0)


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ("Ann", 1),
        ("Ann,Lee", 2),
        ("Ann,Lee,ann@example.com,Acme,1,note,more", 7),
        ('Ann,Lee,ann@example.com,"Acme, Inc", Ltd,1,x', 7),
    ],
)
def test_a_row_without_a_required_cell_or_with_too_many_is_refused(importer, row, cells):
    importer.take(importer.file(f"{BROAD}{row}\n"))
    assert [refused[3] for refused in importer.refused()] == [f"This row has {cells} columns, the header has 6."]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(",", ";"),
        lambda text: text.replace(",", "\t"),
        lambda text: text.replace(",", "|"),
        lambda text: text.replace("\n", "\n\n \n"),
        lambda text: text.replace("\n", ",\n"),
        lambda text: text.replace(".com\n", ".com,,\n"),
        lambda text: text.replace("email\n", "email,,\n"),
        lambda text: "sep=;\n" + text.replace(",", ";"),
        lambda text: "\ufeffsep=,\r\n" + text,
        lambda text: '"sep=|"\n' + text.replace(",", "|"),
        lambda text: text + "\x1a",
        lambda text: text.rstrip("\n") + "\x1a",
        lambda text: text.replace("\n", "\n;;;\n"),
        lambda text: text.replace(",", ";").replace("\n", "\n,,,\n"),
        lambda text: "".join(f"\ufeff{line}\n" for line in text.splitlines()),
        lambda text: text.replace("\n'Ann", f"\n\ufeff{HEAD}'Ann"),
        lambda text: text.replace("\n", "\n\u200b\n \u00a0\n,,\n"),
        lambda text: "".join(",".join(f'"{cell}"' for cell in line.split(",")) + "\n" for line in text.splitlines()),
    ],
)
def test_spellings_of_one_table_are_one_table(importer, change):
    importer.take(importer.file(change(PLAIN)))
    assert importer.captured("firstName", "lastName", "email") == LEADS
    assert importer.counts() == ImportCounts(2, 2, 0, 0)


MAC = "firstName,lastName,email\nJürgen,Müller,j@example.com\nJosé,Núñez,n@example.com\nZoë,O’Neill,z@example.com\nÉric,ÅNGSTRÖM,a@example.com\n"


@pytest.mark.parametrize("encoding", ["mac-roman", "cp1252", "utf-8"])
@pytest.mark.parametrize("ends", ["\r", "\n"])
def test_files_of_older_macs_are_told_from_those_of_windows(importer, encoding, ends):
    importer.take(importer.file(MAC.replace("\n", ends), encoding=encoding))
    assert [first for first, _ in importer.captured("firstName", "lastName")] == ["Jürgen", "José", "Zoë", "Éric"]
    assert [last for _, last in importer.captured("firstName", "lastName")] == ["Müller", "Núñez", "O’Neill", "ÅNGSTRÖM"]


@pytest.mark.parametrize(
    "word",
    [
        "Žofie",
        "Šárka",
        "Dvořák".replace("ř", "r"),
        "Françoise",
        "Groß",
        "“Lee”",
        "naïve – café",
        "Œuvre",
        "Þór",
        "mañana",
        "1 234 €",
        "L’Œil",
        "ŒUVRE",
        "ÑANDÚ",
    ],
)
def test_a_word_of_windows_is_not_taken_for_one_of_a_mac(word):
    guess = EncodingGuess()
    guess.feed(word.encode("cp1252"), final=True)
    assert guess.encoding == "cp1252"


@pytest.mark.parametrize(
    "word",
    [
        "Jürgen",
        "Müller",
        "José",
        "Muñoz",
        "Françoise",
        "Weiß",
        "Zoë",
        "Noël",
        "Bjørn",
        "Østergård",
        "naïve café",
        "LÓPEZ",
    ],
)
def test_a_word_of_a_mac_is_not_taken_for_one_of_windows(word):
    guess = EncodingGuess()
    guess.feed(word.encode("mac-roman"), final=True)
    assert guess.encoding == "mac-roman"


def test_a_guess_is_said(importer):
    assert "Encoding: mac-roman, by a guess." in importer.command(importer.file(MAC, name="mac.csv", encoding="mac-roman"))[1]
    assert "Encoding: cp1252, by a guess." in importer.command(importer.file(PLAIN, encoding="cp1252"))[1]
    assert "Encoding" not in importer.command(importer.file(PLAIN, name="other.csv"))[1]


def workbook(folder: Path, *rows: list[object], header: str = HEAD.strip(), name: str = "people.xlsx") -> Path:
    write_workbook(folder / name, header.split(","), rows)
    return folder / name


def test_a_workbook_is_imported_like_a_file_of_text(importer):
    rows = [["Zoë", "O'Neill", "zoe@example.com", 441632960961], [], ["=1+1", "+x", "ann@example.com", None]]
    importer.take(workbook(importer.folder, *rows, header="firstName,lastName,email,telephone"))
    assert importer.captured("firstName", "lastName", "email") == [("Zoë", "O'Neill", "zoe@example.com"), ("=1+1", "+x", "ann@example.com")]
    assert importer.captured("telephone")[0] == "441632960961"
    assert (LeadImport.objects.get().encoding, importer.counts()) == ("xlsx", ImportCounts(2, 2, 0, 0))


def test_a_killed_import_of_a_workbook_goes_on_where_it_was(importer, small_chunks):
    path = workbook(importer.folder, *([f"First{n}", f"Last{n}", f"person{n}@example.com"] for n in range(35)))
    with pytest.raises(Killed):
        importer.take(path, watch=kill_after(2))
    assert importer.counts().read == 20
    importer.take(path)
    assert importer.captured("firstName") == [f"First{n}" for n in range(35)]


def test_refused_rows_of_a_workbook_are_told_by_its_row_numbers(importer):
    importer.take(workbook(importer.folder, ["a", "b", "a@example.com"], [], ["c", "d", "none"], ["x" * 32_767, "y", "z@example.com"]))
    assert [row[:3] for row in importer.refused()] == [["4", "4", "email"], ["5", "5", "firstName"]]


def test_refused_rows_that_were_corrected_come_in_as_they_were(importer):
    importer.take(importer.file(f"{HEAD}=Ann,'=Lee,none\n"))
    refused = Path(LeadImport.objects.get().refused_rows)
    corrected = refused.read_text(encoding="utf-8-sig").replace("none", "ann@example.com")
    assert "'=Ann,'=Lee" in corrected
    importer.take(importer.file(corrected, name="corrected.csv"))
    assert importer.captured("firstName", "lastName") == [("=Ann", "=Lee")]


ODD = [
    "+34 600 000 000",
    "@Home",
    "'@Home",
    "''=x",
    "-5",
    "=1+1",
    "'",
    "''",
    "'tis",
    "＝1",
    " +1",
    "a\nb",
    'the "best"',
    "a;b|c\td",
    "00042",
    "x" * 99,
]


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_file_of_refused_rows_comes_back_as_it_was_corrected_in_a_spreadsheet_or_not(importer, sign, suffix):
    """A spreadsheet that opens it shows the apostrophes, and saves them in a workbook too."""
    rows = [["Name, full;1", "E-mail", "row"], *([text, f"p{n}", text] for n, text in enumerate(ODD))]
    importer.file(format_rows(rows, CsvFormat(delimiter=sign, quotes_all=True)))
    names = ("Name, full;1=firstName", "row=company", "E-mail=email")
    importer.campaign.forms.get().fields.filter(name="lastName").update(required=False)
    importer.take(importer.folder / "people.csv", mappings=names, delimiter=sign)
    for _ in range(2):  # once more refused, then corrected
        refused = Path(LeadImport.objects.latest("pk").refused_rows)
        with refused.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file, delimiter=LeadImport.objects.latest("pk").delimiter))
        assert rows[0] == ["row", "line", "field", "message", "Name, full;1", "E-mail", "row"]
        path = refused.with_suffix(f".new.{suffix}")
        if suffix == "xlsx":
            save_as_is(path, rows)
        else:
            refused.rename(path)
        importer.take(path, mappings=names)
    for lead in rows[1:]:
        lead[5] += "@example.com"
    save_as_is(importer.folder / "corrected.xlsx", rows)
    importer.take(importer.folder / "corrected.xlsx", mappings=names)
    assert importer.captured("firstName", "company") == [(text.strip(), text.strip()) for text in ODD]


def save_as_is(path: Path, rows: list[list[str]]) -> None:
    """As a spreadsheet saves the cells of a file that it has opened."""
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet()
    for row in rows:
        sheet.append([text_cell(sheet, text) for text in row])
    workbook.save(path)


def text_cell(sheet, text: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    return cell


def test_a_row_that_could_not_be_read_is_refused_again_until_somebody_corrects_it(importer):
    importer.campaign.forms.get().fields.exclude(name="firstName").update(required=False)
    importer.take(importer.file(f'{HEAD}"Ann,Lee\nBob,Lee,bob@example.com\n'))
    refused = Path(LeadImport.objects.get().refused_rows)
    importer.take(importer.file(refused.read_bytes(), name="as-it-is.csv"))
    assert importer.captured("firstName") == ["Bob"]
    assert importer.refused()[0][3:] == ["This row has 1 columns, the header has 3.", '"Ann,Lee\n']


def encrypted(importer, name: str) -> Path:
    path = importer.folder / name
    plain = workbook(importer.folder, ["Ann", "Lee", "ann@example.com"], name="plain.xlsx")
    with path.open("wb") as file, plain.open("rb") as content:
        if name.endswith(".xlsx"):
            encrypt_workbook(content, file, password="open sesame")
        else:
            write_zip(file, "people.csv", [f"{HEAD}Ann,Lee,ann@example.com\n".encode()], password="open sesame")
    return path


@pytest.mark.parametrize("name", ["people.xlsx", "people.zip"])
def test_a_file_under_a_password_is_imported_with_it(importer, name):
    path, password = encrypted(importer, name), importer.folder / "password.txt"
    password.write_text("open sesame\n")
    importer.command(path, password_file=password)
    assert importer.captured("firstName", "lastName", "email") == [("Ann", "Lee", "ann@example.com")]


@pytest.mark.parametrize(
    ("name", "words"), [("people.xlsx", "protected by a password"), ("people.zip", "protected by a password, which was")]
)
def test_a_file_under_a_password_is_not_imported_without_it(importer, name, words):
    path = encrypted(importer, name)
    with pytest.raises(DomainError, match=words):
        importer.take(path)
    with pytest.raises(DomainError, match="password does not open"):
        importer.take(path, password="open")
    assert LeadImport.objects.count() == 0


def test_the_only_file_of_a_zip_file_is_imported(importer):
    with ZipFile(importer.folder / "people.zip", "w") as archive:
        archive.writestr("people.csv", people(25))
    importer.take(importer.folder / "people.zip")
    assert importer.counts() == ImportCounts(25, 25, 0, 0)


def test_a_workbook_that_is_none_is_refused_before_anything_is_stored(importer):
    with pytest.raises(DomainError, match="workbook is damaged"):
        importer.take(importer.file(b"PK\x03\x04" + people(3).encode(), name="people.xlsx"))
    assert LeadImport.objects.count() == 0
