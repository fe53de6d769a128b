"""The XML parts of a workbook, read as a stream of events within limits, however the file was made."""

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import IO
from xml.parsers.expat import ExpatError, ParserCreate
from zipfile import BadZipFile

from config.core.errors import DomainError
from config.core.tabular.upload_limits import check_time

LARGEST_SMALL_PART = 16 * 1024 * 1024
LONGEST_TOKEN = 1024 * 1024
DEEPEST = 64
_BLOCK = 64 * 1024
DAMAGED = (BadZipFile, zlib.error, EOFError, OSError, ExpatError, LookupError, NotImplementedError, RuntimeError, ValueError, struct.error)
"""The errors that the libraries raise for damaged files."""


class PartHandler:
    """A handler of the elements of a part. Names come without their namespace."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Handle the begin of an element."""

    def text(self, text: str) -> None:
        """Handle a piece of text."""

    def end(self, name: str) -> None:
        """Handle the end of an element."""


class PartParser:
    """Feeds a handler with a part's XML. It refuses document types, so no entity is ever expanded, deep nesting, and endless tokens."""

    def __init__(self, handler: PartHandler) -> None:
        self._handler = handler
        self._depth = self._fed = 0
        self._parser = ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse_document_type
        self._parser.StartElementHandler = self._start
        self._parser.CharacterDataHandler = handler.text
        self._parser.EndElementHandler = self._end

    def feed(self, block: bytes, *, final: bool = False) -> None:
        self._fed += len(block)
        self._parser.Parse(block, final)
        if self._fed - self._parser.CurrentByteIndex > LONGEST_TOKEN and not final:
            raise DomainError(f"The workbook is damaged: a mark in its XML is longer than {LONGEST_TOKEN:,} bytes.", field="file")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise DomainError("The workbook is damaged: its XML is nested too deeply.", field="file")
        self._handler.start(name.rpartition(" ")[2], attributes)

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._handler.end(name.rpartition(" ")[2])

    def _refuse_document_type(self, *_: object) -> None:
        raise DomainError("The workbook is damaged: its XML has a document type.", field="file")


def parse_stream(stream: IO[bytes], handler: PartHandler, *, block: int = _BLOCK) -> Iterator[int]:
    """Feed the handler block by block. Yield the number of bytes that were fed so far."""
    parser, fed = PartParser(handler), 0
    try:
        while data := stream.read(block):
            parser.feed(data)
            fed += len(data)
            check_time()
            yield fed
        parser.feed(b"", final=True)
    except DAMAGED as error:
        raise DomainError(f"The workbook is damaged: {str(error)[:120].rstrip('.') or type(error).__name__}.", field="file") from error
    yield fed


def parse_part(open_part: Callable[[], IO[bytes]], handler: PartHandler) -> None:
    """Parse a whole part that is small in any honest workbook."""
    with open_part() as stream:
        for fed in parse_stream(stream, handler):
            if fed > LARGEST_SMALL_PART:
                raise DomainError("The workbook is damaged: its description is larger than that of any workbook.", field="file")
