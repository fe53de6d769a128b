"""Files as other programs write them: each honest spelling is imported like the plain one, and refused rows come back as they were."""

from pathlib import Path
from zipfile import ZipFile

import pytest

from config.core.errors import DomainError
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
        lambda text: "".join(",".join(f'"{cell}"' for cell in line.split(",")) + "\n" for line in text.splitlines()),
    ],
)
def test_spellings_of_one_table_are_one_table(importer, change):
    importer.take(importer.file(change(PLAIN)))
    assert importer.captured("firstName", "lastName", "email") == LEADS
    assert importer.counts() == ImportCounts(2, 2, 0, 0)


def test_a_guess_is_said(importer):
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
