"""Files under a password: workbooks as Excel encrypts them, and ZIP with AES-256."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from io import BytesIO
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, BinaryIO, cast
from zipfile import ZIP_DEFLATED

from msoffcrypto.exceptions import DecryptionError, EncryptionError, FileFormatError, InvalidKeyError, ParseError
from msoffcrypto.format.ooxml import OOXMLFile

from config.core.errors import DomainError
from config.core.tabular.upload_limits import check_time
from config.core.tabular.workbook_reader import MOST_PARTS_BYTES, OLE, ZIP, contents_size, is_other_zip

if TYPE_CHECKING:
    import pyzipper

LARGEST_ENCRYPTED = 64 * 1024 * 1024
"""Workbooks are encrypted and decrypted in memory, the library knows no other way."""
LARGEST_UNPACKED = 512 * 1024 * 1024
_BLOCK = 1024 * 1024
_FOLDER_OF_MACOS = "__MACOSX/"
_OF_SYSTEMS = frozenset({"thumbs.db", "desktop.ini"})
_WRONG_PASSWORD = "The password does not open this file."
_NO_PASSWORD = "This file is protected by a password, which was not given."
_NOT_ENCRYPTED = "This file is damaged, or is not encrypted in a way that is known here."


def encrypt_workbook(plain: BinaryIO, target: BinaryIO, *, password: str) -> None:
    """Encrypt a workbook with AES-256, as Excel does."""
    _refuse_large(plain)
    try:
        OOXMLFile(plain).encrypt(password, target)
    except (EncryptionError, FileFormatError) as error:
        raise DomainError("The workbook could not be encrypted.") from error


def decrypt_workbook(encrypted: BinaryIO, *, password: str) -> BinaryIO:
    """Return the plain workbook. Its checksum is verified."""
    _refuse_large(encrypted)
    plain = BytesIO()
    try:
        file = OOXMLFile(encrypted)
        file.load_key(password=password, verify_password=file.type == "agile")
        file.decrypt(plain, verify_integrity=file.type == "agile")
    except (InvalidKeyError, DecryptionError) as error:
        raise DomainError(_WRONG_PASSWORD, field="password") from error
    except (FileFormatError, ParseError, OSError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise DomainError(_NOT_ENCRYPTED, field="file") from error
    plain.seek(0)
    return plain


def write_zip(target: BinaryIO, name: str, blocks: Iterable[bytes], *, password: str) -> None:
    """Write a ZIP file of one file, block by block, which is encrypted if there is a password."""
    options = {"encryption": "WZ_AES"} if password else {}
    with _open_archive(target, "w", compression=ZIP_DEFLATED, **options) as archive:
        if password:
            archive.setpassword(password.encode())
        with archive.open(name, "w", force_zip64=True) as file:
            for block in blocks:
                file.write(block)


@contextmanager
def open_zip(packed: BinaryIO, *, password: str = "", largest: int = 0) -> Iterator[tuple[str, IO[bytes]]]:
    """Unpack the only file of a ZIP file into a temporary one, of `largest` bytes if given. Yield its name and the temporary file."""
    if contents_size(packed) > MOST_PARTS_BYTES:
        raise DomainError("The ZIP file is damaged: its table of contents is too large.", field="file")
    with TemporaryFile() as plain:
        name = _unpack(packed, plain, password, largest or LARGEST_UNPACKED)
        plain.seek(0)
        yield name, plain


@contextmanager
def unlocked(file: BinaryIO, *, password: str, largest: int = 0) -> Iterator[BinaryIO]:
    """Yield what is inside of an encrypted workbook or of a ZIP file; any other file as it is."""
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    if head == OLE and password:
        yield decrypt_workbook(file, password=password)
    elif head == ZIP and is_other_zip(file):
        with open_zip(file, password=password, largest=largest) as (_, plain):
            yield cast("BinaryIO", plain)
    else:
        yield file


def _open_archive(file: IO[bytes], mode: str = "r", **options: Any) -> "pyzipper.AESZipFile":
    """Load the library with the first archive: it brings a second library of ciphers, which most processes never use."""
    return import_module("pyzipper").AESZipFile(file, mode, **options)


def _unpack(packed: BinaryIO, plain: IO[bytes], password: str, largest: int) -> str:
    try:
        with _open_archive(packed) as archive:
            files = [part for part in archive.infolist() if not (part.is_dir() or _is_of_system(part.filename))]
            if len(files) != 1:
                raise DomainError(f"The ZIP file holds {len(files):,} files. Pack the one that is meant by itself.", field="file")
            if files[0].file_size > largest:
                limit = largest // 1024**2
                raise DomainError(f"The file in the ZIP file is larger than {limit:,} MB. Divide it.", field="file", status=413)
            with archive.open(files[0], pwd=password.encode() or None) as part:
                while block := part.read(_BLOCK):
                    check_time()
                    plain.write(block)
            return Path(files[0].filename).name
    except DomainError:
        raise
    except RuntimeError as error:
        raise DomainError(_WRONG_PASSWORD if password else _NO_PASSWORD, field="password") from error
    except Exception as error:  # the library raises many exception types for damaged files
        raise DomainError(_NOT_ENCRYPTED, field="file") from error


def _is_of_system(name: str) -> bool:
    """Return whether the file is one that a system packs with those that people choose, such as what macOS knows about each of them."""
    own = PurePosixPath(name.replace("\\", "/")).name.lower()
    return name.startswith(_FOLDER_OF_MACOS) or own.startswith(".") or own in _OF_SYSTEMS


def _refuse_large(file: BinaryIO) -> None:
    size = file.seek(0, 2)
    file.seek(0)
    if size > LARGEST_ENCRYPTED:
        limit = LARGEST_ENCRYPTED // 1024**2
        raise DomainError(f"A workbook with a password has at most {limit} MB. Use a ZIP file with a password.", field="file", status=413)
