"""The place of sent files: a storage of Django, encrypted, so that whoever has the disk or the bucket reads nothing.

A file is encrypted in blocks with AES-256-GCM, under a key of its own. The key lies in the database, sealed with the
installation's field keys: `reseal_all` renews it as it renews credentials, without touching the files. A block is bound to its
file, its number and whether it is the last one, so that blocks which are changed, swapped, left out or of another file are noticed.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryFile
from typing import BinaryIO, NamedTuple, cast
from uuid import uuid4

from cryptography.exceptions import InvalidTag
from cryptography.fernet import InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage, storages
from typing_extensions import override

from config.core.credentials import encryption

ALIAS = "batches"
BLOCK = 64 * 1024
"""Bytes of a block before it is encrypted."""
MAGIC = b"SLUICE-BATCH-1\n"
_TAG = 16
_KEY_BITS = 256


class StoredBatch(NamedTuple):
    """The name of a file in the storage, and its key, sealed. Both are kept with the batch."""

    name: str
    key: bytes


class StoredFileFault(OSError):
    """Raised when the stored bytes are not those that were stored, or cannot be decrypted."""


def storage() -> Storage:
    return storages[ALIAS]


def store_file(plain: BinaryIO) -> StoredBatch:
    """Encrypt and store what is left to read of the file."""
    name = new_name()
    secret = AESGCM.generate_key(_KEY_BITS)
    with TemporaryFile() as encrypted:
        encrypted.write(MAGIC)
        for block in _Cipher(secret, name).encrypt(plain):
            encrypted.write(block)
        encrypted.seek(0)
        stored = storage().save(name, File(encrypted, name))
    if stored != name:
        storage().delete(stored)
        raise StoredFileFault("The storage gave the file another name than the one it is encrypted for.")
    return StoredBatch(name, encryption.seal(secret.hex()))


def new_name() -> str:
    """Return a name that no file has: it tells neither the batch nor the advertiser."""
    number = uuid4().hex
    return f"{number[:2]}/{number}"


@contextmanager
def working_folder(batch_id: int) -> Iterator[Path]:
    """Yield an empty folder for the files of one building, which hold plain values, and remove it afterwards.

    What a killed building has left is removed when the same batch is built again.
    """
    folder = Path(settings.BATCH_WORK) / str(batch_id)
    if folder.exists():
        rmtree(folder)
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        rmtree(folder)


def open_file(file: StoredBatch) -> BinaryIO:
    """Open a file to be read from its beginning to its end. Raises StoredFileFault, now or when it is read."""
    try:
        secret = bytes.fromhex(encryption.unseal(file.key))
    except (InvalidToken, ValueError) as error:
        raise StoredFileFault("No key of the installation opens this file.") from error
    source = cast("BinaryIO", storage().open(file.name, "rb"))
    return io.BufferedReader(_Decrypting(source, _Cipher(secret, file.name)), BLOCK)


def delete_file(name: str) -> None:
    """Delete a file. One that is gone already is no fault."""
    storage().delete(name)


@dataclass(frozen=True, slots=True)
class _Cipher:
    secret: bytes
    name: str

    def encrypt(self, plain: BinaryIO) -> Iterator[bytes]:
        cipher = AESGCM(self.secret)
        for number, block, is_last in _numbered(plain, BLOCK):
            yield cipher.encrypt(_nonce(number), block, self._bound(is_last=is_last))

    def decrypt(self, encrypted: BinaryIO) -> Iterator[bytes]:
        if encrypted.read(len(MAGIC)) != MAGIC:
            raise StoredFileFault("This is no file of a batch.")
        cipher = AESGCM(self.secret)
        for number, block, is_last in _numbered(encrypted, BLOCK + _TAG):
            try:
                yield cipher.decrypt(_nonce(number), block, self._bound(is_last=is_last))
            except InvalidTag as error:
                raise StoredFileFault("The stored file was changed or cut off.") from error

    def _bound(self, *, is_last: bool) -> bytes:
        """Return what a block is bound to besides its number."""
        return MAGIC + self.name.encode() + (b"\1" if is_last else b"\0")


def _nonce(number: int) -> bytes:
    """Return the number of a block as a nonce: the key encrypts one file, so that no nonce comes twice."""
    return number.to_bytes(12, "big")


def _numbered(file: BinaryIO, size: int) -> Iterator[tuple[int, bytes, bool]]:
    """Yield the blocks with their numbers and whether they are the last. An empty file is one empty block."""
    number, block = 0, _read(file, size)
    while True:
        following = _read(file, size) if len(block) == size else b""
        yield number, block, not following
        if not following:
            return
        number, block = number + 1, following


def _read(file: BinaryIO, size: int) -> bytes:
    """Read a whole block: a storage over the network gives what has arrived."""
    parts, left = [], size
    while left and (part := file.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


class _Decrypting(io.RawIOBase):
    """The plain bytes of an encrypted file."""

    def __init__(self, source: BinaryIO, cipher: _Cipher) -> None:
        self._source, self._blocks = source, cipher.decrypt(source)
        self._left = memoryview(b"")

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, target: object, /) -> int:
        if not self._left:
            self._left = memoryview(next(self._blocks, b""))
        buffer = memoryview(target).cast("B")  # type: ignore[arg-type]
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count

    @override
    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()
