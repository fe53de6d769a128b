"""The refused lines of an import as a file, for a user to download, correct and import: line and message, then the cells as they came.

It lies beside the uploads and is kept for `KEPT` after the end of its import. Its run knows its valid length, which is saved
with the position: what a killed worker wrote beyond it is overwritten.
"""

import os
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from config.core.tabular.refused_rows import RefusedRowsFile
from processr.lists import files
from processr.lists.reader import RefusedLine
from processr.models import ValueImport

ABOUT = ("line", "message")
"""Columns before the row's own."""
KEPT = timedelta(days=30)
GONE = f"The refused lines of this import are not kept: there were none, or it ended over {KEPT.days} days ago."
PIECE = 64 * 1024


def append(run: ValueImport, heading: Sequence[str], lines: Sequence[RefusedLine]) -> int:
    """Append lines and return the new length of the file. Until the run has saved it, another call overwrites them."""
    if not lines:
        return run.refused_file_size
    path = path_of(run)
    number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    lost = os.fstat(number).st_size < run.refused_file_size
    file = RefusedRowsFile(path, number, size=0 if lost else run.refused_file_size, delimiter=",")
    try:
        if not file.size:
            file.begin([*ABOUT, *heading])
        return file.add([str(line.line), line.message, *line.cells] for line in lines)
    finally:
        file.close()


def read(run: ValueImport) -> Iterator[bytes]:
    """Return the valid part of the file in pieces. Raise FileNotFoundError where it is not kept any more."""
    file = path_of(run).open("rb")

    def pieces() -> Iterator[bytes]:
        left = run.refused_file_size
        with file:
            while left > 0 and (piece := file.read(min(PIECE, left))):
                left -= len(piece)
                yield piece

    return pieces()


def is_kept(run: ValueImport) -> bool:
    return bool(run.refused_file_size) and path_of(run).is_file()


def name_of(run: ValueImport) -> str:
    """Return the name under which the file is downloaded."""
    return f"refused-lines-of-import-{run.pk}.csv"


def path_of(run: ValueImport) -> Path:
    return _path(run.file)


def _path(file: str) -> Path:
    return files.path_of(file).with_suffix(".refused")


def kept_for(imports: QuerySet[ValueImport]) -> Iterator[str]:
    """Return the files of refused lines that are still wanted."""
    wanted = imports.filter(Q(ended_at=None) | Q(ended_at__gte=Now() - KEPT), refused_file_size__gt=0)
    return (_path(file).name for file in wanted.values_list("file", flat=True))
