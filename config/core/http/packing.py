"""Unpacking of gzip and deflate, part by part and up to a limit, so that a few packed bytes cannot fill the memory."""

import zlib

PACKINGS = frozenset({"gzip", "x-gzip", "deflate"})
_BEGIN_OF_GZIP = b"\x1f\x8b"


class BrokenPacking(Exception):
    """The bytes are not packed as was said."""


class Unpacker:
    """Unpacks a body part by part, and never makes more than one byte over the limit."""

    def __init__(self, packing: str, *, at_most: int) -> None:
        self._packing, self._left = packing, at_most + 1
        self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._began = False

    def unpack(self, part: bytes) -> bytes:
        """Return what the part unpacks to. Raises BrokenPacking."""
        content = self._decompress(part)
        # A gzip file may have several members, one behind the other. What follows the last one is not part of it.
        while self._left > 0 and self._zlib.eof and self._zlib.unused_data.startswith(_BEGIN_OF_GZIP):
            part, self._zlib = self._zlib.unused_data, zlib.decompressobj(zlib.MAX_WBITS | 32)
            content += self._decompress(part)
        return content

    def _decompress(self, part: bytes) -> bytes:
        if self._left <= 0:
            return b""
        try:
            content = self._zlib.decompress(part, self._left)
        except zlib.error as error:
            # Some programs send a raw deflate stream, without the zlib header.
            if self._packing != "deflate" or self._began:
                raise BrokenPacking(str(error)) from error
            self._began, self._zlib = True, zlib.decompressobj(-zlib.MAX_WBITS)
            return self._decompress(part)
        self._began = self._began or bool(part)
        self._left -= len(content)
        return content

    @property
    def is_whole(self) -> bool:
        """Return whether the packed bytes came to their end. No bytes at all are whole too."""
        return self._zlib.eof or not self._began
