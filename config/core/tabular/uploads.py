"""Uploads, turned into plain UTF-8 lines: a position in the result is then the beginning of a line, whatever the file was."""

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from io import SEEK_END, TextIOWrapper
from typing import BinaryIO, NamedTuple

from config.core.errors import DomainError
from config.core.tabular.csv_writer import CsvFormat, format_rows
from config.core.tabular.encodings import ERRORS, UNREADABLE, guess_encoding
from config.core.tabular.protection import unlocked
from config.core.tabular.upload_limits import check_time, reading_turn
from config.core.tabular.workbook_reader import Workbook, is_workbook

_BLOCK = 256 * 1024
_LINES = CsvFormat(line_end="\n")
_PORTION = 1_000
QUICK = 1024 * 1024


class PlainLines(NamedTuple):
    """`size` is in bytes; `lines` includes a last line without a line end; `from_workbook` lines are divided by commas."""

    size: int
    lines: int
    from_workbook: bool


def write_lines(raw: BinaryIO, target: BinaryIO, *, largest: int, password: str = "") -> PlainLines:
    """Write an upload as plain lines ending in \\n, each row of a workbook on one. Raise DomainError for what is no text.

    What is packed in a ZIP file, or encrypted, is read as what is inside. Few large uploads are read at a time, and
    each for some minutes at most (`upload_limits`).
    """
    turn = nullcontext() if _is_quick(raw) else reading_turn()
    with turn, unlocked(raw, password=password, largest=largest) as content:
        return _write_lines(content, target, largest=largest)


def _is_quick(raw: BinaryIO) -> bool:
    """Return whether the file is small, and nothing is packed in it, so that it is read within a moment."""
    size = raw.seek(0, SEEK_END)
    raw.seek(0)
    return size <= QUICK and not is_workbook(raw.read(4))


def _write_lines(raw: BinaryIO, target: BinaryIO, *, largest: int) -> PlainLines:
    from_workbook = is_workbook(raw.read(4))
    size = lines = 0
    last = "\n"
    for text in read_rows(Workbook(raw)) if from_workbook else read_text(raw, line=1):
        lines += text.count("\n")
        data = text.encode()
        size += len(data)
        if size > largest:
            raise too_large(largest)
        target.write(data)
        last = text[-1]
    if not size:
        raise DomainError("The file is empty.", field="file")
    return PlainLines(size, lines + (last != "\n"), from_workbook)


def too_large(largest: int) -> DomainError:
    return DomainError(f"The file is larger than {largest // 1024**2} MB. Import it in parts.", field="file", status=413)


def read_text(raw: BinaryIO, *, line: int = 1) -> Iterator[str]:
    r"""Yield the text in its encoding, marked or guessed, with every line end as \n. `line` is the number of the first line."""
    guess = guess_encoding(raw)
    if word := guess.unlikely_word:
        message = f"The file is not UTF-8, and read as {guess.encoding} it says “{word}”. Save it once more as “CSV UTF-8”."
        raise DomainError(message, field="file")
    raw.seek(0)
    text_file = TextIOWrapper(raw, encoding=guess.encoding, errors=ERRORS, newline=None)
    try:
        while text := text_file.read(_BLOCK):
            check_time()
            _refuse_unreadable(text, line)
            line += text.count("\n")
            yield text
    finally:
        text_file.detach()


def read_rows(workbook: Workbook) -> Iterator[str]:
    """Yield a workbook's rows as lines, line 5 for row 5, with line ends inside cells as spaces."""
    line = 1
    portion: list[list[str]] = []
    for record in workbook.records():
        if record.fault:
            raise DomainError(f"Row {record.row:,}: {record.fault}", field="file")
        portion += [[]] * (record.row - line)
        portion.append([" ".join(cell.splitlines()) for cell in record.cells])
        line = record.row + 1
        if len(portion) >= _PORTION:
            yield format_rows(portion, _LINES)
            portion = []
    if portion:
        yield format_rows(portion, _LINES)


def _refuse_unreadable(text: str, line: int) -> None:
    for character, message in (
        ("\0", "The file is not text: it holds NUL characters. If it comes from a spreadsheet, save it as “CSV UTF-8”."),
        (UNREADABLE, "The file is not UTF-8, nor of one other encoding throughout. Save it once more as “CSV UTF-8”."),
    ):
        before, found, _ = text.partition(character)
        if found:
            place = f"See line {line + before.count(chr(10)):,}, character {len(before) - before.rfind(chr(10)):,}."
            raise DomainError(f"{message} {place}", field="file")


def copy_chunks(chunks: Iterable[bytes], target: BinaryIO, *, largest: int) -> None:
    """Write the chunks of an upload as they come, up to the limit."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > largest:
            raise too_large(largest)
        target.write(chunk)
