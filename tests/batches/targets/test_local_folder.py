"""A local folder: files are written below the allowed folder alone, whole and under their name."""

import errno
import os
from hashlib import sha256
from pathlib import Path

import pytest

from batches.targets.local_folder import LocalFolder
from config.core.errors import DomainError
from integrations.base import AttemptResult
from tests.batches.targets.conftest import CONTENT, VAST, little_memory

SENT, LATER, NEVER = AttemptResult.SENT, AttemptResult.LATER, AttemptResult.NEVER


@pytest.fixture
def root(settings, tmp_path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    settings.BATCH_FOLDERS = [folder]
    return folder


def target(path: str = "") -> LocalFolder:
    return LocalFolder({"local_folder_path": path})


@pytest.mark.parametrize("path", ["", "acme", "acme/leads/2026", "Ünited/日本"])
def test_a_file_is_written_whole_and_alone(root, make_file, path):
    for content in (b"first", CONTENT):
        assert target(path).put(make_file(content)).result == SENT
    assert {str(file.relative_to(root)): file.read_bytes() for file in root.rglob("*") if file.is_file()} == {
        os.path.join(path, "leads_7.csv"): CONTENT
    }
    assert (root / path / "leads_7.csv").stat().st_mode & 0o777 == 0o640, "personal values are not for everybody"


def test_a_vast_file_needs_little_memory(root, make_vast_file):
    with little_memory():
        assert target().put(make_vast_file()).result == SENT
    assert (root / "leads_7.csv").stat().st_size == VAST


def test_the_whole_path_is_understood_too(root, make_file, settings, tmp_path):
    assert target(f"{root}/acme").put(make_file()).result == SENT
    assert (root / "acme/leads_7.csv").read_bytes() == CONTENT
    settings.BATCH_FOLDERS = [root, tmp_path / "other"]
    assert target(f"{root}/acme").put(make_file(b"again")).result == SENT
    put = target("acme").put(make_file())
    assert (put.result, "Write the whole path" in put.answer) == (NEVER, True)


@pytest.mark.parametrize("path", ["..", "../x", "a/../../x", "/", "/tmp", "a/./b", "a\\..\\b", "a/.."])
def test_no_path_leads_out(root, path):
    with pytest.raises(DomainError) as refused:
        LocalFolder.clean({"local_folder_path": path})
    assert refused.value.field == "local_folder_path"
    assert target(path).test().result == NEVER


@pytest.mark.parametrize("path", ["link", "link/deeper", "acme/link"])
def test_no_link_leads_out(root, tmp_path, make_file, path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (root / "acme").mkdir()
    (root / "link").symlink_to(outside)
    (root / "acme/link").symlink_to(outside)
    put = target(path).put(make_file())
    assert (put.result, "a link, which is not followed" in put.answer) == (NEVER, True)
    assert list(outside.iterdir()) == []


def test_a_link_with_the_name_of_the_file_is_replaced_and_not_followed(root, tmp_path, make_file):
    (outside := tmp_path / "passwd").write_text("root")
    (root / "leads_7.csv").symlink_to(outside)
    assert target().put(make_file()).result == SENT
    assert outside.read_text() == "root"
    assert not (root / "leads_7.csv").is_symlink()


@pytest.mark.parametrize("name", ["", ".", "..", "../x.csv", "a/b.csv", "a\\b.csv", "a\nb.csv", "a\x00b", "x" * 300, "é" * 130])
def test_a_name_that_is_no_plain_one_is_refused(root, make_file, name):
    put = target().put(make_file(name=name))
    assert (put.result, "cannot have the name" in put.answer) == (NEVER, True)
    assert list(root.iterdir()) == []


@pytest.mark.parametrize(
    ("code", "result", "words"),
    [
        (errno.ENOSPC, LATER, "There is no space left in"),
        (errno.EDQUOT, LATER, "There is no space left in"),
        (errno.EIO, LATER, "could not be written into"),
        (errno.EROFS, NEVER, "Sluice may not write into"),
        (errno.EACCES, NEVER, "Sluice may not write into"),
    ],
)
def test_each_failure_is_told_and_leaves_nothing(root, make_file, monkeypatch, code, result, words):
    def fail(_descriptor):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    put = target().put(make_file())
    assert (put.result, words in put.answer) == (result, True), put.answer
    assert list(root.iterdir()) == []


def test_bytes_that_are_not_those_that_were_built_never_get_their_name(root, make_file):
    file = make_file()
    object.__setattr__(file, "sha256", sha256(b"other").hexdigest())
    assert target().put(file).result == NEVER
    assert list(root.iterdir()) == []


def test_a_stored_file_that_is_lost_is_no_fault_of_the_folder(root, make_file):
    file = make_file()
    object.__setattr__(file, "open", (root / "none").read_bytes)
    put = target().put(file)
    assert (put.result, put.answer) == (NEVER, "The stored file of the batch cannot be read.")


def test_a_folder_whose_disk_is_away_is_tried_again_and_not_made(root, make_file, settings):
    settings.BATCH_FOLDERS = [root / "disk"]
    put = target("acme").put(make_file())
    assert (put.result, "its disk may not be connected" in put.answer) == (LATER, True)
    assert not (root / "disk").exists()


def test_a_folder_in_the_place_of_the_file_is_told(root, make_file):
    (root / "leads_7.csv").mkdir()
    put = target().put(make_file())
    assert (put.result, "A folder has the name of the file" in put.answer) == (NEVER, True)


def test_a_file_in_the_place_of_the_folder_is_told(root, make_file):
    (root / "acme").write_text("x")
    put = target("acme").put(make_file())
    assert (put.result, "is no folder" in put.answer) == (NEVER, True)


def test_the_own_folder_of_an_embedded_installation_is_made(settings, tmp_path, make_file):
    settings.STATE_DIR, settings.BATCH_FOLDERS = tmp_path, [tmp_path / "batches"]
    assert target().put(make_file()).result == SENT
    assert (tmp_path / "batches/leads_7.csv").read_bytes() == CONTENT


def test_without_an_allowed_folder_the_setting_is_named(settings, make_file):
    settings.BATCH_FOLDERS = []
    put = target().put(make_file())
    assert (put.result, "SLUICE_BATCH_FOLDERS" in put.answer) == (NEVER, True)
    with pytest.raises(DomainError, match="SLUICE_BATCH_FOLDERS"):
        LocalFolder.clean({"local_folder_path": "acme"})
    assert target("acme").describe() == "acme (not allowed)"


def test_the_test_writes_and_removes(root):
    put = target("acme").test()
    assert put.ok, put.answer
    assert put.answer == f"{root}/acme can be written into: a small file was written there, and removed."
    assert list((root / "acme").iterdir()) == []
