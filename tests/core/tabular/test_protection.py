"""Files under a password: opened by us, by other programs' rules, and by nobody without it."""

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import msoffcrypto
import openpyxl
import pytest
import pyzipper

from config.core.errors import DomainError
from config.core.tabular import protection
from config.core.tabular.protection import decrypt_workbook, encrypt_workbook, open_zip, write_zip
from config.core.tabular.workbook_reader import Workbook
from config.core.tabular.workbook_writer import write_workbook


@pytest.fixture
def plain(tmp_path) -> BytesIO:
    write_workbook(tmp_path / "plain.xlsx", ["name"], [["José"]])
    return BytesIO((tmp_path / "plain.xlsx").read_bytes())


@pytest.fixture
def encrypted(plain) -> BytesIO:
    file = BytesIO()
    encrypt_workbook(plain, file, password="pass wörd")
    return file


def packed(*, password: str = "secret", **files: bytes) -> BytesIO:
    file = BytesIO()
    with pyzipper.AESZipFile(file, "w", compression=ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(password.encode())
        for name, content in files.items():
            archive.writestr(name, content)
    return file


def changed(file: BytesIO, *, at: int) -> BytesIO:
    data = bytearray(file.getvalue())
    data[at] ^= 1
    return BytesIO(data)


def test_a_workbook_opens_with_its_password(plain, encrypted):
    assert b"Jos" not in encrypted.getvalue()
    workbook = decrypt_workbook(encrypted, password="pass wörd")
    assert workbook.read() == plain.getvalue()
    assert [record.cells for record in Workbook(workbook).records()] == [["name"], ["José"]]


def test_an_encrypted_workbook_is_one_to_others(encrypted):
    file = msoffcrypto.OfficeFile(encrypted)
    file.load_key(password="pass wörd", verify_password=True)
    opened = BytesIO()
    file.decrypt(opened, verify_integrity=True)
    assert openpyxl.load_workbook(opened).active["A2"].value == "José"


def test_another_password_opens_nothing(encrypted):
    with pytest.raises(DomainError, match="password does not open"):
        decrypt_workbook(encrypted, password="password")


def test_a_change_of_an_encrypted_workbook_is_seen(encrypted):
    data = bytearray(encrypted.getvalue())
    middle = len(data) // 2
    data[middle : middle + 64] = bytes(64)
    with pytest.raises(DomainError):
        decrypt_workbook(BytesIO(data), password="pass wörd")


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000)]
)
def test_what_is_no_encrypted_workbook_is_refused_in_words(data):
    with pytest.raises(DomainError, match="damaged"):
        decrypt_workbook(BytesIO(data), password="x")


def test_a_large_workbook_is_not_taken_into_memory(monkeypatch, plain):
    monkeypatch.setattr(protection, "LARGEST_ENCRYPTED", 1_000)
    with pytest.raises(DomainError, match="ZIP file with a password"):
        encrypt_workbook(plain, BytesIO(), password="x")


def test_a_zip_file_is_written_block_by_block_and_opens_with_its_password():
    file = BytesIO()
    write_zip(file, "leads.csv", iter([b"a,b\r\n", b"1,2\r\n"]), password="pass wörd")
    assert b"1,2" not in file.getvalue()
    with open_zip(file, password="pass wörd") as (name, plain):
        assert (name, plain.read()) == ("leads.csv", b"a,b\r\n1,2\r\n")
    with pytest.raises(RuntimeError), ZipFile(file) as archive:
        archive.read("leads.csv", pwd=b"pass")


def test_a_zip_file_without_a_password_opens_too():
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr("../../leads.csv", "a")
    with open_zip(file) as (name, plain):
        assert (name, plain.read()) == ("leads.csv", b"a")


@pytest.mark.parametrize(
    "beside",
    [
        ["__MACOSX/._people.csv"], [".DS_Store", "__MACOSX/._people.csv", "__MACOSX/._.DS_Store"], ["._people.csv"], ["Thumbs.db"], ["desktop.ini"],
        ["folder/.DS_Store", "folder/"],
    ],
)  # fmt: skip
@pytest.mark.parametrize("password", ["", "secret"])
def test_what_systems_pack_beside_a_file_is_left_out(beside, password):
    file = BytesIO()
    with pyzipper.AESZipFile(file, "w", encryption=pyzipper.WZ_AES if password else None) as archive:
        archive.setpassword(password.encode() or None)
        for name in [*beside, "folder/people.csv"]:
            archive.writestr(name, b"" if name.endswith("/") else b"a" if name == "folder/people.csv" else b"of the system")
    with open_zip(file, password=password) as (name, plain):
        assert (name, plain.read()) == ("people.csv", b"a")


@pytest.mark.parametrize(
    ("file", "password", "words"),
    [
        (lambda: packed(a=b"1"), "other", "password does not open"),
        (lambda: packed(a=b"1"), "", "password, which was not given"),
        (lambda: packed(a=b"1", b=b"2"), "secret", "holds 2 files"),
        (lambda: packed(), "secret", "holds 0 files"),
        (lambda: packed(**{"a.csv": b"1", "__MACOSX_of_mine.csv": b"2"}), "secret", "holds 2 files"),
        (lambda: packed(**{".DS_Store": b"1"}), "secret", "holds 0 files"),
        (lambda: BytesIO(b"PK\x03\x04"), "secret", "damaged"),
        (lambda: BytesIO(b""), "", "damaged"),
        (lambda: changed(packed(a=b"1" * 100), at=65), "secret", "damaged"),
    ],
)
def test_what_cannot_be_unpacked_is_refused_in_words(file, password, words):
    with pytest.raises(DomainError, match=words), open_zip(file(), password=password):
        pass


def test_a_zip_file_that_unpacks_to_too_much_is_refused_before_it_is(monkeypatch):
    monkeypatch.setattr(protection, "LARGEST_UNPACKED", 2**20)
    with pytest.raises(DomainError, match="larger than 1 MB"), open_zip(packed(a=bytes(2**21)), password="secret"):
        pass
