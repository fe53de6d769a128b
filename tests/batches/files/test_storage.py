"""Stored files: the same bytes come back, and anything else is noticed."""

import tracemalloc
from io import BytesIO, RawIOBase
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from hypothesis import example, given
from hypothesis import strategies as st

from batches.files import storage
from batches.files.storage import BLOCK, MAGIC, StoredBatch, StoredFileFault, delete_file, open_file, store_file, working_folder
from batches.targets.base import BatchFile, FileFault
from config.core.credentials import encryption

SEALED = BLOCK + 16


@pytest.fixture(autouse=True)
def folder(settings, tmp_path) -> Path:
    options = {"location": tmp_path, "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
    settings.STORAGES = {**settings.STORAGES, "batches": {"BACKEND": settings.STORAGES["batches"]["BACKEND"], "OPTIONS": options}}
    return tmp_path


def read(file: StoredBatch) -> bytes:
    with open_file(file) as source:
        return source.read()


def bytes_at_rest(file: StoredBatch) -> bytes:
    return (Path(settings.STORAGES["batches"]["OPTIONS"]["location"]) / file.name).read_bytes()


def replace_bytes(file: StoredBatch, content: bytes) -> None:
    delete_file(file.name)
    storage.storage().save(file.name, ContentFile(content))


@given(st.binary(max_size=100), st.integers(-2, 2), st.integers(0, 3))
@example(b"", 0, 0)
@example(b"x", 0, 1)
def test_the_same_bytes_come_back(piece, around, blocks):
    content = (piece * (BLOCK // max(1, len(piece)) + 1) * 3)[: max(0, blocks * BLOCK + around)] if piece else b""
    file = store_file(BytesIO(content))
    assert read(file) == content
    with open_file(file) as source:
        assert b"".join(iter(lambda: source.read(1_000), b"")) == content


def test_nothing_is_readable_at_rest_and_nobody_else_may_read_it(folder):
    file = store_file(BytesIO(b"anna@example.com\r\n" * 50_000))
    assert b"anna" not in bytes_at_rest(file)
    assert b"anna" not in file.key
    path = folder / file.name
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


@pytest.fixture
def four_blocks() -> StoredBatch:
    return store_file(BytesIO(bytes(range(256)) * (BLOCK // 256) * 3 + b"end"))


def blocks_of(content: bytes) -> list[bytes]:
    body = content[len(MAGIC) :]
    return [body[start : start + SEALED] for start in range(0, len(body), SEALED)]


@pytest.mark.parametrize(
    "change",
    [
        lambda blocks: blocks[:-1],
        lambda blocks: blocks[:1],
        lambda blocks: [],
        lambda blocks: [blocks[1], blocks[0], *blocks[2:]],
        lambda blocks: [blocks[0], blocks[0], *blocks[2:]],
        lambda blocks: [blocks[0], *blocks[2:]],
        lambda blocks: [*blocks, blocks[-1]],
        lambda blocks: [*blocks, b"more"],
        lambda blocks: [*blocks[:-1], blocks[-1][:-1]],
        lambda blocks: [bytes([blocks[0][0] ^ 1]) + blocks[0][1:], *blocks[1:]],
    ],
    ids=["last cut", "all but one cut", "all cut", "swapped", "doubled", "left out", "repeated end", "more", "cut within", "a bit"],
)
def test_changed_blocks_are_noticed(four_blocks, change):
    replace_bytes(four_blocks, MAGIC + b"".join(change(blocks_of(bytes_at_rest(four_blocks)))))
    with pytest.raises(StoredFileFault):
        read(four_blocks)


def test_a_file_is_not_taken_for_another():
    one, two = store_file(BytesIO(b"one")), store_file(BytesIO(b"two"))
    replace_bytes(one, bytes_at_rest(two))
    with pytest.raises(StoredFileFault):
        read(one)
    with pytest.raises(StoredFileFault):
        read(StoredBatch(one.name, two.key))
    replace_bytes(one, b"anything")
    with pytest.raises(StoredFileFault, match="no file"):
        read(one)


def test_a_damaged_or_missing_file_is_a_fault_that_targets_know(four_blocks):
    replace_bytes(four_blocks, bytes_at_rest(four_blocks)[:-9])
    file = BatchFile("a.csv", 1, "", lambda: open_file(four_blocks), 1, 1, "", "")
    with pytest.raises(FileFault):
        list(file.blocks())
    delete_file(four_blocks.name)
    delete_file(four_blocks.name)
    with pytest.raises(FileFault):
        list(file.blocks())


def test_keys_are_rotated_without_touching_the_file(settings, four_blocks):
    before = bytes_at_rest(four_blocks)
    settings.FIELD_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_KEYS]
    fresh = encryption.resealed(four_blocks.key)
    assert fresh
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    assert read(StoredBatch(four_blocks.name, fresh))[-3:] == b"end"
    assert bytes_at_rest(four_blocks) == before
    with pytest.raises(StoredFileFault, match="No key"):
        open_file(four_blocks)


def test_any_other_storage_of_django_will_do(settings):
    settings.STORAGES = {**settings.STORAGES, "batches": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    content = b"0123456789" * 20_000
    assert read(store_file(BytesIO(content))) == content
    assert type(storages["batches"]).__name__ == "InMemoryStorage"


def test_what_a_killed_building_left_is_gone_when_the_batch_is_built_again(settings, tmp_path):
    settings.BATCH_WORK = tmp_path / "work"
    left = settings.BATCH_WORK / "7" / "tmp"
    left.mkdir(parents=True)
    (left / "plain.csv").write_text("anna@example.com")
    with working_folder(7) as folder, working_folder(8):
        assert list(folder.iterdir()) == []
        assert folder.stat().st_mode & 0o077 == 0
        (folder / "file").write_text("anna@example.com")
    assert list(settings.BATCH_WORK.iterdir()) == []
    with pytest.raises(ZeroDivisionError), working_folder(7):
        _ = 1 / 0
    assert list(settings.BATCH_WORK.iterdir()) == []


class Endless(RawIOBase):
    """A file of so many bytes, in pieces of odd sizes."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int = -1) -> bytes:
        count = min(self.left, size, 10_007)
        self.left -= count
        return b"x" * count


def test_memory_is_the_same_however_large_the_file_is():
    tracemalloc.start()
    try:
        file = store_file(Endless(50_000_000))
        with open_file(file) as source:
            size = sum(map(len, iter(lambda: source.read(100_000), b"")))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size == 50_000_000
    assert peak < 3_000_000
