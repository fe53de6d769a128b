"""Reads an answer's body: no more of it than the limit, unpacked or not."""

import zlib
from email.message import Message
from http.client import HTTPResponse

from config.core.http.errors import TooLarge, Unreachable

PART = 65_536
_PACKED = {"gzip", "x-gzip", "deflate"}


def body(response: HTTPResponse, *, at_most: int, name: str) -> bytes:
    """Raises TooLarge; Unreachable where the packing is broken, or none that we asked for."""
    packing = (response.headers.get("Content-Encoding") or "identity").strip().lower()
    if packing not in {"", "identity", *_PACKED}:
        raise Unreachable(f"{name} answered in a form that was not asked for.", maybe_received=True)
    unpack = _Unpacker(packing, at_most) if packing in _PACKED else None
    read = bytearray()
    while part := response.read(PART):
        read += unpack.unpacked(part, so_far=len(read)) if unpack else part
        if len(read) > at_most:
            raise TooLarge(f"{name} answered more than {at_most:,} bytes.")
    if response.length or (unpack and not unpack.is_whole):
        raise Unreachable(f"The answer of {name} broke off.", maybe_received=True)
    return bytes(read)


def text(content: bytes, headers: Message) -> str:
    """What no character set explains is shown as such; a body of bytes is no reason to fail."""
    charset = headers.get_content_charset() or "utf-8"
    try:
        return content.decode(charset, errors="replace").removeprefix("\ufeff")
    except (LookupError, ValueError):
        return content.decode("utf-8", errors="replace").removeprefix("\ufeff")


class _Unpacker:
    """Never makes more than one byte over the limit, whatever a small part swells to."""

    def __init__(self, packing: str, at_most: int) -> None:
        self._at_most = at_most
        self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._raw_tried = packing != "deflate"
        self._began = False

    def unpacked(self, part: bytes, *, so_far: int) -> bytes:
        self._began = True
        try:
            return self._zlib.decompress(part, self._at_most + 1 - so_far)
        except zlib.error as error:
            return self._raw(part, so_far, error)

    def _raw(self, part: bytes, so_far: int, error: zlib.error) -> bytes:
        """Some servers call a stream without its frame deflate."""
        if self._raw_tried or so_far:
            raise Unreachable("The answer could not be unpacked.", maybe_received=True) from error
        self._raw_tried, self._zlib = True, zlib.decompressobj(-zlib.MAX_WBITS)
        return self.unpacked(part, so_far=so_far)

    @property
    def is_whole(self) -> bool:
        return self._zlib.eof or not self._began
