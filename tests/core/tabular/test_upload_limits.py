"""Limits of reading uploads in a web process: few at a time, and none for longer than some minutes."""

from contextlib import ExitStack
from io import BytesIO
from zipfile import ZipFile

import pytest

from config.core.errors import DomainError
from config.core.tabular import upload_limits, uploads
from config.core.tabular.upload_limits import AT_A_TIME, reading_turn
from config.core.tabular.uploads import write_lines
from tests.core.tabular import hostile

LARGEST = 4 * 1024 * 1024


def zipped(content: bytes) -> BytesIO:
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr("values.csv", content)
    return file


ROW = f"<row>{hostile.text_cell('Acme')}</row>"
UPLOADS = {
    "text": lambda: BytesIO(b"Acme\nGlobex\n"),
    "zip": lambda: zipped(b"Acme\n"),
    "workbook": lambda: hostile.book(ROW),
    "empty rows": lambda: hostile.book(ROW + "<row/>" * 1_000),
    "shared texts": lambda: hostile.book(ROW, strings=f"<sst>{'<si><t>x</t></si>' * 1_000}</sst>"),
    "text in UTF-16": lambda: BytesIO("Acme\n".encode("utf-16")),
}


def read(upload: BytesIO) -> int:
    return write_lines(upload, BytesIO(), largest=LARGEST).lines


def refusal_of(upload: BytesIO) -> DomainError:
    with pytest.raises(DomainError) as refusal:
        read(upload)
    return refusal.value


@pytest.mark.parametrize("kind", UPLOADS)
def test_an_upload_that_takes_too_long_is_refused_whatever_it_is(kind, monkeypatch):
    assert read(UPLOADS[kind]())
    with monkeypatch.context() as patch:
        patch.setattr(upload_limits, "SECONDS", -1.0)
        patch.setattr(uploads, "QUICK", 0)
        for _ in range(AT_A_TIME + 1):  # one that was refused gives its turn back
            refusal = refusal_of(UPLOADS[kind]())
            assert (refusal.status, refusal.field) == (413, "file")
            assert "Save it as CSV, or import it in parts" in refusal.message
    assert read(UPLOADS[kind]())


def test_of_many_uploads_at_once_few_are_read_and_the_others_are_told_to_come_again():
    with ExitStack() as turns:
        for _ in range(AT_A_TIME):
            turns.enter_context(reading_turn())
        for large in (UPLOADS["workbook"](), UPLOADS["zip"](), BytesIO(b"x\n" * 600_000)):
            refusal = refusal_of(large)
            assert (refusal.status, refusal.headers) == (503, {"Retry-After": "60"})
            assert "Try again in a minute" in refusal.message
        assert read(UPLOADS["text"]()) == 2
    assert read(UPLOADS["workbook"]()) == 1
