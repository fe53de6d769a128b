"""The rows of an XLSX workbook, one at a time and in bounded memory, however large or hostile the file is.

The libraries that read workbooks hold whole rows, sheets or text tables in memory before anybody can count them, and give
telephone numbers as floats. Here the XML is a stream of events, and the texts of the workbook wait in a temporary file.
"""

import os
import posixpath
import re
import struct
from array import array
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import IO, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from typing_extensions import override

from config.core.errors import DomainError
from config.core.tabular.cell_values import DateSystem, NumberFormat, text_of_number
from config.core.tabular.formulas import restore
from config.core.tabular.records import LONGEST_RECORD, SHOWN, Record
from config.core.tabular.workbook_parts import DAMAGED, PartHandler, parse_part, parse_stream

WORKBOOK = "xlsx"
MOST_UNPACKED = 1024 * 1024 * 1024
MOST_ROWS, MOST_COLUMNS, LONGEST_CELL = 1_048_576, 16_384, 32_767
"""Limits of the format, which every spreadsheet program keeps."""
ESCAPED = 7
"""The most characters as which one is written, as in `_x000D_`."""
MOST_PARTS_BYTES = 1024 * 1024
"""The largest table of contents: that of a usual workbook has some kilobytes."""
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_END, _LOCATOR, _END64 = b"PK\x05\x06", b"PK\x06\x07", b"PK\x06\x06"
_BOOK = "xl/workbook.xml"
"""The main part, unless the relations of the package name another."""
_ROOT_RELATIONS, _CONTENT_TYPES = "_rels/.rels", "[Content_Types].xml"
_SUMMARY = "Export Summary"
"""The name of the sheet that Numbers puts before the others, with a list of them."""
_CONTROL = re.compile("_x([0-9A-Fa-f]{4})_")
_COLUMN = re.compile("([A-Z]{1,3})[0-9]*")


def is_workbook(beginning: bytes) -> bool:
    """Whether the file is packed as workbooks are: XLSX, or the older and the encrypted ones."""
    return beginning.startswith((ZIP, OLE))


def is_other_zip(file: BinaryIO) -> bool:
    """Whether the file can be unpacked and is no workbook. What is damaged is left to the reader of workbooks."""
    if contents_size(file) > MOST_PARTS_BYTES:
        return False
    try:
        with ZipFile(file) as archive:
            return not {_BOOK, _CONTENT_TYPES} & archive.NameToInfo.keys()
    except DAMAGED:
        return False
    finally:
        file.seek(0)


class Workbook:
    """The first visible sheet of a workbook."""

    def __init__(self, file: BinaryIO) -> None:
        self.progress = 0.0
        self._archive = _open_archive(file)
        self._folder, book = posixpath.split(self._find_book())
        description = _Description()
        self._parse(self._part_name(book), description)
        relations = _Relations()
        self._parse(self._part_name(f"_rels/{book}.rels"), relations)
        self._sheet = self._part_name(relations.targets.get(description.sheet, "worksheets/sheet1.xml"))
        self._strings_part = relations.part_of("sharedStrings")
        self._dates = DateSystem(since_1904=description.since_1904)
        styles = _Styles()
        if styles_part := relations.part_of("styles"):
            self._parse(self._part_name(styles_part), styles)
        self._formats = styles.formats()
        self._strings: SharedStrings | None = None

    def records(self) -> Iterator[Record]:
        """Yield the rows that have a cell, as wide as the first one at least. `row` and `line` are numbers of the sheet."""
        if self._strings is None:
            self._strings = SharedStrings()
            if self._strings_part:
                with self._open(self._part_name(self._strings_part)) as stream:
                    for _ in parse_stream(stream, self._strings):
                        self._strings.flush()
        sheet = _Sheet(self._strings, self._formats, self._dates)
        total = self._archive.getinfo(self._sheet).file_size if self._sheet in self._archive.NameToInfo else 1
        width = 0
        with self._open(self._sheet) as stream:
            for fed in parse_stream(stream, sheet):
                self.progress = fed / max(total, 1)
                for record in sheet.take():
                    width = width or len(record.cells)
                    if record.fault:
                        yield record
                    elif any(map(str.strip, record.cells)):
                        yield record._replace(cells=[*record.cells, *[""] * (width - len(record.cells))])

    def _find_book(self) -> str:
        """Return the name of the main part, which some programs call xl/workbook2.xml."""
        relations = _Relations()
        if _ROOT_RELATIONS in self._archive.NameToInfo:
            self._parse(_ROOT_RELATIONS, relations)
        return relations.part_of("officeDocument").lstrip("/") or _BOOK

    def _part_name(self, target: str) -> str:
        """Return the name in the archive of a relation's target."""
        return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(self._folder, target))

    def _parse(self, part: str, handler: PartHandler) -> None:
        parse_part(lambda: self._open(part), handler)

    def _open(self, part: str) -> IO[bytes]:
        try:
            return self._archive.open(part)
        except KeyError as error:
            raise DomainError("This is a ZIP file, and no workbook. Unpack it and choose the file inside.", field="file") from error
        except DAMAGED as error:
            raise DomainError("The workbook is damaged, or packed in a way that workbooks are not.", field="file") from error


def _open_archive(file: BinaryIO) -> ZipFile:
    """Open the archive, after its table of contents is known to be small: the library reads it as a whole."""
    file.seek(0)
    if file.read(len(OLE)) == OLE:
        raise DomainError(
            "This workbook is protected by a password, or from a program before Excel 2007. Save it as XLSX without a password, or as CSV.",
            field="file",
        )
    if contents_size(file) > MOST_PARTS_BYTES:
        raise DomainError("The workbook is damaged: its table of contents is larger than that of any workbook.", field="file")
    try:
        archive = ZipFile(file)
    except Exception as error:  # the library raises many exception types for damaged files
        raise DomainError("The workbook is damaged: it cannot be unpacked.", field="file") from error
    if any(part.compress_type not in (ZIP_STORED, ZIP_DEFLATED) or part.flag_bits & 1 for part in archive.infolist()):
        raise DomainError("This is a ZIP file with a password, or packed in a way that workbooks are not.", field="file")
    unpacked = sum(part.file_size for part in archive.infolist())
    if unpacked > MOST_UNPACKED:
        limit = MOST_UNPACKED // 1024**2
        raise DomainError(f"The workbook is larger than {limit:,} MB when it is unpacked. Divide it, or save it as CSV.", field="file")
    return archive


def contents_size(file: BinaryIO) -> int:
    """Return the size of the archive's table of contents, by its end record; 0 where there is none."""
    size = file.seek(0, os.SEEK_END)
    start = max(0, size - 66_000)
    file.seek(start)
    tail = file.read()
    end = tail.rfind(_END)
    if end < 0 or len(tail) < end + 16:
        return 0
    if end >= 76 and tail[end - 20 : end - 16] == _LOCATOR and tail[end - 76 : end - 72] == _END64:
        return int(struct.unpack_from("<Q", tail, end - 76 + 40)[0])
    return int(struct.unpack_from("<L", tail, end + 12)[0])


def _unescape(text: str) -> str:
    """Return the text with the characters that XML cannot hold, which workbooks write as `_x000D_`."""
    return _CONTROL.sub(_character, text) if "_x" in text else text


def _character(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return match[0] if "\ud800" <= character <= "\udfff" else character


class _Description(PartHandler):
    """The workbook's own part: its first visible sheet, and where its days begin."""

    def __init__(self) -> None:
        self.sheet = ""
        self.since_1904 = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "workbookPr":
            self.since_1904 = attributes.get("date1904", "0") in ("1", "true")
        elif name == "sheet" and not self.sheet and attributes.get("state", "visible") == "visible" and attributes.get("name") != _SUMMARY:
            self.sheet = next((value for key, value in attributes.items() if key.endswith("relationships id")), "")


class _Relations(PartHandler):
    def __init__(self) -> None:
        self.targets: dict[str, str] = {}
        self.parts: list[tuple[str, str]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            self.targets[attributes.get("Id", "")] = attributes.get("Target", "")
            self.parts.append((attributes.get("Type", ""), attributes.get("Target", "")))

    def part_of(self, kind: str) -> str:
        """Return the target of the first relation of a kind; empty if there is none."""
        return next((part for type_, part in self.parts if type_.endswith(f"/{kind}")), "")


class _Styles(PartHandler):
    """The number formats by the index that cells name."""

    def __init__(self) -> None:
        self._codes: dict[str, str] = {}
        self._of_cells: list[str] = []
        self._in_cells = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            self._codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._in_cells = True
        elif name == "xf" and self._in_cells:
            self._of_cells.append(attributes.get("numFmtId", "0"))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._in_cells = False

    def formats(self) -> list[NumberFormat]:
        known = {number: NumberFormat.of(number, self._codes.get(number, "")) for number in set(self._of_cells)}
        return [known[number] for number in self._of_cells]


class SharedStrings(PartHandler):
    """The workbook's table of texts, in a temporary file."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115  (it lives as long as the workbook)
        self._ends = array("Q", [0])
        self._pieces: list[str] = []
        self._length = 0
        self._depth_of_reading = 0
        self._reads = False

    @override
    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "si":
            self._pieces, self._length = [], 0
        elif name == "rPh":
            self._depth_of_reading += 1
        elif name == "t":
            self._reads = not self._depth_of_reading

    def text(self, text: str) -> None:
        if self._reads:
            self._length += len(text)
            if self._length > ESCAPED * LONGEST_CELL:
                raise DomainError(f"Text {len(self._ends):,} of the workbook is longer than {LONGEST_CELL:,} characters.", field="file")
            self._pieces.append(text)

    def end(self, name: str) -> None:
        if name == "t":
            self._reads = False
        elif name == "rPh":
            self._depth_of_reading -= 1
        elif name == "si":
            data = _unescape("".join(self._pieces)).encode(errors="replace")
            self._file.write(data)
            self._ends.append(self._ends[-1] + len(data))

    def flush(self) -> None:
        self._file.flush()

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < len(self._ends) - 1:
            raise IndexError(number)
        start, end = self._ends[number], self._ends[number + 1]
        return os.pread(self._file.fileno(), end - start, start).decode()


class _Sheet(PartHandler):
    """The rows of a sheet."""

    def __init__(self, strings: SharedStrings, formats: list[NumberFormat], dates: DateSystem) -> None:
        self._strings, self._formats, self._dates = strings, formats, dates
        self._rows: list[Record] = []
        self._row = self._column = self._length = 0
        self._cells: list[str] = []
        self._row_length = 0
        self._fault = ""
        self._type = self._style = ""
        self._pieces: list[str] = []
        self._reads = self._in_reading = False

    def take(self) -> list[Record]:
        """Return the rows that are complete, once."""
        rows, self._rows = self._rows, []
        return rows

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._begin_cell(attributes)
        elif name == "v" or (name == "t" and not self._in_reading):
            self._reads = True
        elif name == "rPh":
            self._in_reading = True
        elif name == "row":
            self._begin_row(attributes.get("r", ""))

    def text(self, text: str) -> None:
        if self._reads:
            self._length += len(text)
            if self._length <= ESCAPED * LONGEST_CELL:
                self._pieces.append(text)

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self._reads = False
        elif name == "c":
            self._end_cell()
        elif name == "rPh":
            self._in_reading = False
        elif name == "row":
            self._rows.append(Record(self._row, self._row, [self._cells[0][:SHOWN]] if self._fault else self._cells, self._fault))
            self._cells = []

    def _end_cell(self) -> None:
        value = self._value("".join(self._pieces)) if self._pieces else ""
        self._row_length += len(value)
        if not self._fault and max(self._length // ESCAPED, len(value)) > LONGEST_CELL:
            self._fault = f"The cell in column {self._column:,} is longer than {LONGEST_CELL:,} characters."
        if not self._fault and self._row_length > LONGEST_RECORD:
            self._fault = f"This row is longer than {LONGEST_RECORD:,} characters, from column {self._column:,} on."
        if not self._fault or not self._cells:
            self._cells.append(value)

    def _begin_row(self, number: str) -> None:
        row = int(number) if number.isdecimal() and len(number) < 8 else self._row + 1
        if not self._row < row <= MOST_ROWS:
            raise DomainError(f"The workbook is damaged: row {row:,} follows row {self._row:,}.", field="file")
        self._row, self._column, self._cells = row, 0, []
        self._row_length, self._fault = 0, ""

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        match = _COLUMN.fullmatch(attributes.get("r", ""))
        column = _column_number(match[1]) if match else self._column + 1
        if not self._column < column <= MOST_COLUMNS:
            raise DomainError(f"The workbook is damaged: in row {self._row:,}, column {column:,} follows {self._column:,}.", field="file")
        self._cells.extend([""] * (column - self._column - 1))
        self._column = column
        self._type, self._style = attributes.get("t", "n"), attributes.get("s", "")
        self._pieces, self._length = [], 0

    def _value(self, text: str) -> str:
        try:
            if self._type == "s":
                return restore(self._strings[int(text)])
            if self._type in ("inlineStr", "str"):
                return restore(_unescape(text))
            if self._type == "b":
                return "TRUE" if text.strip() == "1" else "FALSE"
            if self._type == "n":
                return text_of_number(text, self._formats[int(self._style)] if self._style else NumberFormat(), self._dates)
        except (IndexError, ValueError) as error:
            place = f"Row {self._row:,}, column {self._column:,}"
            raise DomainError(f"{place} names a text or a format that the workbook does not have.", field="file") from error
        return text


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number
