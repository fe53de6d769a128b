"""Encodings of text files: marked, named, or guessed from all bytes of the file."""

import codecs
import re
from typing import BinaryIO

from config.core.errors import DomainError

UNREADABLE = "\udcff"
"""Replaces bytes that mean nothing in the file's encoding. It is a lone surrogate, so it cannot come from the file itself."""
ALSO_UNREADABLE = "\ufffd"
ERRORS = "sluice.unreadable"
WIDE = ("utf-16", "utf-32")
HEAD = 4_096
"""The first bytes, which show a mark and the NULs of UTF-16."""
_BLOCK = 256 * 1024
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_PLAIN = rb"""azAZ09 !"#$%&'()*+,-./:;<=>?@[]^_`{|}~ \x41 \u0041 +AGE- ~{"""
_NOT_IN_CP1252 = re.compile("[\udc81\udc8d\udc8f\udc90\udc9d]")


def _unreadable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return UNREADABLE, error.end


codecs.register_error(ERRORS, _unreadable)


def encoding_by_mark(beginning: bytes) -> str:
    """Return the encoding of the byte order mark, from the first four bytes; empty without one."""
    return next((encoding for mark, encoding in _MARKS.items() if beginning.startswith(mark)), "")


def canonical_encoding(name: str) -> str:
    """Return the canonical name of an encoding. Only supersets of ASCII and UTF-16/32 are accepted."""
    try:
        canonical = codecs.lookup(name).name
        accepted = canonical.startswith(WIDE) or _PLAIN.decode(canonical, ERRORS) == _PLAIN.decode("ascii")
    except (LookupError, UnicodeError, ValueError):
        accepted = False
    if not accepted:
        raise DomainError(f"There is no encoding {name}. Most files are utf-8; older ones of Windows are cp1252.", field="encoding")
    return canonical


class EncodingGuess:
    """A guess that is fed the whole file, chunk by chunk.

    A byte order mark decides. Without one, NULs at every second place mean UTF-16. Otherwise the file is UTF-8 if all
    bytes decode, or if any valid multi-byte sequence occurs, which cp1252 does not contain by chance: its other bytes are
    damaged rows. Else it is cp1252.
    """

    def __init__(self) -> None:
        self._head = b""
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._characters = self._strays = 0
        self._is_cp1252 = True

    def feed(self, chunk: bytes, *, final: bool = False) -> None:
        if len(self._head) < HEAD:
            self._head += chunk[: HEAD - len(self._head)]
        text = self._decoder.decode(chunk, final)
        if text.isascii():
            return
        strays = len(text) - len(text.encode("utf-8", "ignore").decode())
        self._strays += strays
        self._characters += len(text) - strays - len(text.encode("ascii", "ignore"))
        self._is_cp1252 = self._is_cp1252 and not (strays and _NOT_IN_CP1252.search(text))

    @property
    def encoding(self) -> str:
        if marked := encoding_by_mark(self._head[:4]):
            return marked
        if wide := self._wide_without_mark():
            return wide
        return "cp1252" if self._strays and not self._characters and self._is_cp1252 else "utf-8"

    def _wide_without_mark(self) -> str:
        even, odd = self._head[::2].count(0), self._head[1::2].count(0)
        many = max(2, len(self._head) // 8)
        if odd >= many and not even:
            return "utf-16-le"
        return "utf-16-be" if even >= many and not odd else ""


def guess_encoding(file: BinaryIO) -> str:
    """Return the encoding that the whole file shows."""
    guess = EncodingGuess()
    file.seek(0)
    while block := file.read(_BLOCK):
        guess.feed(block)
    guess.feed(b"", final=True)
    return guess.encoding
