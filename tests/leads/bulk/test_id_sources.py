"""Texts and files of lead ids of any size: too many are refused before any is looked up, and no file is left behind."""

import os
from time import process_time, time

import pytest

from config.core.background import runs
from config.core.errors import DomainError
from leads.bulk import drafts, id_files, lead_ids
from leads.bulk.runner import AT_MOST

SECONDS = 20
"""Processor time that no source may need; a hostile one needed minutes."""


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(id_files, "folder", lambda: tmp_path / "lead-ids")


def left() -> list[str]:
    return sorted(path.name for path in id_files.folder().iterdir())


def ids_of(content: bytes) -> list[tuple[int, str]]:
    with id_files.stored([content]) as stored:
        file = id_files.look_at(stored.path)
        assert file.column is not None
        return [tuple(entry) for entry in id_files.entries(file, file.column)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\n" * 20_000_000 + b"1\n", "more than 2,000,000 lines"),
        (b"1\n" * 1_200_000, "More than 1,000,000 ids"),
        (b"id\n" + b"1\r\n\r\n" * 1_200_000, "more than 2,000,000 lines"),
    ],
)
def test_a_file_of_too_many_lines_is_refused_before_its_rows_are_read(content, message):
    began = process_time()
    with pytest.raises(DomainError, match=message) as refused:
        ids_of(content)
    assert refused.value.status == 413
    assert process_time() - began < SECONDS
    assert left() == []


@pytest.mark.parametrize("blank", [b"\n", b" \t\n", b";;;\n"])
def test_blank_lines_before_and_after_the_first_row_cost_little(blank):
    began = process_time()
    assert ids_of(blank * 900_000 + b"id;name\n" + blank * 900_000 + b"7;x\n") == [(1_800_002, "7")]
    assert process_time() - began < SECONDS
    assert left() == []


def test_a_text_of_too_many_ids_is_refused_before_the_first_is_looked_up():
    assert lead_ids.ENTRIES_AT_MOST == AT_MOST
    began = process_time()
    with pytest.raises(DomainError, match="More than 1,000,000 ids are too many at once"):
        next(lead_ids.split("1234567\n" * 4_500_000))
    assert [entry.line for entry in lead_ids.split("\n" * 38_000_000 + "7\r\n\r8")] == [38_000_001, 38_000_003]
    assert process_time() - began < SECONDS


def test_a_file_is_deleted_whatever_happens_unless_it_is_kept():
    def break_off() -> None:
        with id_files.stored([b"a,b\n1,2\n"]) as stored:
            stored.keep()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert left() == []
    with id_files.stored([b"a,b\n1,2\n"]) as stored:
        name = stored.keep()
    assert left() == [name]


@pytest.mark.django_db
def test_old_files_that_no_draft_names_are_deleted_by_the_sweep(bob):
    draft = drafts.begin_draft(actor=bob)
    named, forgotten, fresh = (id_files.store([b"1\n"]).name for _ in range(3))
    drafts.keep_file(draft, named)
    day_before = time() - id_files.LEFT_BEHIND - 60
    for name in (named, forgotten):
        os.utime(id_files.path_of(name), (day_before, day_before))
    runs.sweep()
    assert left() == sorted([named, fresh])
